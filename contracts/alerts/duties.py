"""AL38: one member in two posts that exclude each other.

招标投标法实施条例第十三条, 第三十四条: neither the tenderer nor its agent bids in its own
procedure. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.alerts.concerned import TENDERER
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.state import seen_from
from contracts.verdict import Raised

BID: Final = "tender.bid_submitted"
FOR_THE_TENDERER: Final = ("tender.document_filed", "tender.announcement")


def conclude(case: Case) -> Raised | None:
    """The alert, where the bidder is the tenderer, or wrote or announced for it."""
    if case.record.type != BID:
        return None
    record, state = case.record, case.state
    if state.value(record.subject, TENDERER, case.times) == record.issuer:
        return raised(case, "AL38", "tenderer_bids")
    for subject in seen_from(record.subject):
        for type_key in FOR_THE_TENDERER:
            for record_id in state.records(subject, type_key, case.times):
                row = state.record(record_id)
                if row is not None and row.issuer == record.issuer:
                    return raised(case, "AL38", "agent_bids", record_id)
    return None
