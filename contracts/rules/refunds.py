"""The clocks of refunds: each deposit and guarantee is awaited back once the result is published.

No request starts them: the award does (T47, local promise), and the contract (T49, statutory). Each
runs under the deposit that it is about, and the refund or release that cites that deposit stops it.
Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final

from contracts import timers
from contracts.case import Case
from contracts.deadlines import limit_of
from contracts.state import seen_from
from contracts.timers import TimerRow
from contracts.verdict import RecordRow
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

LOCAL: Final = "deposit_refund_local"
STATUTORY: Final = "deposit_refund"
_SECURITIES: Final = {
    "tender.deposit_paid": "tender.deposit_refunded",
    "tender.guarantee_issued": "tender.guarantee_released",
}
"""What is given, and the type by which it goes back."""


def judge(_: Case) -> Rejected | None:
    """Nothing is refused that data does not refuse."""
    return None


def apply_published(case: Case) -> None:
    """The result is published: the local promise runs for everything not yet returned."""
    _start_all(case, LOCAL)


def apply_contract(case: Case) -> None:
    """The contract is signed: the statutory period runs for everything not yet returned."""
    _start_all(case, STATUTORY)


def _start_all(case: Case, deadline: str) -> None:
    """Start the clocks with the first record of the type; a further one moves none of them."""
    if next(case.state.records(case.record.subject, case.record.type, case.times), None):
        return
    parameters = case.facts.world.parameters
    period = case.facts.world.catalogue.deadlines[deadline]
    calendars = case.state.calendars()
    limit = limit_of(period, case.times.time_ms, parameters.day_ms, calendars).limit_ms
    for record_id, row in _held(case):
        timer = TimerRow(
            due_ms=limit + parameters.deadline_grace_ms,
            deadline=deadline,
            record_id=record_id,
            alert="AL16",
            limit_ms=limit,
            about=row.type,
            member=row.issuer,
            subject=row.subject,
        )
        if not timers.runs(case.state.overlay, record_id, deadline):
            timers.start(case.state.overlay, timer)


def _held(case: Case) -> Iterator[tuple[RecordId, RecordRow]]:
    """The deposits and guarantees, opened by now, that were not returned."""
    for subject in seen_from(case.record.subject):
        for given, returned in _SECURITIES.items():
            for each in case.state.records(subject, given, case.times):
                row = case.state.record(each)
                back = next(case.state.citing(each, returned, case.times), None)
                if row is not None and back is None:
                    yield each, row
