"""Settings of a node and of a client: one frozen value each, from one TOML file.

`cli/node.template.toml` documents every key of a node, and a test holds both together. Unknown keys
are refused, because a misspelt setting that is silently ignored is found in production.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Final, TypeVar

from cli.failures import CommandError, Exit
from ledger.codes import Code
from ledger.core.identifiers import MemberId, NodeId

NODE_FILE: Final = "node.toml"
CLIENT_FILE: Final = "client.toml"
WITNESS_FILE: Final = "witness.toml"
LOG_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})

Shape = TypeVar("Shape", "Settings", "ClientSettings", "WitnessSettings")


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


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
    log_file: Path | None = None
    log_level: str = "info"
    show_all: bool = False
    """Show every visibility class over the API: for tests."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """All that a member's client is told."""

    folder: Path
    """The folder of client.toml: relative paths start here."""
    member_id: MemberId
    nodes: tuple[str, ...]
    """Base URLs of nodes; the first that answers is used."""
    key_file: Path = Path("member.key")
    trust_file: Path = Path("trust.json")
    passphrase_file: Path | None = None


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
    return _settings(Settings, folder / NODE_FILE)


def client_settings(folder: Path) -> ClientSettings:
    """Settings of the member whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return _settings(ClientSettings, folder / CLIENT_FILE)


def witness_settings(folder: Path) -> WitnessSettings:
    """Settings of the witness whose folder is `folder`.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    return _settings(WitnessSettings, folder / WITNESS_FILE)


def read_toml(path: Path) -> dict[str, object]:
    """The TOML document at `path`.

    Raises:
        CommandError: `file.unreadable`, `file.invalid`.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        reason = str(problem.strerror)
        raise CommandError(
            Exit.USAGE, Code.FILE_UNREADABLE, path=str(path), reason=reason
        ) from problem
    except ValueError as problem:
        raise CommandError(
            Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=str(problem)
        ) from problem


def address(text: object) -> Address:
    """The address that ``host:port`` names.

    Raises:
        ValueError: where it does not name one.
    """
    host, colon, port = str(text).rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text} ≠ host:port")
    return Address(host.strip("[]"), int(port))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes the values of one document, with the file's name for whoever mistyped one."""

    path: Path
    given: Mapping[str, object]
    folder: Path = field(default=Path())

    def value(self, name: str) -> object:
        """One value in the shape that its key has."""
        raw = self.given[name]
        try:
            return self._shaped(name, raw)
        except (ValueError, AttributeError, TypeError) as problem:
            reason = str(problem)
            raise CommandError(
                Exit.USAGE, Code.SETTINGS_INVALID, path=str(self.path), key=name, reason=reason
            ) from problem

    def _shaped(self, name: str, raw: object) -> object:
        if name.endswith("_listen"):
            return address(raw)
        if name.endswith(("_file", "_folder")):
            return self.folder / _text(raw) if raw else None
        if name == "peers":
            return {NodeId(peer): address(at) for peer, at in _table(raw).items()}
        if name == "nodes":
            return tuple(_text(url).rstrip("/") for url in _list(raw))
        if name == "show_all":
            return _flag(raw)
        if name == "log_level" and raw not in LOG_LEVELS:
            raise ValueError(" ".join(sorted(LOG_LEVELS)))
        return _text(raw)


def _settings(shape: type[Shape], path: Path) -> Shape:
    given = read_toml(path)
    known = [item for item in fields(shape) if item.name != "folder"]
    unknown = sorted(set(given) - {item.name for item in known})
    if unknown:
        raise CommandError(Exit.USAGE, Code.SETTINGS_UNKNOWN, path=str(path), key=unknown[0])
    needed = [item.name for item in known if item.default is MISSING]
    missing = [name for name in needed if name not in given]
    if missing:
        raise CommandError(Exit.USAGE, Code.SETTINGS_MISSING, path=str(path), key=missing[0])
    folder = path.parent.resolve()
    reader = _Reader(path, given, folder)
    values: dict[str, object] = {}
    for item in known:
        if item.name in given:
            values[item.name] = reader.value(item.name)
        elif isinstance(item.default, Path):
            values[item.name] = folder / item.default
    made: Shape = shape(folder=folder, **values)  # type: ignore[arg-type]
    return made


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw:
        raise TypeError(f"{raw!r} ≠ text")
    return raw


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise TypeError(f"{raw!r} ≠ true / false")
    return raw


def _table(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise TypeError(f"{raw!r} ≠ table")
    return raw


def _list(raw: object) -> list[object]:
    if not isinstance(raw, list) or not raw:
        raise TypeError(f"{raw!r} ≠ list")
    return raw
