"""AL14 and AL15 where a record says it itself: a strange account, a guarantee that is not genuine.

That a bid rests on no deposit or guarantee, or on a late one, is said by clauses of the data. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from contracts.verdict import Raised

PAID: Final = "tender.deposit_paid"
VERIFIED: Final = "tender.guarantee_verified"
BID: Final = "tender.bid_submitted"
OBTAINED: Final = "tender.documents_obtained"
SECURED: Final = frozenset({"deposit", "guarantee"})


def strange_account(case: Case) -> Raised | None:
    """AL14: the bank says that the money did not come from the bidder's basic account."""
    paid = case.record.type == PAID and case.record.fields.get("basic_account") is False
    return _raised(case, "AL14", "other_account") if paid else None


def unfit(case: Case) -> Raised | None:
    """AL15: the centre could not verify the guarantee; or a bid rests on what is another's."""
    if case.record.type == BID and case.record.fields.get("security") in SECURED:
        return _raised(case, "AL15", "security_of_another") if _rests_on_another(case) else None
    outcome = case.record.fields.get("outcome")
    failed = case.record.type == VERIFIED and outcome == "not_verifiable"
    return _raised(case, "AL15", "guarantee_not_verifiable") if failed else None


def _rests_on_another(case: Case) -> bool:
    """Whether something that the bid cites was obtained by another bidder, or given for one."""
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or ref.relation != "follows":
            continue
        whose = row.issuer if row.type == OBTAINED else row.kept.get("bidder")
        if whose != case.record.issuer:
            return True
    return False


def _raised(case: Case, alert: str, because: str) -> Raised:
    record, own = case.record, (case.facts.record_id,)
    return Raised(alert, record.subject, record.type, record.issuer, because, own)
