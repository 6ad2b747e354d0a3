"""Reads `witnesses` of node.toml, strictly.

A witness that is silently left out would be missed only when its word is needed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.outbound.target import WITNESSES_MAX, WitnessTarget
from ledger.core.note import Kind, NoteKey, parse_vkey
from ledger.errors import LedgerError

_NEEDED: Final = frozenset({"vkey", "url"})
_KNOWN: Final = _NEEDED | {"certificate"}


def witness_targets(raw: object, folder: Path) -> tuple[WitnessTarget, ...]:
    """The witnesses that a list of tables names.

    Args:
        raw: as TOML gives it.
        folder: relative paths start here.

    Raises:
        ValueError, TypeError: with the place and what is wrong there.
    """
    if not isinstance(raw, list):
        raise TypeError(f"{raw!r:.80} ≠ list")
    if len(raw) > WITNESSES_MAX:
        raise ValueError(f"{len(raw)} > {WITNESSES_MAX}")
    found: list[WitnessTarget] = []
    for number, each in enumerate(raw, 1):
        try:
            found.append(_target(each, folder, [known.key for known in found]))
        except (ValueError, TypeError) as problem:
            raise ValueError(f"[{number}]: {problem}") from problem
    return tuple(found)


def _target(raw: object, folder: Path, known: list[NoteKey]) -> WitnessTarget:
    if not isinstance(raw, dict):
        raise TypeError(f"{raw!r:.80} ≠ table")
    if odd := sorted((set(raw) - _KNOWN) | (_NEEDED - set(raw))):
        raise ValueError(f"{odd[0]} ∉ vkey, url, certificate" if odd[0] in raw else f"– {odd[0]}")
    values = {name: text_in(raw, name) for name in raw}
    url, certificate = values["url"].rstrip("/"), values.get("certificate")
    if certificate is not None and not url.startswith("https://"):
        raise ValueError("certificate: url ≠ https://…")
    check_url(url)
    key = _key(values["vkey"])
    if any(key.public_key == each.public_key or key.name == each.name for each in known):
        raise ValueError(f"vkey: 2 × {key.name}")
    return WitnessTarget(key, url, None if certificate is None else folder / certificate)


def text_in(raw: Mapping[str, object], name: str) -> str:
    """The text, not empty, of a name in a table; raises TypeError."""
    value = raw[name]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name}: {value!r:.80} ≠ text")
    return value


def check_url(url: str) -> None:
    """A prefix to which paths can be added; a name and a password in it would end in logs."""
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc) and url.isascii()
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or " " in url:
        raise ValueError(f"url: {url[:80]} ≠ http(s)://host[:port][/path]")
    # An odd port is found here and not at the first request.
    _ = parts.port


def _key(vkey: str) -> NoteKey:
    try:
        key = parse_vkey(vkey)
    except LedgerError as problem:
        raise ValueError(f"vkey: {problem.code.value}") from problem
    if key.kind is not Kind.COSIGNATURE:
        raise ValueError("vkey: 0x01 ≠ 0x04")
    return key
