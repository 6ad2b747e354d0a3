"""Reads `time_stamps` of node.toml, strictly.

An authority that is silently left out would be missed only when its word is needed.
"""

from pathlib import Path
from typing import Final

from api.outbound.time_target import (
    AUTHORITIES_MAX,
    PERIOD_S,
    PERIOD_S_MAX,
    PERIOD_S_MIN,
    TimeTarget,
)
from cli.witness_targets import check_url, text_in
from ledger.errors import LedgerError
from ledger.files import read_capped
from ledger.stamp_roots import ROOTS_BYTES_MAX, authority_from

NAME_MAX: Final = 64
_NEEDED: Final = ("name", "url", "roots")
_KNOWN: Final = (*_NEEDED, "certificate", "period_s")


def time_targets(raw: object, folder: Path) -> tuple[TimeTarget, ...]:
    """The authorities that a list of tables names; their certificates are read here.

    Args:
        raw: as TOML gives it.
        folder: relative paths start here.

    Raises:
        ValueError, TypeError: with the place and what is wrong there.
    """
    if not isinstance(raw, list):
        raise TypeError(f"{raw!r:.80} ≠ list")
    if len(raw) > AUTHORITIES_MAX:
        raise ValueError(f"{len(raw)} > {AUTHORITIES_MAX}")
    found: list[TimeTarget] = []
    for number, each in enumerate(raw, 1):
        try:
            target = _target(each, folder)
            if any(target.authority.name == known.authority.name for known in found):
                raise ValueError(f"name: 2 × {target.authority.name}")
        except (ValueError, TypeError) as problem:
            raise ValueError(f"[{number}]: {problem}") from problem
        found.append(target)
    return tuple(found)


def _target(raw: object, folder: Path) -> TimeTarget:
    if not isinstance(raw, dict):
        raise TypeError(f"{raw!r:.80} ≠ table")
    if odd := sorted(set(raw) - set(_KNOWN)):
        raise ValueError(f"{odd[0]} ∉ {', '.join(_KNOWN)}")
    if lacking := sorted(set(_NEEDED) - set(raw)):
        raise ValueError(f"– {lacking[0]}")
    name, url = text_in(raw, "name"), text_in(raw, "url")
    if len(name) > NAME_MAX or not name.isprintable():
        raise ValueError(f"name: {name[:NAME_MAX]!r}")
    check_url(url)
    certificate = text_in(raw, "certificate") if "certificate" in raw else None
    if certificate is not None and not url.startswith("https://"):
        raise ValueError("certificate: url ≠ https://…")
    period_s = raw.get("period_s", PERIOD_S)
    if type(period_s) is not int or not PERIOD_S_MIN <= period_s <= PERIOD_S_MAX:
        raise ValueError(f"period_s: {period_s!r:.20} ∉ {PERIOD_S_MIN} … {PERIOD_S_MAX}")
    roots = folder / text_in(raw, "roots")
    try:
        authority = authority_from(name, read_capped(roots, ROOTS_BYTES_MAX))
    except (OSError, LedgerError) as problem:
        raise ValueError(f"roots: {problem}") from problem
    pinned = None if certificate is None else folder / certificate
    return TimeTarget(authority, url, pinned, period_s)
