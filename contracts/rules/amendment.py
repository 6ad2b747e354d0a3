"""Amendments: X05, T11 and every record that says `amends`; nothing is ever overwritten.

The new record commits what holds now; the old one stays. Each version is amended once, so the
newest is unambiguous. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final, cast

from contracts.case import Case
from contracts.judging import kind_named
from contracts.schema import RecordType
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

ROOT: Final = "@root"
"""Among the kept facts of an amendment: the type of the record that was first amended."""


def judge(case: Case) -> Rejected | None:
    """Refuse an amendment of what is not in force, not the newest, or of another subject."""
    for record_id, row in amended(case):
        if not row.in_force(case.times):
            return Rejected(Code.RECORD_VOIDED, {"record": record_id.hex()})
        if row.subject != case.record.subject:
            return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "amends"})
        newest = case.state.newest(record_id)
        if newest is not None:
            return Rejected(Code.RECORD_AMENDED, {"newest": newest.hex()})
        kind = root_kind(case, row)
        if kind.amended_by and case.record.type not in kind.amended_by:
            return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "amends"})
        refusal = _check_names(case, kind)
        if refusal is not None:
            return refusal
    return None


def apply(case: Case) -> None:
    """Remember the newest version, and which document is filed under each label."""
    watched = case.kind
    for record_id, row in amended(case):
        case.state.put_newest(record_id, case.facts.record_id)
        watched = root_kind(case, row)
    if "AL04" in watched.alerts:
        for item in case.record.evidence:
            case.state.put_document(case.record.subject, watched.key, item.label, item.sha256)


def amended(case: Case) -> Iterator[tuple[RecordId, RecordRow]]:
    """The records of this ledger that the record amends, with what is kept of them."""
    for ref in case.record.refs:
        if ref.relation == "amends" and ref.network_id is None:
            row = case.state.record(ref.record_id)
            if row is not None:
                yield ref.record_id, row


def root_type(row: RecordRow) -> str:
    """The type whose schema an amendment of this record must keep to."""
    return str(row.kept.get(ROOT, row.type))


def root_kind(case: Case, row: RecordRow) -> RecordType:
    """That type, as the version that judged the amended record has it."""
    return kind_named(case.facts.world, root_type(row), row, case.state)


def _check_names(case: Case, kind: RecordType) -> Rejected | None:
    """Private names and the names said to have changed must be the amended type's."""
    private = case.record.private.names if case.record.private else ()
    for name in private:
        if name not in kind.private:
            return Rejected(Code.RECORD_PRIVATE_NAME, {"type": kind.key, "field": name})
    changed = cast("tuple[str, ...]", case.record.fields.get("changed", ()))
    for name in changed:
        if name not in kind.private and name not in kind.fields:
            return Rejected(Code.RECORD_FIELD_UNKNOWN, {"type": kind.key, "field": name[:64]})
    return None
