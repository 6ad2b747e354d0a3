"""A project that began before the ledger (存量项目) enters with what is done.

What came before the bids, or all up to the evaluation report, may be listed: in between stand seals
and scores that the ledger has not seen and could not judge. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import replace
from typing import Final, cast

from contracts.adopted_rows import put_adopted
from contracts.case import Case
from contracts.schema import RecordType
from ledger.codes import Code
from ledger.errors import InvariantBroken, Rejected

REPORT: Final = "tender.evaluation_report"
ANNOUNCED: Final = "tender.announcement"
BETWEEN: Final = frozenset({"bid", "opening", "evaluation"})
"""Stages of which nothing is listed unless all is."""


def judge(case: Case) -> Rejected | None:
    """Refuse a list that the procedure does not know, or that ends between bids and report."""
    catalogue, record = case.facts.world.catalogue, case.record
    profile = catalogue.profiles.get(str(record.fields["procedure"]))
    if profile is None:
        return _refused(case, "procedure")
    if case.state.exists(record.subject, ANNOUNCED, case.times):
        return _refused(case, ANNOUNCED)
    done = _done(case)
    known = {name for node in profile.nodes() for name in node.types}
    for name in done:
        if name not in known or name == profile.asked_by:
            return _refused(case, name[:64])
    if any(_is_between(catalogue.types[name]) for name in done):
        wanted = {
            node.types
            for node in profile.nodes()
            if all(_is_between(catalogue.types[name]) for name in node.types)
        }
        for types in sorted(wanted):
            if not set(types) & set(done):
                return _refused(case, types[0])
    return None


def apply(case: Case) -> None:
    """Count as done what is listed; what is not under seal can be followed by what comes next."""
    record, record_id, state = case.record, case.facts.record_id, case.state
    put_adopted(state, record.subject, _done(case), record_id)
    types, row = case.facts.world.catalogue.types, state.record(record_id)
    if row is None:
        raise InvariantBroken("an adoption takes effect without its row")
    for name in _done(case):
        if not types[name].is_sealed:
            state.put_listed(record_id, replace(row, type=name), case.times)


def _done(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cast("tuple[str, ...]", case.record.fields["done"])))


def _is_between(kind: RecordType) -> bool:
    """Whether a type belongs to bids, opening or evaluation; refunds and pooling are later."""
    return kind.stage in BETWEEN and kind.key != "tender.deposits_pooled"


def _refused(case: Case, what: str) -> Rejected:
    return Rejected(Code.RECORD_ADOPTED, {"subject": str(case.record.subject), "what": what})
