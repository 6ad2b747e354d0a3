"""AL26, seal used without valid status or authorisation (无效用章).

One alert for a record, for the gravest thing that is wrong with it. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import eseal_grants, eseal_rows
from contracts.case import Case
from contracts.eseal_rows import VALID
from contracts.rules.eseal_use import FRESH, USES, authorisation, permission, stamped_by
from contracts.verdict import Raised
from contracts.windows import standing_to
from ledger.core.identifiers import RecordId

GRANTS: Final = frozenset({"seal.use_authorised", "seal.authorisation_withdrawn"})
ENDS: Final = frozenset({"seal.suspended", "seal.revoked"})
VERIFIED: Final = "seal.document_verified"


def conclude(case: Case) -> Raised | None:
    """The alert, where status, authorisation or the freshness of the answer is wrong.

    Other types that raise AL26, such as an award notice, say in their data that they need a stamp;
    what is asked of them here is that each of their documents bears it, and that it is the issuer's
    or that of whom it acts for.
    """
    kind = case.record.type
    if kind in USES:
        return _of_use(case)
    if kind in GRANTS:
        return _of_grant(case)
    if kind in ENDS:
        return _of_end(case)
    if kind == VERIFIED:
        return _of_verification(case)
    wrong = _wrong_stamp(case)
    return None if wrong is None else _raised(case, wrong)


def _of_use(case: Case) -> Raised | None:
    because = _status(case) or _authorisation(case)
    if because is not None:
        return _raised(case, because)
    standing = standing_to(case, FRESH)
    if standing is None or not standing.missed:
        return None
    return _raised(case, FRESH, deadline=FRESH, due_ms=standing.limit.limit_ms)


def _of_grant(case: Case) -> Raised | None:
    """A grant of a seal that is not valid; one that is withdrawn after more was stamped on it."""
    if case.record.type == "seal.use_authorised":
        found = eseal_rows.status_at(case.state, case.record.subject, case.times.index)
        return None if found == VALID else _raised(case, "seal_not_valid")
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        quota = None if row is None else row.kept.get("quota")
        if isinstance(quota, int) and eseal_grants.uses(case.state, ref.record_id) > quota:
            return _raised(case, "seal_authorisation_spent", ref.record_id)
    return None


def _of_end(case: Case) -> Raised | None:
    """A seal that may have been in wrong hands for longer was used in that time."""
    since_ms = case.record.fields.get("since_ms")
    found = eseal_grants.last(case.state, str(case.record.subject))
    if not isinstance(since_ms, int) or found is None or found[1] < since_ms:
        return None
    return _raised(case, "seal_used_since", found[0])


def _of_verification(case: Case) -> Raised | None:
    """A document that was stamped while the seal was not valid, or not at all."""
    if case.record.fields["outcome"] == "not_stamped":
        return _raised(case, "not_stamped")
    if case.record.fields["status_when_stamped"] != VALID:
        return _raised(case, "seal_not_valid")
    return None


def _wrong_stamp(case: Case) -> str | None:
    """Where uses are cited: what is wrong with them as the stamp on the record's documents."""
    record, stamps = case.record, set[bytes]()
    parties = {record.issuer, record.fields.get("on_behalf_of")}
    for ref in record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or row.type not in USES:
            continue
        if eseal_rows.owner_of(case.state, row.subject) not in parties:
            return "seal_of_another"
        stamps |= eseal_grants.stamped(case.state, ref.record_id)
    missing = any(item.sha256 not in stamps for item in record.evidence)
    return "other_document" if stamps and missing else None


def _status(case: Case) -> str | None:
    """Where the seal is not valid at this position, or was not when it was asked about."""
    if eseal_rows.status_at(case.state, case.record.subject, case.times.index) != VALID:
        return "seal_not_valid"
    return None if case.record.fields["status"] == VALID else "seal_status_not_valid"


def _authorisation(case: Case) -> str | None:
    """Where the user is not the owner: what its authorisation lacks."""
    record, state = case.record, case.state
    if record.issuer == eseal_rows.owner_of(state, record.subject):
        return None
    if record.type != "seal.used":
        held = permission(case)
        named = held is not None and held[1].kept.get("grantee") == record.issuer
        return None if named else "seal_not_authorised"
    found = authorisation(case)
    if found is None:
        return "seal_not_authorised"
    record_id, row = found
    until_ms, quota = row.kept["valid_until_ms"], row.kept["quota"]
    from_ms = row.kept.get("valid_from_ms", 0)
    early = isinstance(from_ms, int) and case.times.time_ms < from_ms
    if not isinstance(until_ms, int) or case.limit_ms > until_ms or early:
        return "seal_authorisation_expired"
    if row.kept["purpose"] != record.fields["purpose"]:
        return "seal_authorisation_purpose"
    if row.kept["system"] != record.fields["system"]:
        return "seal_authorisation_system"
    stamped = eseal_grants.uses(state, record_id) + len(stamped_by(case))
    if not isinstance(quota, int) or stamped > quota:
        return "seal_authorisation_spent"
    return None


def _raised(
    case: Case, because: str, *more: RecordId, deadline: str = "", due_ms: int | None = None
) -> Raised:
    record = case.record
    rests_on = (case.facts.record_id, *more)
    return Raised(
        "AL26", record.subject, record.type, record.issuer, because, rests_on, deadline, due_ms
    )
