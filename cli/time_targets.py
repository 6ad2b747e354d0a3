"""Reads `time_stamps` of node.toml, strictly."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from api.outbound.time_target import (
    AUTHORITIES_MAX,
    PERIOD_S,
    PERIOD_S_MAX,
    PERIOD_S_MIN,
    TimeTarget,
)
from cli.target_tables import certificate_in, check_names, check_url, targets_in, text_in
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
    return targets_in(raw, AUTHORITIES_MAX, partial(_target, folder))


def _target(folder: Path, raw: Mapping[str, object], known: Sequence[TimeTarget]) -> TimeTarget:
    check_names(raw, _NEEDED, _KNOWN)
    name, url = text_in(raw, "name"), text_in(raw, "url")
    if len(name) > NAME_MAX or not name.isprintable():
        raise ValueError(f"name: {name[:NAME_MAX]!r}")
    if any(each.authority.name == name for each in known):
        raise ValueError(f"name: 2 × {name}")
    check_url(url)
    certificate = certificate_in(raw, url, folder)
    period_s = raw.get("period_s", PERIOD_S)
    if type(period_s) is not int or not PERIOD_S_MIN <= period_s <= PERIOD_S_MAX:
        raise ValueError(f"period_s: {period_s!r:.20} ∉ {PERIOD_S_MIN} … {PERIOD_S_MAX}")
    roots = folder / text_in(raw, "roots")
    try:
        authority = authority_from(name, read_capped(roots, ROOTS_BYTES_MAX))
    except (OSError, LedgerError) as problem:
        raise ValueError(f"roots: {problem}") from problem
    pinned = certificate
    return TimeTarget(authority, url, pinned, period_s)
