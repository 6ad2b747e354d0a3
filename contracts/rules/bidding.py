"""Bids under seal (T19, T21), the bid set (T22), and the opening that lets them out (T23).

The set is fixed before anyone can look: it lists commitments and their count. What is opened out of
it is a bid; a punctual bid outside of it stays on the ledger as its author's proof and counts for
nothing. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Final, cast

from contracts import sealed_rows, timers
from contracts.case import Case
from contracts.deadlines import limit_of
from contracts.sealed_rows import BidSet
from contracts.state import seen_from
from contracts.timers import TimerRow
from contracts.verdict import Unsealed
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.sealed import COMMITMENT_TYPE
from ledger.errors import InvariantBroken, Rejected

BID: Final = "tender.bid_submitted"
STARTED: Final = "tender.opening_started"
OPENING_PERIOD: Final = "bid_opening"
"""Deadline by which every member of the set is to be opened."""
DROPPED: Final = "bid_dropped"
"""Deadline by which a bid outside the set is to be shown withdrawn."""
_DEADLINE: Final = "tender.announcement.bid_deadline_ms"


def judge_set(case: Case) -> Rejected | None:
    """Refuse a part out of turn, out of order or miscounted, and a commitment that cannot be in."""
    named = case.last_kept("tender.announcement", "bid_system")
    if named not in {None, case.record.issuer}:
        return _bad_set(case, "bid_system")
    found, now = _before(case), _listed(case)
    ids = commitments(case)
    if (now.parts, now.count) != (found.parts, found.count) or now.part != found.part + 1:
        return _bad_set(case, "part")
    if now.part > now.parts:
        return _bad_set(case, "parts")
    ordered = [found.last, *ids] if found.last else ids
    if any(before >= after for before, after in pairwise(ordered)):
        return _bad_set(case, "order")
    if now.listed > now.count or (now.complete and now.listed != now.count):
        return _bad_set(case, "count")
    for each in ids:
        problem = _unfit(case, each)
        if problem:
            detail = {"record": each.hex(), "subject": case.record.subject, "what": problem}
            return Rejected(Code.SEALED_MEMBER, detail)
    return None


def apply_set(case: Case) -> None:
    """Keep what the part lists; nothing takes it out again."""
    sealed_rows.put_bid_set(case.state, case.record.subject, _listed(case), commitments(case))


def judge_start(case: Case) -> Rejected | None:
    """Refuse to open before the whole set is on the ledger."""
    found = sealed_rows.bid_set(case.state, case.record.subject)
    return None if found is not None and found.complete else _bad_set(case, "incomplete")


def apply_start(case: Case) -> None:
    """From now on every member of the set is awaited."""
    for each in sealed_rows.members(case.state, case.record.subject):
        row = case.state.record(each)
        if row is None:
            raise InvariantBroken("a bid set lists what is not on the ledger")
        _await(case, each, OPENING_PERIOD, "AL21", row.issuer, case.times.time_ms)


def judge_bid(_: Case) -> Rejected | None:
    """Nothing is refused that data does not refuse: a late bid is opened and raises an alert."""
    return None


def apply_bid(case: Case) -> None:
    """A bid of the set counts; a punctual one outside of it is awaited to be shown withdrawn."""
    unsealed, subject, bid = _unsealed(case), case.record.subject, case.facts.record_id
    if sealed_rows.set_of(case.state, unsealed.commitment) == subject:
        if sealed_rows.bid_of(case.state, subject, case.record.issuer) is None:
            sealed_rows.put_bid(case.state, subject, case.record.issuer, bid)
        return
    row = case.state.record(bid)
    if row is None or row.effective is None:
        raise InvariantBroken("a bid takes effect without its row")
    case.state.put_record(bid, replace(row, voided_index=row.effective.index))
    case.state.void(bid, row, row.effective.index)
    started_ms = _started_ms(case, unsealed)
    if punctual(case) and started_ms is not None:
        _await(case, bid, DROPPED, "AL27", unsealed.committed_by, started_ms)


def judge_withdrawal(case: Case) -> Rejected | None:
    """Refuse to withdraw another's bid."""
    for each in withdrawn(case):
        row = case.state.record(each)
        if row is not None and row.issuer != case.record.issuer:
            return Rejected(Code.RECORD_NOT_AUTHOR, {"record": each.hex()})
    return None


