"""Faults: all that is wrong with the records of a bundle, not only the first thing.

A bundle is refused whole for its first unfit record; whoever sent it wants to mend all of them at
once. Advice to people, and no part of what nodes agree on. Spec: ``docs/spec/http.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contracts.draft import Draft
from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

FAULTS_MAX: Final = 100
"""Whoever made more than that mends the program that made them."""
LOOKED_AT_MAX: Final = 1_000
"""Records judged from the first unfit one on: it is done in one go, and consensus waits for it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One unfit record."""

    position: int
    """In the bundle, from 0."""
    record_id: RecordId
    verdict: Rejected
    """As if the records named before it were not in the bundle: what must follow one of them is
    unfit as well."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a bundle's records."""

    found: tuple[Fault, ...]
    looked_at: int
    """Positions that were judged, from 0; what comes behind them may be unfit too."""


NOT_LOOKED_AT: Final = Faults((), 0)


def faults_of(draft: Draft, bundle: Bundle, known: Callable[[RecordId], bool]) -> Faults:
    """What is wrong with the records of a bundle.

    Args:
        draft: fresh, on the present head; of no use afterwards.
        bundle: as it was submitted; where it is unfit itself, no record is looked at.
        known: whether a record is on the ledger already, and so judged by nobody again; asked only
            of those that are looked at.
    """
    if draft.refusal_of(bundle) is not None:
        return NOT_LOOKED_AT
    found: list[Fault] = []
    entered, most = 0, len(bundle.records)
    for position, record_id in enumerate(bundle.record_ids):
        if position >= most or len(found) == FAULTS_MAX:
            return Faults(tuple(found), position)
        if known(record_id):
            continue
        verdict = draft.try_record(bundle, record_id, bundle.records[position], entered)
        if verdict is None:
            entered += 1
            continue
        if not found:
            most = min(most, position + LOOKED_AT_MAX)
        found.append(Fault(position, record_id, verdict))
    return Faults(tuple(found), len(bundle.records))
