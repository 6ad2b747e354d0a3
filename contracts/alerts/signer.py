"""AL05, unauthorised signer (越权签署): a role lapsed or elsewhere, no delegation, no author.

A member that never held the role is refused by the judge; what is concluded here is conduct that an
evidence ledger must keep. Spec: ``docs/spec/contracts.md``.
"""

from contracts import party
from contracts.alerts.concerned import is_concerned
from contracts.case import Case
from contracts.entitlement import Entitlement, entitlement
from contracts.named_rows import are_named, place_of
from contracts.rules.amendment import amended
from contracts.schema import ANY_MEMBER
from contracts.verdict import Raised


def conclude(case: Case) -> Raised | None:
    """The alert, where the signer was not entitled."""
    because = _because(case)
    if because is None:
        return None
    record = case.record
    return Raised(
        "AL05", record.subject, record.type, record.issuer, because, (case.facts.record_id,)
    )


def _because(case: Case) -> str | None:
    """A key of ``reasons.toml``; None where all is well."""
    if not any(issuer.role == ANY_MEMBER for issuer in case.kind.issuers):
        standing = entitlement(case)
        if standing in {Entitlement.LAPSED, Entitlement.SCOPE}:
            return str(standing.value)
    if party.undelegated(case):
        return "not_delegated"
    if party.strange(case):
        return "not_party"
    principal = case.record.fields.get("on_behalf_of", case.record.issuer)
    if not is_concerned(case, str(principal)):
        return "not_concerned"
    if not _qualified(case):
        return "not_qualified"
    if case.record.type == "ledger.amended" and any(
        row.issuer != principal for _, row in amended(case)
    ):
        return "not_author"
    return None


def _qualified(case: Case) -> bool:
    """Whether a bidder passed the prequalification, where there was one (T10)."""
    record, result = case.record, "tender.prequalified"
    if record.type != "tender.bid_submitted" or not are_named(case.state, record.subject, result):
        return True
    return place_of(case.state, record.subject, result, record.issuer) is not None
