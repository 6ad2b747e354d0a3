"""Judges what a record cites: on the ledger, of an allowed type, of the same subject.

A ref into another network's ledger is a citation that nobody here can judge; it satisfies nothing.
Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from contracts.expected import expected_relation, expected_types
from contracts.judging import kind_of
from contracts.schema import Cites
from contracts.state import seen_from
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.record import Ref
from ledger.errors import Rejected

FREE: Final = frozenset({"follows", "alert", "batch"})
"""Relations that any type may use to cite any record: they only point."""


def check_references(case: Case) -> Rejected | None:
    """The first ref not allowed, or a required one missing; None where all is well."""
    if not case.record.refs and not case.kind.refs:
        return None
    required = {name: cites for name, cites in case.kind.refs.items() if cites.required}
    for ref in case.record.refs:
        refusal = _check(case, ref)
        if refusal is not None:
            return refusal
    here = {ref.relation for ref in case.record.refs if ref.network_id is None}
    for relation, cites in required.items():
        if relation not in here:
            return _rejected(case, relation, expected_types(cites))
    return None


def _check(case: Case, ref: Ref) -> Rejected | None:
    cites = case.kind.refs.get(ref.relation)
    if cites is None and ref.relation not in FREE:
        return _rejected(case, ref.relation, expected_relation(FREE | case.kind.refs.keys()))
    if ref.network_id is not None:
        return None
    row = case.state.record(ref.record_id)
    if row is None or row.entered.index >= case.times.index:
        if case.facts.unsealed is not None and not (cites and cites.required):
            # Under seal nobody can know what will have been opened: it satisfies nothing.
            return None
        return Rejected(Code.RECORD_REF_UNKNOWN, {"record": ref.record_id.hex()})
    if cites is None:
        return None
    fits = "*" in cites.types or row.type in cites.types
    if not fits or not _same(case, cites, row.subject):
        return _rejected(case, ref.relation, expected_types(cites))
    return _having(case, cites, ref, row)


def _having(case: Case, cites: Cites, ref: Ref, row: RecordRow) -> Rejected | None:
    """Refuse a cited record that says otherwise in a field than this type builds on."""
    cited = kind_of(case.facts.world, row, case.state)
    for name, values in cites.having.items():
        if name in cited.fields and row.kept.get(name) not in values:
            detail = {
                "type": case.kind.key,
                "record": ref.record_id.hex(),
                "field": name,
                "value": str(row.kept.get(name)),
            }
            return Rejected(Code.RECORD_REF_VALUE, detail)
    return None


def _same(case: Case, cites: Cites, subject: str) -> bool:
    return not cites.same or subject in seen_from(case.record.subject)


def _rejected(case: Case, relation: str, expected: str) -> Rejected:
    detail = {"type": case.kind.key, "relation": relation, "expected": expected}
    return Rejected(Code.RECORD_REFS, detail)
