"""X06: a record is voided, never deleted; its receipt still holds and says so nowhere.

Only the original signer asks for it, and a supervisor confirms. What closed, stopped or amended
something cannot be voided, because that would silently undo it. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import replace

from contracts import timers
from contracts.case import Case
from contracts.judging import kind_of
from contracts.rules.amendment import ROOT
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse the voiding of another's record, of another subject, or of what cannot be voided."""
    for record_id, row in voided(case):
        kind = kind_of(case.facts.world, row, case.state)
        if row.issuer != case.record.issuer:
            return Rejected(Code.RECORD_NOT_AUTHOR, {"record": record_id.hex()})
        if row.subject != case.record.subject:
            return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "voids"})
        if not row.in_force(case.times):
            return Rejected(Code.RECORD_VOIDED, {"record": record_id.hex()})
        if not kind.voidable or ROOT in row.kept:
            return Rejected(Code.RECORD_NOT_VOIDABLE, {"type": row.type})
    return None


def apply(case: Case) -> None:
    """End the record, stop its timers, and let earlier values hold again."""
    index = case.times.index
    for record_id, row in voided(case):
        kind = kind_of(case.facts.world, row, case.state)
        case.state.put_record(record_id, replace(row, voided_index=index))
        case.state.void(record_id, row, index)
        timers.stop_all(case.state.overlay, record_id, kind)
        for name in row.kept:
            if row.effective is not None and name != ROOT:
                reference = f"{row.type}.{name}"
                before = case.state.value_before(row.subject, reference, row.effective)
                case.state.put_value(row.subject, reference, before, index)


def voided(case: Case) -> Iterator[tuple[RecordId, RecordRow]]:
    """The records of this ledger that the record voids, with what is kept of them."""
    for ref in case.record.refs:
        if ref.relation == "voids" and ref.network_id is None:
            row = case.state.record(ref.record_id)
            if row is not None:
                yield ref.record_id, row
