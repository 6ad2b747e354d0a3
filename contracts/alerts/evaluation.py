"""AL09 and AL12: scores far from the panel's median, and committees that the law does not allow.

Integer arithmetic only, so that every node concludes the same. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.integer_statistics import beyond_percent
from contracts.rules.evaluation import Opened, opened
from contracts.state import seen_from
from contracts.verdict import Raised, RecordRow

REPORT: Final = "tender.evaluation_report"
FORMED: Final = "tender.committee_formed"
ALERT_RAISED: Final = "ledger.alert_raised"
STARTED: Final = "tender.evaluation_started"
SIGNED_IN: Final = "tender.expert_signed_in"
REPLACED: Final = "tender.expert_replaced"


def outliers(case: Case) -> tuple[Raised, ...]:
    """AL09: each opened score further than ``deviation_percent`` of the panel's median from it.

    A score is named once, however often it is reported.
    """
    if case.record.type != REPORT:
        return ()
    percent = case.facts.world.catalogue.alerts["AL09"].parameters["deviation_percent"]
    by_bid: dict[bytes, list[Opened]] = {}
    for each in opened(case):
        by_bid.setdefault(each.bid, []).append(each)
    return tuple(
        _raised(case, each)
        for scores in by_bid.values()
        for each in scores
        if beyond_percent(each.value, [other.value for other in scores], percent)
        and not _is_told(case, each)
    )


def _is_told(case: Case, score: Opened) -> bool:
    """Whether an earlier report raised AL09 about the score."""
    subject, state, as_of = case.record.subject, case.state, case.times
    about = set(state.cited_at(score.record_id, ALERT_RAISED, as_of))
    return bool(about) and not about.isdisjoint(state.alerted_at(subject, "AL09", as_of))


def composition(case: Case) -> Raised | None:
    """AL12: fewer than the least, an even number, somebody who did not sign in, or too late.

    Once the evaluation has started, another committee is the tenderer's choice of its judges.
    """
    record = case.record
    if record.type == REPLACED and case.state.exists(record.subject, STARTED, case.times):
        return raised(case, "AL12", "panel_replaced")
    if record.type == REPORT and record.fields.get("refused"):
        return raised(case, "AL12", "refused_to_sign")
    if record.type != FORMED:
        return None
    members = record.fields["members"]
    names = set(members) if isinstance(members, tuple) else set()
    least = case.facts.world.catalogue.alerts["AL12"].parameters["members_least"]
    because = "panel_size" if len(names) < least or len(names) % 2 == 0 else ""
    if not because and names - _signed_in(case):
        because = "not_signed_in"
    if not because and names & _replaced(case):
        because = "recused"
    if not because and case.state.exists(record.subject, STARTED, case.times):
        because = "panel_replaced"
    if not because:
        return None
    return raised(case, "AL12", because)


def _signed_in(case: Case) -> set[str]:
    """Who signed in for the section, or its project."""
    return {str(row.issuer) for row in _rows(case, SIGNED_IN)}


def _replaced(case: Case) -> set[str]:
    """Whose label was recused or replaced."""
    return {str(row.kept["expert"]) for row in _rows(case, REPLACED) if "expert" in row.kept}


def _rows(case: Case, type_key: str) -> Iterator[RecordRow]:
    """The records in force of a type about the section, or its project."""
    for subject in seen_from(case.record.subject):
        for each in case.state.records(subject, type_key, case.times):
            row = case.state.record(each)
            if row is not None:
                yield row


def _raised(case: Case, score: Opened) -> Raised:
    """Names the expert's label, and rests on the report and the score."""
    record, rests_on = case.record, (case.facts.record_id, score.record_id)
    about = "tender.score_submitted"
    return Raised("AL09", record.subject, about, score.expert, "score_outlier", rests_on)
