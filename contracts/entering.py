"""Writes what an accepted record changes: at its entry, and when it takes effect.

The two differ where confirmations are awaited. Nothing here refuses: `judge` has spoken. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import replace

from contracts import certificate_rows, confirmations, judging, timers
from contracts.case import Case
from contracts.rules import RULES
from contracts.rules.amendment import ROOT, amended, root_type
from contracts.schema import Starts, holds
from contracts.timers import TimerRow
from contracts.verdict import Accepted, Conclusion, Effect, Raised, RecordRow, Review
from contracts.windows import limit_for
from ledger.core.identifiers import RecordId
from ledger.core.record import Ref
from ledger.errors import InvariantBroken


def enter(case: Case, data: bytes, verdict: Accepted) -> tuple[Effect, ...]:
    """Write a record that was accepted.

    Args:
        case: the record at its position.
        data: its bytes, kept while it awaits confirmations.
        verdict: what the judge said.

    Returns:
        What follows from taking effect: an alert such as a working day that no calendar covers,
        and the subject whose completeness is to be looked at.
    """
    if not verdict.counts:
        _set_aside(case, verdict)
        return ()
    judging.take(case)
    if case.kind.key in case.facts.world.catalogue.telling:
        certificate_rows.put_begun(case.state, case.record.subject, case.kind.key)
    if confirmations.asked_of(case.kind, case.record) is None:
        row = _row(case, verdict, awaiting=False)
        return _take_effect(case, row) + _confirm(case)
    case.state.put_record(case.facts.record_id, _row(case, verdict, awaiting=True))
    case.state.put_awaiting(case.facts.record_id, data)
    own = confirmations.roles_that_count(case, case.record.issuer)
    return _confirmed(case, case, own) if own else ()


def _set_aside(case: Case, verdict: Accepted) -> None:
    """Keep a record that counts for nothing: it is void at its own place."""
    record_id, row = case.facts.record_id, _row(case, verdict, awaiting=False)
    index = case.times.index
    case.state.put_record(record_id, replace(row, voided_index=index))
    case.state.put_listed(record_id, row, case.times)
    case.state.void(record_id, row, index)


def enter_derived(case: Case, concluded: Conclusion) -> None:
    """Write a derived record; no rule judges it."""
    record_id, index = case.facts.record_id, case.times.index
    _take_effect(case, _row(case, Accepted(), awaiting=False))
    if isinstance(concluded, Raised):
        case.state.put_alert(case.record.subject, concluded.alert, record_id, index)


def _confirm(case: Case) -> tuple[Effect, ...]:
    """Where the record is a confirmation: count it, and complete what it completes."""
    if case.kind.key != confirmations.CONFIRMED:
        return ()
    awaited = confirmations.awaited_case(case, case.record.refs[_confirms(case)].record_id)
    if awaited is None:
        raise InvariantBroken("a confirmation was judged fit for what awaits none")
    roles = confirmations.roles_that_count(awaited, case.record.issuer)
    return _confirmed(case, awaited, roles)


def _confirms(case: Case) -> int:
    """Position of the one ref by which a confirmation names its record."""
    return next(i for i, ref in enumerate(case.record.refs) if ref.relation == "confirms")


def _confirmed(case: Case, awaited: Case, roles: tuple[str, ...]) -> tuple[Effect, ...]:
    """Count a confirmation by the issuer of `case`; the last one lets the record take effect."""
    record_id, state = awaited.facts.record_id, case.state
    state.put_confirmation(record_id, case.record.issuer, roles)
    if not confirmations.complete(awaited, dict(state.confirmations(record_id))):
        return ()
    row = state.record(record_id)
    if row is None:
        raise InvariantBroken("a record awaits confirmation and is not on the ledger")
    state.put_awaiting(record_id, None)
    return _take_effect(awaited, _effective(row, awaited))


def _row(case: Case, verdict: Accepted, *, awaiting: bool) -> RecordRow:
    """What the state keeps of the record."""
    record = case.record
    kept: dict[str, int | str] = {}
    for name in case.facts.world.catalogue.kept.get(record.type, ()):
        value = record.fields.get(name)
        if isinstance(value, int | str):
            kept[name] = value
    for _, amended_row in amended(case):
        kept[ROOT] = root_type(amended_row)
    return RecordRow(
        record.type,
        record.issuer,
        record.subject,
        case.times,
        None if awaiting else case.times,
        None,
        kept,
        verdict.at_limit,
    )


def _effective(row: RecordRow, case: Case) -> RecordRow:
    """The row of an awaiting record, in effect from the position of `case`."""
    return RecordRow(
        row.type,
        row.issuer,
        row.subject,
        row.entered,
        case.times,
        row.voided_index,
        row.kept,
        row.at_limit,
    )


def _take_effect(case: Case, row: RecordRow) -> tuple[Effect, ...]:
    """Everything that follows from the record being in force from its position on."""
    record_id, kind, state = case.facts.record_id, case.kind, case.state
    state.put_record(record_id, row)
    state.put_listed(record_id, row, case.times)
    for ref in case.record.refs:
        if ref.network_id is None:
            state.put_citation(ref.record_id, kind.key, ref.relation, case.times.index)
    if kind.opens:
        state.put_open(record_id, row, case.times)
    _put_values(case)
    _close_and_stop(case)
    for forbids in kind.forbids:
        if holds(forbids.when, case.record.fields):
            for each in sorted(forbids.types):
                state.forbid(row.subject, each, record_id, forbids.otherwise)
    for name in kind.rules:
        RULES[name].apply(case)
    raised: tuple[Effect, ...] = ()
    if kind.timers:
        raised = tuple(found for each in kind.timers if (found := _started(case, each)))
    if kind.key in case.facts.world.catalogue.reviewed:
        return (*raised, Review(row.subject))
    return raised


def _put_values(case: Case) -> None:
    """Fields whose value in the subject some rule asks for, under their own or another's name."""
    catalogue, record, index = case.facts.world.catalogue, case.record, case.times.index
    for name in catalogue.kept.get(record.type, ()):
        reference, value = f"{record.type}.{name}", record.fields.get(name)
        if reference in catalogue.asked and isinstance(value, int | str):
            case.state.put_value(record.subject, reference, value, index)
    for name, field in case.kind.fields.items():
        value = record.fields.get(name)
        if field.sets and isinstance(value, int | str):
            case.state.put_value(record.subject, field.sets, value, index)


