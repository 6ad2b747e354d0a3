"""Makes a network: keys, TLS certificates, genesis and one folder for each node and each member.

Everything secret is written with mode 0600 under the passphrase given. Nothing that exists is
replaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from cli import settings
from cli.compose.api_certificates import new_api_certificate
from cli.compose.description import DescribedMember, Description
from cli.compose.ports import free_addresses
from cli.keyfiles import Cost, new_key
from cli.new_files import write_private, write_public
from cli.settings import Address
from cli.signers.folder import LOG_KEY_FILE, MEMBER_KEY_FILE, NODE_KEY_FILE
from consensus.tls import new_certificate
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.genesis import Founder, Genesis
from ledger.core.identifiers import Digest, Epoch, NodeId, PublicKey
from ledger.trust import trust_root

NODES_FOLDER: Final = "nodes"
MEMBERS_FOLDER: Final = "members"
TRUST_FILE: Final = "trust.json"
TLS_FOLDER: Final = "tls"
TLS_KEY_FILE: Final = "key.pem"
TLS_CERTIFICATE_FILE: Final = "certificate.pem"
TLS_PEERS_FOLDER: Final = "peers"
PASSPHRASE_FILE: Final = "passphrase"
API_CERTIFICATE_FILE: Final = "tls/api.pem"
API_KEY_FILE: Final = "tls/api-key.pem"
API_CERTIFICATES_FILE: Final = "nodes.pem"
"""Of a member: the certificates of all nodes' APIs."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """How the keys of a new network are kept."""

    passphrase: bytes
    cost: Cost
    stored: bool
    """Whether each folder keeps the passphrase in a file of its own: for demonstrations."""


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """A node that was made."""

    member: DescribedMember
    node_id: NodeId
    folder: Path
    consensus: Address
    api: Address
    https: bool

    @property
    def api_url(self) -> str:
        """Where the API is asked."""
        return f"{'https' if self.https else 'http'}://{self.api}"


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """What was written."""

    folder: Path
    genesis: Genesis
    nodes: tuple[NodeFolder, ...]

    @property
    def trust_file(self) -> Path:
        """The trust root that everybody may have."""
        return self.folder / TRUST_FILE

    def member_folder(self, member_id: str) -> Path:
        """Where the client of a member is."""
        return self.folder / MEMBERS_FOLDER / member_id


def init_network(
    folder: Path,
    description: Description,
    secrets: Secrets,
    catalogue_hash: Digest,
    created_at_ms: int,
    *,
    https: bool = False,
) -> NewNetwork:
    """Write a whole network into `folder`.

    Args:
        folder: new or empty.
        description: who founds it.
        secrets: how keys are kept.
        catalogue_hash: of the rules that the network starts with.
        created_at_ms: time before the first block.
        https: have the nodes serve their API by self-signed certificates, which members pin.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
        FormatError: `genesis.invalid`, `committee.invalid`.
    """
    nodes = _placed(folder, description, https=https)
    committee: list[CommitteeNode] = []
    certificates: dict[NodeId, bytes] = {}
    for node in nodes:
        made, pem = _make_node_keys(node, secrets, created_at_ms)
        committee.append(made)
        certificates[node.node_id] = pem
    founders = tuple(_founder(folder, member, secrets) for member in description.members)
    genesis = Genesis(
        name=description.name,
        domain=description.domain,
        created_at_ms=created_at_ms,
        committee=Committee(Epoch(0), tuple(committee)),
        members=founders,
        catalogue_hash=catalogue_hash,
        parameters=description.parameters,
    )
    network = NewNetwork(folder, genesis, nodes)
    trust = trust_root(genesis).encode()
    write_public(network.trust_file, trust)
    for node in nodes:
        _write_node(node, nodes, certificates, secrets)
        write_public(node.folder / TRUST_FILE, trust)
    pinned = b"".join(_write_api_certificate(node, created_at_ms) for node in nodes if node.https)
    for member in description.members:
        _write_member(network, member.member_id, secrets, pinned)
    return network


def write_client(
    folder: Path,
    member_id: str,
    urls: Sequence[str],
    secrets: Secrets,
    pinned: bytes = b"",
) -> None:
    """Write the client.toml of a member whose key is in `folder`.

    Args:
        folder: of the member.
        member_id: of the member.
        urls: of the nodes' APIs.
        secrets: how keys are kept.
        pinned: PEM certificates of the nodes' HTTPS; empty where there are none.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
    """
    lines = [f'member_id = "{member_id}"', f"nodes = [{', '.join(_quoted(urls))}]"]
    if secrets.stored:
        write_private(folder / PASSPHRASE_FILE, secrets.passphrase + b"\n")
        lines.append(f'passphrase_file = "{PASSPHRASE_FILE}"')
    if pinned:
        write_public(folder / API_CERTIFICATES_FILE, pinned)
        lines.append(f'certificate_file = "{API_CERTIFICATES_FILE}"')
    write_private(folder / settings.CLIENT_FILE, ("\n".join(lines) + "\n").encode())


