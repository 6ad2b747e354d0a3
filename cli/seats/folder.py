"""The folder of a node that joins, and the new keys of one that renews its own.

Secrets are made here and stay here; what leaves is a request. Nothing that exists is replaced.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from cli.compose.own_tls import CERTIFICATE_FILE, KEY_FILE, PEERS_FOLDER
from cli.keyfiles import Cost, new_key, open_key
from cli.new_files import write_private, write_public
from cli.seats.files import Invitation, NodeRequest
from cli.settings import NODE_FILE, Address, Settings
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER
from consensus.tls import key_digest, new_certificate, read_certificate
from ledger.core.committee import CommitteeNode
from ledger.core.committee_change import prove_node
from ledger.core.identifiers import Epoch, MemberId, NetworkId, NodeId, PublicKey

REQUEST_FILE: Final = "request.json"
_KEYS: Final = "keys"
_TLS: Final = "tls"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The node that is to be made."""

    node_id: NodeId
    member_id: MemberId
    consensus: Address
    api: Address


@dataclass(frozen=True, slots=True)
class Sealing:
    """How its keys are kept."""

    passphrase: bytes
    cost: Cost
    stored: bool
    """Whether the folder keeps the passphrase: for demonstrations."""


def make_folder(
    folder: Path, wanted: Wanted, invitation: Invitation, sealing: Sealing, now_ms: int
) -> None:
    """Write the folder of a node that joins: fresh keys, and whom it will dial.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
    """
    for name, use in ((NODE_KEY_FILE, "node"), (LOG_KEY_FILE, "log")):
        new_key(folder / _KEYS / name, use, sealing.passphrase, sealing.cost)
    _new_tls(folder / _TLS, wanted.node_id, now_ms)
    for peer, each in invitation.peers.items():
        pem = load_der_x509_certificate(each.certificate).public_bytes(Encoding.PEM)
        write_private(folder / _TLS / PEERS_FOLDER / f"{peer}.pem", pem)
    write_public(folder / "trust.json", invitation.trust)
    if sealing.stored:
        write_private(folder / "passphrase", sealing.passphrase + b"\n")
    template = files("cli").joinpath("node.template.toml").read_text(encoding="utf-8")
    text = Template(template).substitute(
        node_id=wanted.node_id,
        consensus_listen=wanted.consensus,
        api_listen=wanted.api,
        api_certificate_file="",
        api_key_file="",
        passphrase_file="passphrase" if sealing.stored else "",
        show_all="false",
        joining="true",
        peers="\n".join(f'{peer} = "{each.address}"' for peer, each in invitation.peers.items()),
    )
    write_private(folder / NODE_FILE, text.encode())


def make_next_keys(settings: Settings, uses: frozenset[str], sealing: Sealing, now_ms: int) -> None:
    """Make fresh keys beside the present ones: of ``node``, ``log`` and ``tls`` those named.

    Raises:
        StoreError: `file.exists` while a renewal is under way, `file.unwritable`.
    """
    for name, use in ((NODE_KEY_FILE, "node"), (LOG_KEY_FILE, "log")):
        if use in uses:
            path = settings.keys_folder / NEXT_FOLDER / name
            new_key(path, use, sealing.passphrase, sealing.cost)
    if "tls" in uses:
        _new_tls(settings.tls_folder / NEXT_FOLDER, settings.node_id, now_ms)


def request_of(
    settings: Settings, member: MemberId, network_id: NetworkId, epoch: Epoch, passphrase: bytes
) -> NodeRequest:
    """The request of a folder: its next keys where it has them, its present ones where not.

    Args:
        settings: of the node.
        member: answers for the node.
        network_id: of the network.
        epoch: that the node would begin to vote in.
        passphrase: opens the keys.

    Raises:
        LedgerError: `key.*`, `tls.file`.
    """
    node, log = (
        open_key(_newest(settings.keys_folder, name), passphrase)
        for name in (NODE_KEY_FILE, LOG_KEY_FILE)
    )
    certificate = _newest(settings.tls_folder, CERTIFICATE_FILE)
    place = CommitteeNode(
        settings.node_id,
        member,
        PublicKey(node.public_key),
        PublicKey(log.public_key),
        key_digest(read_certificate(certificate)),
    )
    return NodeRequest(
        network_id,
        epoch,
        place,
        str(settings.consensus_listen),
        _der(certificate),
        prove_node(node, network_id, epoch, place),
        prove_node(log, network_id, epoch, place),
    )


def _newest(folder: Path, name: str) -> Path:
    later = folder / NEXT_FOLDER / name
    return later if later.exists() else folder / name


def _new_tls(folder: Path, node_id: NodeId, now_ms: int) -> None:
    key, certificate, _ = new_certificate(node_id, now_ms)
    write_private(folder / KEY_FILE, key)
    write_private(folder / CERTIFICATE_FILE, certificate)


def _der(certificate: Path) -> bytes:
    return read_certificate(certificate).public_bytes(Encoding.DER)
