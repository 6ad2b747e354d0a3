"""The clocks of refunds: each deposit and guarantee is awaited back once the result is published.

No request starts them: the award does (T47, local promise), and the contract (T49, statutory). Each
runs under the deposit that it is about, and the refund or release that cites that deposit stops it.
Whoever buys a lot leaves the deposit until the contract, and it may become part of the price
(招标拍卖挂牌出让国有建设用地使用权规定第二十一条). Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final

from contracts import timers
from contracts.case import Case
from contracts.deadlines import limit_of
from contracts.state import seen_from
from contracts.timers import TimerRow
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

LOCAL: Final = "deposit_refund_local"
STATUTORY: Final = "deposit_refund"
SOLD: Final = "tender.lot_sold"
CONVERTED: Final = "converted"
"""Value of a refund's ``outcome``: the deposit became part of what the lot costs."""
_SECURITIES: Final = {
    "tender.deposit_paid": "tender.deposit_refunded",
    "tender.guarantee_issued": "tender.guarantee_released",
}
"""What is given, and the type by which it goes back."""


def judge(_: Case) -> Rejected | None:
    """Nothing is refused that data does not refuse."""
    return None


def judge_refund(case: Case) -> Rejected | None:
    """Refuse that a deposit became part of a price which its bidder does not pay."""
    if case.record.fields.get("outcome") != CONVERTED:
        return None
    buyer = case.last_kept(SOLD, "winner")
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if row is not None and (buyer is None or row.kept.get("bidder") != buyer):
            detail = {"type": case.kind.key, "field": "outcome"}
            return Rejected(Code.RECORD_FIELD_VALUE, detail)
    return None


def apply_published(case: Case) -> None:
    """The result is published: the local promise runs for everything that now goes back."""
    _start_all(case, LOCAL, but=case.last_kept(SOLD, "winner"))


def apply_contract(case: Case) -> None:
    """The contract is signed: the statutory period runs for everything not yet returned."""
    _start_all(case, STATUTORY)


def _start_all(case: Case, deadline: str, but: int | str | None = None) -> None:
    """Start the clocks with the first record of the type; a further one moves none of them.

    Args:
        case: the record that starts them.
        deadline: what runs.
        but: the bidder whose deposit stays.
    """
    if next(case.state.records(case.record.subject, case.record.type, case.times), None):
        return
    parameters = case.facts.world.parameters
    period = case.facts.world.catalogue.deadlines[deadline]
    calendars = case.state.calendars()
    limit = limit_of(period, case.times.time_ms, parameters.day_ms, calendars).limit_ms
    for record_id, row in _held(case):
        if but is not None and row.kept.get("bidder") == but:
            continue
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