def _placed(folder: Path, description: Description, *, https: bool) -> tuple[NodeFolder, ...]:
    """Where each node lives and listens; addresses that are not given are free ports here."""
    running = [member for member in description.members if member.node_id]
    free = iter(free_addresses(2 * len(running)))
    placed = []
    for member in running:
        node_id = NodeId(str(member.node_id))
        spare_consensus, spare_api = next(free), next(free)
        given = member.consensus_listen, member.api_listen
        placed.append(
            NodeFolder(
                member,
                node_id,
                folder / NODES_FOLDER / node_id,
                settings.address(given[0]) if given[0] else spare_consensus,
                settings.address(given[1]) if given[1] else spare_api,
                https,
            )
        )
    return tuple(placed)


def _make_node_keys(
    node: NodeFolder, secrets: Secrets, created_at_ms: int
) -> tuple[CommitteeNode, bytes]:
    """The node's place in the committee, and its certificate."""
    keys = node.folder / "keys"
    node_key = new_key(keys / NODE_KEY_FILE, "node", secrets.passphrase, secrets.cost)
    log_key = new_key(keys / LOG_KEY_FILE, "log", secrets.passphrase, secrets.cost)
    key_pem, certificate_pem, pin = new_certificate(node.node_id, created_at_ms)
    write_private(node.folder / TLS_FOLDER / TLS_KEY_FILE, key_pem)
    write_private(node.folder / TLS_FOLDER / TLS_CERTIFICATE_FILE, certificate_pem)
    place = CommitteeNode(node.node_id, node.member.member_id, node_key, log_key, pin)
    return place, certificate_pem


def _write_api_certificate(node: NodeFolder, now_ms: int) -> bytes:
    """Make what the node serves HTTPS by; returns the certificate, which others pin."""
    key_pem, certificate_pem = new_api_certificate(node.node_id, node.api.host, now_ms)
    write_private(node.folder / API_KEY_FILE, key_pem)
    write_public(node.folder / API_CERTIFICATE_FILE, certificate_pem)
    return certificate_pem


def _write_member(network: NewNetwork, member_id: str, secrets: Secrets, pinned: bytes) -> None:
    """Write a member's client.toml, with all nodes, and its trust root."""
    home = network.member_folder(member_id)
    write_client(home, member_id, [node.api_url for node in network.nodes], secrets, pinned)
    write_public(home / TRUST_FILE, trust_root(network.genesis).encode())


def _founder(folder: Path, member: DescribedMember, secrets: Secrets) -> Founder:
    path = folder / MEMBERS_FOLDER / member.member_id / MEMBER_KEY_FILE
    key: PublicKey = new_key(path, "member", secrets.passphrase, secrets.cost)
    return Founder(
        member_id=member.member_id,
        kind=member.kind,
        name_zh=member.name_zh,
        name_en=member.name_en,
        credit_code=member.credit_code,
        roles=member.roles,
        keys=(key,),
    )


def _write_node(
    node: NodeFolder,
    nodes: Sequence[NodeFolder],
    certificates: Mapping[NodeId, bytes],
    secrets: Secrets,
) -> None:
    others = [other for other in nodes if other.node_id != node.node_id]
    for other in others:
        path = node.folder / TLS_FOLDER / TLS_PEERS_FOLDER / f"{other.node_id}.pem"
        write_private(path, certificates[other.node_id])
    if secrets.stored:
        write_private(node.folder / PASSPHRASE_FILE, secrets.passphrase + b"\n")
    template = files("cli").joinpath("node.template.toml").read_text(encoding="utf-8")
    text = Template(template).substitute(
        node_id=node.node_id,
        consensus_listen=node.consensus,
        api_listen=node.api,
        api_certificate_file=API_CERTIFICATE_FILE if node.https else "",
        api_key_file=API_KEY_FILE if node.https else "",
        passphrase_file=PASSPHRASE_FILE if secrets.stored else "",
        show_all="false",
        joining="false",
        peers="\n".join(f'{other.node_id} = "{other.consensus}"' for other in others),
    )
    write_private(node.folder / settings.NODE_FILE, text.encode())


def _quoted(texts: Sequence[str]) -> list[str]:
    return [f'"{text}"' for text in texts]
