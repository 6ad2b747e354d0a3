"""The folder of an observer, made once out of the folder of its member."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from api.client import Client
from cli.compose.api_certificates import new_api_certificate
from cli.failures import CommandError, Exit
from cli.new_files import write_private, write_public
from cli.settings import OBSERVER_FILE, Address, ClientSettings
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.trust import TrustRoot

API_CERTIFICATE_FILE: Final = "tls/api.pem"
API_KEY_FILE: Final = "tls/api-key.pem"
UPSTREAMS_FILE: Final = "upstreams.pem"


@dataclass(frozen=True, slots=True)
class NewObserver:
    """What an observer is made of."""

    observer_id: NodeId
    listen: Address
    https_from_ms: int | None
    """Start of a self-signed certificate for its API; None for plain HTTP."""
    cosign_name: str = ""
    """Key name under which it cosigns; empty where it does not."""


def make_folder(
    folder: Path, member: ClientSettings, trust: TrustRoot, wanted: NewObserver
) -> Mapping[NodeId, str]:
    """Write the folder; the member's key stays where it is.

    Args:
        folder: new or empty.
        member: whose key proves it, and whose nodes are the upstreams.
        trust: of the member's network.
        wanted: the rest.

    Returns:
        URLs of the upstreams by node id, as the nodes themselves name themselves.

    Raises:
        CommandError: `api.answer` where something else than a node of this network answers.
        LedgerError: `node.unreachable`.
        StoreError: `file.exists`, `file.unwritable`.
    """
    upstreams = {_named(url, member, trust): url for url in member.nodes}
    certificate = ""
    if member.certificate_file is not None:
        write_public(folder / UPSTREAMS_FILE, member.certificate_file.read_bytes())
        certificate = f'certificate = "{UPSTREAMS_FILE}"\n'
    if wanted.https_from_ms is not None:
        key, own = new_api_certificate(wanted.observer_id, wanted.listen.host, wanted.https_from_ms)
        write_private(folder / API_KEY_FILE, key)
        write_public(folder / API_CERTIFICATE_FILE, own)
    https = wanted.https_from_ms is not None
    template = files("cli").joinpath("observer.template.toml").read_text(encoding="utf-8")
    text = Template(template).substitute(
        observer_id=wanted.observer_id,
        cosign_name=wanted.cosign_name,
        member_id=member.member_id,
        api_listen=wanted.listen,
        api_certificate_file=API_CERTIFICATE_FILE if https else "",
        api_key_file=API_KEY_FILE if https else "",
        key_file=member.key_file,
        passphrase_file=member.passphrase_file or "",
        upstreams="\n".join(
            f'[upstreams.{node}]\nurl = "{url}"\n{certificate}' for node, url in upstreams.items()
        ),
    )
    write_public(folder / member.trust_file.name, trust.encode())
    write_private(folder / OBSERVER_FILE, text.encode())
    return upstreams


def _named(url: str, member: ClientSettings, trust: TrustRoot) -> NodeId:
    """What the node at `url` calls itself; a token for another one would be worth nothing there."""
    with Client([url], trust, certificate_file=member.certificate_file) as client:
        said = client.network()
    own = isinstance(said, dict) and said.get("network_id") == trust.network_id.hex()
    if not own or said.get("this_node") not in trust.committee:
        raise CommandError(Exit.REFUSED, Code.API_ANSWER, node=url, what="this_node")
    return NodeId(said["this_node"])