def _close_and_stop(case: Case) -> None:
    """Close what the record closes and stop what it stops, among the records it cites."""
    kind, state = case.kind, case.state
    for closes in kind.closes:
        if holds(closes.when, case.record.fields):
            for ref in _cited(case, closes.by):
                row = state.record(ref.record_id)
                if row is not None and row.type == closes.type:
                    state.close(ref.record_id, row, case.times.index)
    for stops in kind.stops:
        for ref in _cited(case, stops.by):
            timers.stop(state.overlay, ref.record_id, stops.deadline)


def _cited(case: Case, relation: str) -> tuple[Ref, ...]:
    """Refs of one relation into this ledger."""
    refs = case.record.refs
    return tuple(ref for ref in refs if ref.relation == relation and ref.network_id is None)


def _started(case: Case, starts: Starts) -> Raised | None:
    """Start a timer of the record; the alert where its deadline crossed an uncovered day."""
    limit = limit_for(case, starts.deadline) if holds(starts.when, case.record.fields) else None
    if limit is None:
        return None
    record, record_id = case.record, RecordId(case.facts.record_id)
    grace_ms = case.facts.world.parameters.deadline_grace_ms
    timer = TimerRow(
        due_ms=limit.limit_ms + grace_ms,
        deadline=starts.deadline,
        record_id=record_id,
        alert=starts.alert,
        limit_ms=limit.limit_ms,
        about=record.type,
        member=record.issuer,
        subject=record.subject,
    )
    timers.start(case.state.overlay, timer)
    if limit.uncovered_day is None:
        return None
    because, rests_on = "calendar_missing", (record_id,)
    return Raised("AL39", record.subject, record.type, record.issuer, because, rests_on)
