"""AL10 and AL11: an evaluation too short or too long, and a bidder far from the group.

Both are concluded from the report (T43), which opens the scores. Spec: ``docs/spec/contracts.md``,
"Statistics".
"""

from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.integer_statistics import beyond_percent, beyond_sigma
from contracts.rules.evaluation import opened
from contracts.verdict import Raised
from contracts.windows import began_ms
from ledger.core.identifiers import RecordId

REPORT: Final = "tender.evaluation_report"
STARTED: Final = "tender.evaluation_started"
MINUTES_PER_DAY: Final = 1_440


def duration(case: Case) -> Raised | None:
    """AL10: fewer minutes than so many for each bid, or more days than so many."""
    if case.record.type != REPORT:
        return None
    started_ms = began_ms(case, STARTED)
    if started_ms is None:
        return None
    parameters = case.facts.world.catalogue.alerts["AL10"].parameters
    day_ms = case.facts.world.parameters.day_ms
    took_ms = case.times.time_ms - started_ms
    bids = len({each.bid for each in opened(case)})
    if took_ms * MINUTES_PER_DAY < bids * parameters["minutes_per_bid_least"] * day_ms:
        return raised(case, "AL10", "too_short")
    if took_ms > parameters["days_most"] * day_ms:
        return raised(case, "AL10", "too_long")
    return None


def far_bidders(case: Case) -> tuple[Raised, ...]:
    """AL11: each bidder whose total is far from those of all.

    Far is further than ``deviation_percent`` of the median; or, beyond ``sigma_hundredths`` of the
    standard deviation, further than ``floor_percent``: among totals that lie close together a small
    distance is many σ and means nothing.
    """
    if case.record.type != REPORT:
        return ()
    parameters = case.facts.world.catalogue.alerts["AL11"].parameters
    totals: dict[RecordId, int] = {}
    for each in opened(case):
        totals[each.bid] = totals.get(each.bid, 0) + each.value
    values = list(totals.values())
    return tuple(
        raised(case, "AL11", "far_total", bid, member=row.issuer)
        for bid, total in totals.items()
        if len(values) > 1
        and (row := case.state.record(bid)) is not None
        and (
            beyond_percent(total, values, parameters["deviation_percent"])
            or (
                beyond_percent(total, values, parameters["floor_percent"])
                and beyond_sigma(total, values, parameters["sigma_hundredths"])
            )
        )
    )
