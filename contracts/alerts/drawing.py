"""AL13, repeated draw (抽取异常): a draw asked for beside one that is not void.

Whoever may draw until the result suits has not drawn. A draw that lacks a seed is void by the
clock, and then another one is due; that is the timer's alert. Spec: ``docs/spec/draw.md``.
"""

from typing import Final

from contracts import draw_rows
from contracts.case import Case
from contracts.state import seen_from
from contracts.verdict import Raised
from ledger.core.identifiers import RecordId

REQUESTED: Final = "tender.expert_draw_requested"


def repeated(case: Case) -> Raised | None:
    """The alert, where an earlier draw of the section was made, can be made, or waits for seeds."""
    record = case.record
    if record.type != REQUESTED:
        return None
    for subject in seen_from(record.subject):
        for each in case.state.records(subject, REQUESTED, case.times):
            if not _is_void(case, each):
                rests_on = (case.facts.record_id, each)
                return Raised(
                    "AL13", record.subject, record.type, record.issuer, "draw_repeated", rests_on
                )
    return None


def _is_void(case: Case, request: RecordId) -> bool:
    """Whether a seed of the draw was not revealed in time."""
    asked = draw_rows.request(case.state, request)
    if asked is None or draw_rows.seeds(case.state, request, asked) is not None:
        return False
    return case.limit_ms > asked.reveal_until_ms
