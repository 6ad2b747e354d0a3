"""AL13, repeated or steered draw (抽取异常): one beside another, or from a pool cut to size.

Whoever may draw until the result suits has not drawn. A draw that lacks a seed is void by the
clock, and then another one is due; that is the timer's alert. Experts who were recused or replaced
(T33) are drawn for again. Spec: ``docs/spec/draw.md``.
"""

from typing import Final, cast

from contracts import draw_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.integer_statistics import PERCENT
from contracts.state import seen_from
from contracts.verdict import Raised
from ledger.core.identifiers import RecordId

REQUESTED: Final = "tender.expert_draw_requested"
PLAIN: Final = "draw.requested"
"""A draw that is none of experts: of who is inspected, or who inspects."""
REPLACED: Final = "tender.expert_replaced"


def repeated(case: Case) -> Raised | None:
    """The alert, where the draw should not be asked for, or not from this pool."""
    if case.record.type == PLAIN:
        return _again(case)
    if case.record.type != REQUESTED:
        return None
    if not _is_supplementary(case):
        for subject in seen_from(case.record.subject):
            for each in case.state.records(subject, REQUESTED, case.times):
                if not _is_void(case, each):
                    return raised(case, "AL13", "draw_repeated", each)
    return raised(case, "AL13", "pool_cut") if _is_cut(case) else None


def _again(case: Case) -> Raised | None:
    """The alert, where the same is drawn again although the draw before is not void."""
    for each in case.state.records(case.record.subject, PLAIN, case.times):
        row = case.state.record(each)
        same = row is not None and row.kept.get("of") == case.record.fields["of"]
        if same and not _is_void(case, each):
            return raised(case, "AL13", "draw_repeated", each)
    return None


def _is_supplementary(case: Case) -> bool:
    """Whether it draws as many as were replaced (补抽), none of whom was drawn for before."""
    replaced: set[RecordId] = set()
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or row.type != REPLACED or ref.relation != "follows":
            continue
        fresh = next(case.state.cited_at(ref.record_id, REQUESTED, case.times), None) is None
        if fresh and row.subject in seen_from(case.record.subject):
            replaced.add(ref.record_id)
    return bool(replaced) and cast(int, case.record.fields["draw_count"]) <= len(replaced)


def _is_cut(case: Case) -> bool:
    """Whether more were excluded than so many percent of all there were."""
    fields = case.record.fields
    most = case.facts.world.catalogue.alerts["AL13"].parameters["excluded_percent_most"]
    excluded = cast(int, fields.get("excluded_count", 0))
    return excluded * PERCENT > most * (cast(int, fields["pool_count"]) + excluded)


def _is_void(case: Case, request: RecordId) -> bool:
    """Whether a seed of the draw was not revealed in time."""
    asked = draw_rows.request(case.state, request)
    if asked is None or draw_rows.seeds(case.state, request, asked) is not None:
        return False
    return case.limit_ms > asked.reveal_until_ms
