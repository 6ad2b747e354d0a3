"""AL20, AL21, AL27 where the rules see them: few bids, openings out of order, a set that is wrong.

What nobody opens in time, and a bid that was left out of the set, are timers'. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import sealed_rows
from contracts.case import Case
from contracts.rules.bidding import BID, withdrawn
from contracts.verdict import Raised
from ledger.core.identifiers import RecordId

BIDS_LEAST: Final = 3
"""招标投标法 art. 28: with fewer than three bids the tender is called anew."""
DECRYPTED: Final = "tender.bid_decrypted"
UNDECRYPTED: Final = frozenset({"failure", "refusal"})


def few_bids(case: Case) -> Raised | None:
    """AL20: the bid set is sealed with fewer than three; its count says so, and nothing else is
    known yet.
    """
    fields = case.record.fields
    count = fields.get("count")
    if fields.get("part") != fields.get("parts") or not isinstance(count, int):
        return None
    return _raised(case, "AL20", "few_bids") if count < BIDS_LEAST else None


def out_of_order(case: Case) -> Raised | None:
    """AL21: the bid system opens what was committed before something that it has opened; or what
    came out of the seal could not be decrypted (T24).
    """
    if case.record.fields.get("outcome") in UNDECRYPTED and case.record.type == DECRYPTED:
        return _raised(case, "AL21", "not_decrypted")
    unsealed = case.facts.unsealed
    if unsealed is None or unsealed.opened_by != unsealed.committed_by:
        return None
    reached = sealed_rows.furthest(case.state, case.record.subject, unsealed.committed_by)
    if reached is None or reached < case.times.index:
        return None
    return _raised(case, "AL21", "out_of_order")


def wrong_set(case: Case) -> Raised | None:
    """AL27: in the set are two bids of one bidder, one that was withdrawn, or what is no bid."""
    unsealed, subject, member = case.facts.unsealed, case.record.subject, case.record.issuer
    if unsealed is None:
        return None
    bid = sealed_rows.bid_of(case.state, subject, member)
    listed_in = sealed_rows.set_of(case.state, unsealed.commitment)
    if case.record.type != BID:
        if listed_in is not None:
            return _raised(case, "AL27", "not_a_bid")
        held = bid is not None and bid in withdrawn(case)
        return _raised(case, "AL27", "withdrawn_in_set", bid) if held else None
    second = listed_in == subject and bid is not None
    return _raised(case, "AL27", "two_bids", bid) if second else None


def _raised(case: Case, alert: str, because: str, touched: RecordId | None = None) -> Raised:
    record = case.record
    own = case.facts.record_id
    rests_on = (own,) if touched is None else (own, touched)
    return Raised(alert, record.subject, record.type, record.issuer, because, rests_on)
