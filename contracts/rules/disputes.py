"""Objections, complaints and clues (T53, T55): said once at a time, and on paper with the paper.

招标投标法实施条例第六十条: a complaint is in writing. Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts.case import Case
from contracts.intake import ON_PAPER, is_clerk
from ledger.codes import Code
from ledger.errors import Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse a second one while the first is open, and an intake without paper or time."""
    return _check_intake(case) or _check_once(case)


def apply(_: Case) -> None:
    """Nothing to write beside what data says."""


def _check_intake(case: Case) -> Rejected | None:
    """What was said on paper, by phone or in person: a scan or minute, and when it was received."""
    fields = case.record.fields
    if fields.get("intake") not in ON_PAPER:
        return None
    if not case.record.evidence:
        return Rejected(Code.RECORD_EVIDENCE_MISSING, {"type": case.kind.key, "least": 1})
    received_ms = fields.get("received_ms")
    detail = {"type": case.kind.key, "field": "received_ms"}
    if received_ms is None:
        return Rejected(Code.RECORD_FIELD_MISSING, detail)
    if cast(int, received_ms) > case.times.time_ms:
        return Rejected(Code.RECORD_FIELD_VALUE, detail)
    return None


def _check_once(case: Case) -> Rejected | None:
    """One of a member's about a matter is open at a time; a clerk may take in several."""
    record, state = case.record, case.state
    if is_clerk(case):
        return None
    for record_id in state.open(record.subject, record.type, case.times):
        row = state.record(record_id)
        same = row is not None and row.kept.get("matter") == record.fields.get("matter")
        if row is not None and same and row.issuer == record.issuer:
            detail = {"type": case.kind.key, "record": record_id.hex()}
            return Rejected(Code.RECORD_OPEN_ALREADY, detail)
    return None
