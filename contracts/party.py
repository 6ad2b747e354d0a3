"""Who may act in a party's place: the party itself, and whoever it delegated.

A project's acts are its tenderer's. What another says in its place stays on the ledger with AL05,
and counts for nothing: else a stranger opens the bids, closes an objection or moves a deadline, and
the party can no longer. Spec: ``docs/spec/contracts.md``.
"""

from contracts.case import Case
from contracts.rules.delegation import is_delegated


def undelegated(case: Case) -> bool:
    """Whether the issuer acts on behalf of somebody whose delegation to it is not in force."""
    record, principal = case.record, _principal(case)
    if principal == record.issuer:
        return False
    return not is_delegated(
        case.state, principal, record.issuer, record.subject, case.times, case.limit_ms
    )


def strange(case: Case) -> bool:
    """Whether the principal is not the party that the type asks for; nobody is where none is."""
    if not case.kind.party:
        return False
    party = case.state.value(case.record.subject, case.kind.party, case.times)
    return party is not None and party != _principal(case)


def is_set_aside(case: Case) -> bool:
    """Whether the record is said in a party's place by one who may not."""
    return bool(case.kind.party) and (undelegated(case) or strange(case))


def _principal(case: Case) -> str:
    """For whom the record is said."""
    return str(case.record.fields.get("on_behalf_of", case.record.issuer))
