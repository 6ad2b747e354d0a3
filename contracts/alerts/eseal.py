"""AL26, seal used without valid status or authorisation (无效用章).

One alert for a use, for the gravest thing that is wrong with it. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import eseal_rows
from contracts.case import Case
from contracts.eseal_rows import VALID
from contracts.rules.eseal_use import authorisation
from contracts.verdict import Raised
from contracts.windows import standing_to

USE: Final = "seal_use"
"""The rule of a type that says that a seal was used."""
USED: Final = "seal.used"
FRESH: Final = "seal_status_fresh"
"""The deadline that says how old a status answer may be."""


def conclude(case: Case) -> Raised | None:
    """The alert, where status, authorisation or the freshness of the answer is wrong.

    Other types that raise AL26, such as an award notice, say in their data that they need a stamp;
    what is asked of them here is that each of their documents bears it, and that it is the issuer's
    or that of whom it acts for.
    """
    if USE not in case.kind.rules:
        wrong = _wrong_stamp(case)
        return None if wrong is None else _raised(case, wrong)
    because = _status(case) or _authorisation(case)
    if because is not None:
        return _raised(case, because)
    standing = standing_to(case, FRESH)
    if standing is None or not standing.missed:
        return None
    return _raised(case, FRESH, FRESH, standing.limit.limit_ms)


def _wrong_stamp(case: Case) -> str | None:
    """Where uses are cited: what is wrong with them as the stamp on the record's documents."""
    record, stamps = case.record, set[bytes]()
    parties = {record.issuer, record.fields.get("on_behalf_of")}
    for ref in record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or row.type != USED:
            continue
        if eseal_rows.owner_of(case.state, row.subject, case.times) not in parties:
            return "seal_of_another"
        stamps |= eseal_rows.stamped(case.state, ref.record_id)
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
    if record.issuer == eseal_rows.owner_of(state, record.subject, case.times):
        return None
    found = authorisation(case)
    if found is None:
        return "seal_not_authorised"
    record_id, row = found
    until_ms, quota = row.kept["valid_until_ms"], row.kept["quota"]
    if not isinstance(until_ms, int) or case.limit_ms > until_ms:
        return "seal_authorisation_expired"
    if row.kept["purpose"] != record.fields["purpose"]:
        return "seal_authorisation_purpose"
    stamped = eseal_rows.uses(state, record_id) + len(record.evidence)
    if not isinstance(quota, int) or stamped > quota:
        return "seal_authorisation_spent"
    return None


def _raised(case: Case, because: str, deadline: str = "", due_ms: int | None = None) -> Raised:
    record = case.record
    rests_on = (case.facts.record_id,)
    return Raised(
        "AL26", record.subject, record.type, record.issuer, because, rests_on, deadline, due_ms
    )