def apply_withdrawal(case: Case) -> None:
    """A bid that was withdrawn in time is rightly outside the set."""
    if punctual(case):
        for each in withdrawn(case):
            timers.stop(case.state.overlay, each, DROPPED)


def commitments(case: Case) -> tuple[RecordId, ...]:
    """What a T22 lists."""
    listed = cast("tuple[bytes, ...]", case.record.fields["commitments"])
    return tuple(RecordId(each) for each in listed)


def withdrawn(case: Case) -> tuple[RecordId, ...]:
    """The bids that a T21 withdraws or replaces."""
    refs = case.record.refs
    return tuple(each.record_id for each in refs if each.relation == "follows")


def punctual(case: Case) -> bool:
    """Whether the record of `case` was committed by the bid deadline, grace included."""
    limit = case.state.value(case.record.subject, _DEADLINE, case.times)
    return not isinstance(limit, int) or case.limit_ms <= limit


def _before(case: Case) -> BidSet:
    """The set as its earlier parts left it; before the first, what this record says of it."""
    found = sealed_rows.bid_set(case.state, case.record.subject)
    return found or BidSet(_number(case, "parts"), 0, _number(case, "count"), 0, b"")


def _listed(case: Case) -> BidSet:
    """The set with the part at hand."""
    found, ids = _before(case), commitments(case)
    return BidSet(
        parts=_number(case, "parts"),
        part=_number(case, "part"),
        count=_number(case, "count"),
        listed=found.listed + len(ids),
        last=ids[-1] if ids else found.last,
    )


def _unfit(case: Case, commitment: RecordId) -> str:
    """Why a commitment cannot be in the set; empty where it can."""
    row = case.state.record(commitment)
    if row is None or row.type != COMMITMENT_TYPE:
        return "unknown"
    if row.issuer != case.record.issuer:
        return "committed by another"
    limit = case.state.value(case.record.subject, _DEADLINE, case.times)
    grace_ms = case.facts.world.parameters.deadline_grace_ms
    if isinstance(limit, int) and row.entered.time_ms > limit + grace_ms:
        return "late"
    if sealed_rows.set_of(case.state, commitment) is not None:
        return "in another set"
    return ""


def _await(
    case: Case, record_id: RecordId, deadline: str, alert: str, system: MemberId, start_ms: int
) -> None:
    """Start a timer that the opening of a record, or its withdrawal, stops."""
    parameters = case.facts.world.parameters
    period = case.facts.world.catalogue.deadlines[deadline]
    limit = limit_of(period, start_ms, parameters.day_ms, case.state.calendars())
    timer = TimerRow(
        due_ms=limit.limit_ms + parameters.deadline_grace_ms,
        deadline=deadline,
        record_id=record_id,
        alert=alert,
        limit_ms=limit.limit_ms,
        about=BID,
        member=system,
        subject=case.record.subject,
    )
    timers.start(case.state.overlay, timer)


def _started_ms(case: Case, unsealed: Unsealed) -> int | None:
    """When the opening of the section started."""
    for subject in seen_from(case.record.subject):
        for each in case.state.records(subject, STARTED, unsealed.at):
            row = case.state.record(each)
            if row is not None and row.effective is not None:
                return row.effective.time_ms
    return None


def _unsealed(case: Case) -> Unsealed:
    if case.facts.unsealed is None:
        raise InvariantBroken(f"{case.record.type} entered without a seal")
    return case.facts.unsealed


def _number(case: Case, name: str) -> int:
    return cast(int, case.record.fields[name])


def _bad_set(case: Case, what: str) -> Rejected:
    return Rejected(Code.SEALED_SET, {"subject": case.record.subject, "what": what})
