"""Reads `witnesses` of node.toml, strictly."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from api.outbound.target import WITNESSES_MAX, WitnessTarget
from cli.target_tables import check_url, targets_in, text_in
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
    return targets_in(raw, WITNESSES_MAX, partial(_target, folder))


def _target(
    folder: Path, raw: Mapping[str, object], known: Sequence[WitnessTarget]
) -> WitnessTarget:
    if odd := sorted((set(raw) - _KNOWN) | (_NEEDED - set(raw))):
        raise ValueError(f"{odd[0]} ∉ vkey, url, certificate" if odd[0] in raw else f"– {odd[0]}")
    values = {name: text_in(raw, name) for name in raw}
    url, certificate = values["url"].rstrip("/"), values.get("certificate")
    if certificate is not None and not url.startswith("https://"):
        raise ValueError("certificate: url ≠ https://…")
    check_url(url)
    key = _key(values["vkey"])
    if any(
        key.public_key == each.public_key or key.name == each.name
        for each in (other.key for other in known)
    ):
        raise ValueError(f"vkey: 2 × {key.name}")
    return WitnessTarget(key, url, None if certificate is None else folder / certificate)


def _key(vkey: str) -> NoteKey:
    try:
        key = parse_vkey(vkey)
    except LedgerError as problem:
        raise ValueError(f"vkey: {problem.code.value}") from problem
    if key.kind is not Kind.COSIGNATURE:
        raise ValueError("vkey: 0x01 ≠ 0x04")
    return key
