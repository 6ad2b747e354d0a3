"""Reads one TOML file of settings into a frozen value; what it does not know, it refuses.

The shape of a value follows from its key: an address where the key ends in ``_listen``, a path
beside the file where it ends in ``_file`` or ``_folder``.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from cli.failures import CommandError, Exit
from cli.hook_targets import hook_targets
from cli.index_urls import index_url
from cli.time_targets import time_targets
from cli.witness_targets import witness_targets
from contracts.versions import VERSIONS_MAX
from ledger.codes import Code
from ledger.core.identifiers import NodeId

LOG_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})

_COUNT_MAX: Final = 65_536
_PUBLIC_URL: Final = re.compile(r"https?://[0-9A-Za-z.:\[\]/_-]{1,120}")

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UpstreamAt:
    """Where an observer finds a node that it may follow."""

    url: str
    certificate_file: Path | None
    """PEM of the node's certificate for HTTPS, or of who issued it."""


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
        if name == "upstreams":
            return {NodeId(node): self._upstream(at) for node, at in _table(raw).items()}
        if name == "nodes":
            return tuple(_text(url).rstrip("/") for url in _list(raw))
        if name == "cosign_name" and raw == "":
            return ""
        if name == "public_url":
            return public_url(raw)
        if name == "index_url":
            return index_url(raw)
        if name == "witnesses":
            return witness_targets(raw, self.folder)
        if name == "webhooks":
            return hook_targets(raw, self.folder)
        if name == "time_stamps":
            return time_targets(raw, self.folder)
        if name == "catalogues":
            return tuple(self.folder / _text(each) for each in _folders(raw))
        if name in {"requests_per_address", "snapshot_behind"}:
            return _count(raw)
        if name in {"show_all", "joining"}:
            return _flag(raw)
        if name == "log_level" and raw not in LOG_LEVELS:
            raise ValueError(" ".join(sorted(LOG_LEVELS)))
        return _text(raw)

    def _upstream(self, raw: object) -> UpstreamAt:
        """Outside of this machine a token goes over HTTPS only."""
        given = _table(raw)
        if odd := sorted(set(given) - {"url", "certificate"}):
            raise ValueError(odd[0])
        url = _text(given.get("url")).rstrip("/")
        scheme, _, place = url.partition("://")
        if scheme != "https" and not (scheme == "http" and _is_here(place)):
            raise ValueError(f"{url} ≠ https://…")
        certificate = given.get("certificate")
        return UpstreamAt(url, self.folder / _text(certificate) if certificate else None)


def read_settings(shape: type[Shape], path: Path) -> Shape:
    """The settings of that shape in the TOML file at `path`.

    Args:
        shape: a frozen dataclass whose `folder` is the file's.
        path: of the file.

    Raises:
        CommandError: `file.unreadable`, `settings.*`.
    """
    given = read_toml(path)
    known = [item for item in fields(cast(Any, shape)) if item.name != "folder"]
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
    made: Shape = cast(Any, shape)(folder=folder, **values)
    return made


def public_url(raw: object) -> str:
    """The address of the pages, or none; a QR holds it, so it is short and plain.

    Raises:
        ValueError: it is no address of http or https.
    """
    url = raw.rstrip("/") if isinstance(raw, str) else "?"
    if url and not _PUBLIC_URL.fullmatch(url):
        raise ValueError(f"{url} ≠ https://…")
    return url


def _is_here(place: str) -> bool:
    """Whether a URL's ``host:port/…`` is on loopback."""
    host = place.partition("/")[0].rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _folders(raw: object) -> list[object]:
    """At most as many as a network adopts; an empty list is one, too."""
    if not isinstance(raw, list) or len(raw) > VERSIONS_MAX:
        raise TypeError(f"{raw!r:.80} ≠ list ≤ {VERSIONS_MAX}")
    return raw


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw:
        raise TypeError(f"{raw!r} ≠ text")
    return raw


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= _COUNT_MAX:
        raise TypeError(f"{raw!r} ≠ 0 … {_COUNT_MAX}")
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
