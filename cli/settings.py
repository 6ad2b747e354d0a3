"""Settings of a node and of a client: one frozen value each, from one TOML file.

`cli/node.template.toml` documents every key of a node, and a test holds both together. Unknown keys
are refused, because a misspelt setting that is silently ignored is found in production.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.outbound.hook_target import HookTarget
from api.outbound.target import WitnessTarget
from api.outbound.time_target import TimeTarget
from cli.settings_reader import Address, UpstreamAt, address, read_settings, read_toml
from ledger.core.identifiers import MemberId, NodeId

__all__ = ["Address", "UpstreamAt", "address", "read_toml"]

NODE_FILE: Final = "node.toml"
CLIENT_FILE: Final = "client.toml"
OBSERVER_FILE: Final = "observer.toml"
WITNESS_FILE: Final = "witness.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """All that one node is told; what the network agreed on is in the genesis instead."""

    folder: Path
    """The folder of node.toml: relative paths start here."""
    node_id: NodeId
    consensus_listen: Address
    api_listen: Address
    peers: Mapping[NodeId, Address]
    """Every other node of the committee."""
    trust_file: Path = Path("trust.json")
    keys_folder: Path = Path("keys")
    passphrase_file: Path | None = None
    tls_folder: Path = Path("tls")
    database_folder: Path = Path("db")
    journal_folder: Path = Path("journal")
    signed_file: Path = Path("signed/mark")
    """How far this node has signed: never restored, so better on another disk."""
    api_certificate_file: Path | None = None
    """PEM; with its key, the API is served over HTTPS."""
    api_key_file: Path | None = None
    deposits_folder: Path = Path("deposits")
    """Openings that members deposited here, encrypted for supervisors."""
    court_codes_folder: Path = Path("court-codes")
    """Evidence packages under extraction codes, and their uses."""
    misconduct_folder: Path = Path("misconduct")
    """Evidence against keys of the committee, as it was found here."""
    log_file: Path | None = None
    log_level: str = "info"
    witnesses: tuple[WitnessTarget, ...] = ()
    """Bodies outside the committee that are shown every head, to cosign it."""
    public_url: str = ""
    """Under which people reach the pages from outside: QRs on certificates lead there."""
    time_stamps: tuple[TimeTarget, ...] = ()
    """Authorities that are asked to stamp the published head, once in a period each."""
    webhooks: tuple[HookTarget, ...] = ()
    """Receivers that are told what is new, each by the rights of a member."""
    webhooks_folder: Path = Path("webhooks")
    """How far each was told, and what was set aside."""
    documents_signer_file: Path | None = None
    """PKCS#12: key and certificate under which certificates are signed (PAdES)."""
    documents_passphrase_file: Path | None = None
    requests_per_address: int = 64
    """Of one address at a time over HTTP; 0 for any number."""
    index_url: str = ""
    """``postgresql://…`` whose tables answer queries; empty: its own rows do."""
    show_all: bool = False
    """Show every visibility class over the API: for tests."""
    catalogues: tuple[Path, ...] = ()
    """Folders of further versions of the catalogue, older and newer than this software's."""
    joining: bool = False
    """The node follows the others and waits for the committee change that lets it vote."""
    snapshot_behind: int = 1_000
    """Blocks that it must lack before it takes a snapshot in their stead; 0: never."""

    @property
    def api_url(self) -> str:
        """Where the API is asked."""
        return _url(self.api_listen, self.api_certificate_file)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """All that a member's client is told."""

    folder: Path
    """The folder of client.toml: relative paths start here."""
    member_id: MemberId
    nodes: tuple[str, ...]
    """Base URLs of nodes; the first that answers is used."""
    key_file: Path = Path("member.key")
    encryption_key_file: Path = Path("encryption.key")
    """X25519: opens what others deposit for the member. Made by `openings enrol`."""
    trust_file: Path = Path("trust.json")
    passphrase_file: Path | None = None
    certificate_file: Path | None = None
    """PEM of the nodes' certificates for HTTPS, or of who issued them."""


