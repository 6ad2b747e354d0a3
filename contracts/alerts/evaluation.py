"""AL09 and AL12: scores far from the panel's median, and committees that the law does not allow.

Integer arithmetic only, so that every node concludes the same. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from contracts.rules.evaluation import Opened, opened
from contracts.state import seen_from
from contracts.verdict import Raised

REPORT: Final = "tender.evaluation_report"
FORMED: Final = "tender.committee_formed"
ALERT_RAISED: Final = "ledger.alert_raised"
STARTED: Final = "tender.evaluation_started"
SIGNED_IN: Final = "tender.expert_signed_in"
PERCENT: Final = 100


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
        if is_outlier(each.value, [other.value for other in scores], percent)
        and not _is_told(case, each)
    )


def is_outlier(value: int, values: list[int], percent: int) -> bool:
    """Whether |value - median| > percent of the median; doubled, so that no half is lost."""
    ordered, middle = sorted(values), len(values) // 2
    doubled = ordered[middle] + ordered[-1 - middle]
    return abs(2 * value - doubled) * PERCENT > percent * doubled


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
    if record.type != FORMED:
        return None
    members = record.fields["members"]
    names = set(members) if isinstance(members, tuple) else set()
    least = case.facts.world.catalogue.alerts["AL12"].parameters["members_least"]
    because = "panel_size" if len(names) < least or len(names) % 2 == 0 else ""
    if not because and names - _signed_in(case):
        because = "not_signed_in"
    if not because and case.state.exists(record.subject, STARTED, case.times):
        because = "panel_replaced"
    if not because:
        return None
    own = (case.facts.record_id,)
    return Raised("AL12", record.subject, record.type, record.issuer, because, own)


def _signed_in(case: Case) -> set[str]:
    """Who signed in for the section, or its project."""
    rows = (
        case.state.record(each)
        for subject in seen_from(case.record.subject)
        for each in case.state.records(subject, SIGNED_IN, case.times)
    )
    return {str(row.issuer) for row in rows if row is not None}


def _raised(case: Case, score: Opened) -> Raised:
    """Names the expert's label, and rests on the report and the score."""
    record, rests_on = case.record, (case.facts.record_id, score.record_id)
    about = "tender.score_submitted"
    return Raised("AL09", record.subject, about, score.expert, "score_outlier", rests_on)
