"""AL14 and AL15 where a record says it itself: a strange account, a guarantee that is not genuine.

That a bid rests on no deposit or guarantee, or on a late one, is said by clauses of the data. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from contracts.verdict import Raised

PAID: Final = "tender.deposit_paid"
VERIFIED: Final = "tender.guarantee_verified"


def strange_account(case: Case) -> Raised | None:
    """AL14: the bank says that the money did not come from the bidder's basic account."""
    paid = case.record.type == PAID and case.record.fields.get("basic_account") is False
    return _raised(case, "AL14", "other_account") if paid else None


def not_verifiable(case: Case) -> Raised | None:
    """AL15: the centre could not verify the guarantee."""
    outcome = case.record.fields.get("outcome")
    failed = case.record.type == VERIFIED and outcome == "not_verifiable"
    return _raised(case, "AL15", "guarantee_not_verifiable") if failed else None


def _raised(case: Case, alert: str, because: str) -> Raised:
    record, own = case.record, (case.facts.record_id,)
    return Raised(alert, record.subject, record.type, record.issuer, because, own)