@dataclass(frozen=True, slots=True)
class ObserverSettings:
    """All that an observer is told."""

    folder: Path
    """The folder of observer.toml: relative paths start here."""
    observer_id: NodeId
    """Its name, for people and for tokens; no node of the committee bears it."""
    member_id: MemberId
    """The member that was admitted."""
    api_listen: Address
    upstreams: Mapping[NodeId, UpstreamAt]
    """By node id, in the order of preference."""
    key_file: Path = Path("member.key")
    trust_file: Path = Path("trust.json")
    passphrase_file: Path | None = None
    database_folder: Path = Path("db")
    misconduct_folder: Path = Path("misconduct")
    """Evidence against keys of the committee, as it was found here."""
    api_certificate_file: Path | None = None
    api_key_file: Path | None = None
    cosign_name: str = ""
    """Key name under which it cosigns heads; empty: it cosigns none."""
    cosign_key_file: Path = Path("cosign.key")
    cosign_head_file: Path = Path("cosigned")
    """The last head that it cosigned: made once, never restored from a copy."""
    log_file: Path | None = None
    log_level: str = "info"
    public_url: str = ""
    """Under which people reach the pages from outside: QRs on certificates lead there."""
    webhooks: tuple[HookTarget, ...] = ()
    """Receivers that are told what is new, each by the rights of a member."""
    webhooks_folder: Path = Path("webhooks")
    """How far each was told, and what was set aside."""
    documents_signer_file: Path | None = None
    """PKCS#12: key and certificate under which certificates are signed (PAdES)."""
    documents_passphrase_file: Path | None = None
    requests_per_address: int = 64
    """Of one address at a time over HTTP; 0 for any number."""
    index_url: str = ""
    """``postgresql://…`` whose tables answer queries; empty: its own rows do."""
    witnesses: tuple[WitnessTarget, ...] = ()
    """Outside the committee, to whom it shows its heads as a node does."""
    time_stamps: tuple[TimeTarget, ...] = ()
    show_all: bool = False
    catalogues: tuple[Path, ...] = ()
    """Folders of further versions of the catalogue, older and newer than this software's."""

    @property
    def node_id(self) -> NodeId:
        """As its answers call it: a node of no committee."""
        return self.observer_id

    @property
    def api_url(self) -> str:
        """Where the API is asked."""
        return _url(self.api_listen, self.api_certificate_file)


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """All that a witness is told beside the networks that it knows."""

    folder: Path
    """The folder of witness.toml: relative paths start here."""
    name: str
    """Its key name: policies and signature lines bear it."""
    api_listen: Address
    key_file: Path = Path("witness.key")
    passphrase_file: Path | None = None
    log_file: Path | None = None
    log_level: str = "info"


def node_settings(folder: Path) -> Settings:
    """Settings of the node whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return read_settings(Settings, folder / NODE_FILE)


def client_settings(folder: Path) -> ClientSettings:
    """Settings of the member whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return read_settings(ClientSettings, folder / CLIENT_FILE)


def observer_settings(folder: Path) -> ObserverSettings:
    """Settings of the observer whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return read_settings(ObserverSettings, folder / OBSERVER_FILE)


def stored_settings(folder: Path) -> Settings | ObserverSettings:
    """Settings of whoever keeps a ledger in `folder`: a node, or an observer.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    observes = (folder / OBSERVER_FILE).exists() and not (folder / NODE_FILE).exists()
    return observer_settings(folder) if observes else node_settings(folder)


def witness_settings(folder: Path) -> WitnessSettings:
    """Settings of the witness whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return read_settings(WitnessSettings, folder / WITNESS_FILE)


def _url(at: Address, certificate_file: Path | None) -> str:
    return f"{'http' if certificate_file is None else 'https'}://{at}"
