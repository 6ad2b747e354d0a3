"""AL22: an announcement leaves bidders less time than the law.

招标投标法第二十四条 (twenty days to prepare a bid), 实施条例第十六条 (five days of sale) and
第五十四条 (three days in which the candidates are public). An invitation is an announcement to
those invited, and leaves them no less. A later record may move the bid deadline; it is judged by
the announcement's own time. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.deadlines import limit_of
from contracts.verdict import Raised
from contracts.windows import began_ms

ANNOUNCED: Final = "tender.announcement"
CHANGED: Final = "tender.change"
CANDIDATES: Final = "tender.candidates_published"
_PERIODS: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = MappingProxyType(
    {
        ANNOUNCED: (
            ANNOUNCED,
            (("bid_deadline_ms", "bid_preparation"), ("documents_until_ms", "document_sale")),
        ),
        CHANGED: (ANNOUNCED, (("bid_deadline_ms", "bid_preparation"),)),
        CANDIDATES: (CANDIDATES, (("publicity_until_ms", "candidate_publicity"),)),
    }
)
"""By type: from which record its periods count; fields, and the deadline that each must not come
before."""


def conclude(case: Case) -> Raised | None:
    """The alert, naming the deadline that is cut short; of two the first."""
    record = case.record
    if record.type not in _PERIODS:
        return None
    announced, periods = _PERIODS[record.type]
    started_ms = began_ms(case, announced)
    parameters, catalogue = case.facts.world.parameters, case.facts.world.catalogue
    for field, deadline in periods:
        said_ms = record.fields.get(field)
        if not isinstance(said_ms, int) or started_ms is None:
            continue
        period = catalogue.deadlines[deadline]
        calendars = case.state.calendars()
        limit_ms = limit_of(period, started_ms, parameters.day_ms, calendars).limit_ms
        # The last day counts in full for the bidders: an end on that day is in time.
        if said_ms <= limit_ms - parameters.day_ms:
            return raised(case, "AL22", deadline, due_ms=limit_ms)
    return None
