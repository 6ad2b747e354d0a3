"""Reads `witnesses` of node.toml, strictly."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from api.outbound.target import WITNESSES_MAX, WitnessTarget
from cli.target_tables import certificate_in, check_names, check_url, targets_in, text_in
from ledger.core.note import Kind, NoteKey, parse_vkey
from ledger.errors import LedgerError

_NEEDED: Final = ("vkey", "url")
_KNOWN: Final = (*_NEEDED, "certificate")


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
    check_names(raw, _NEEDED, _KNOWN)
    url = text_in(raw, "url").rstrip("/")
    certificate = certificate_in(raw, url, folder)
    check_url(url)
    key = _key(text_in(raw, "vkey"))
    if any(
        key.public_key == each.public_key or key.name == each.name
        for each in (other.key for other in known)
    ):
        raise ValueError(f"vkey: 2 × {key.name}")
    return WitnessTarget(key, url, certificate)


def _key(vkey: str) -> NoteKey:
    try:
        key = parse_vkey(vkey)
    except LedgerError as problem:
        raise ValueError(f"vkey: {problem.code.value}") from problem
    if key.kind is not Kind.COSIGNATURE:
        raise ValueError("vkey: 0x01 ≠ 0x04")
    return key
