"""Whether a member may issue a record: its roles, and what their scopes cover, as of a position.

It tells "never held the role" from "held it once" and "holds it elsewhere", because the first is
refused and the others may be recorded with an alert. Spec: ``docs/spec/contracts.md``.
"""

from enum import Enum
from typing import Final

from contracts import standing
from contracts.case import Case
from contracts.schema import ANY_MEMBER, COMMITTEE_ROLE, NETWORK_ROLE, REGION, Issuer
from contracts.state import seen_from
from ledger.core.identifiers import NETWORK_MEMBER

_UNGRANTED: Final = frozenset({ANY_MEMBER, COMMITTEE_ROLE})


class Entitlement(Enum):
    """How an issuer stands to a record."""

    ENTITLED = "entitled"
    LAPSED = "role_lapsed"
    """Held a fitting role before; the value is a key of ``reasons.toml``."""
    SCOPE = "role_scope"
    """Holds the role for other regions or industries only."""
    NONE = "none"


def entitlement(case: Case) -> Entitlement:
    """The best standing that any of the type's issuer rows gives the record's issuer.

    A label is worth nothing outside of its project, whatever it holds.
    """
    project = standing.label_project(case.state, case.record.issuer)
    if project and seen_from(case.record.subject)[-1] != project:
        return Entitlement.NONE
    best = Entitlement.NONE
    for issuer in case.kind.issuers:
        found = _standing(case, issuer)
        if found is Entitlement.ENTITLED:
            return found
        if best is Entitlement.NONE or found is Entitlement.SCOPE:
            best = found if found is not Entitlement.NONE else best
    return best


def _standing(case: Case, issuer: Issuer) -> Entitlement:
    record, state, as_of = case.record, case.state, case.times
    if issuer.own and str(record.subject) != record.issuer:
        return Entitlement.NONE
    if issuer.role == NETWORK_ROLE:
        own = record.issuer == NETWORK_MEMBER
        return Entitlement.ENTITLED if own else Entitlement.NONE
    if issuer.role in _UNGRANTED:
        held = standing.holds_role(case.facts.world, state, record.issuer, issuer.role, as_of)
        return Entitlement.ENTITLED if held else Entitlement.NONE
    rows = standing.grants(state, record.issuer, issuer.role)
    live = [row for row in rows if row.interval.in_force(as_of.index)]
    if any(covers(row.scope, issuer, case) for row in live):
        return Entitlement.ENTITLED
    if live:
        return Entitlement.SCOPE
    return Entitlement.LAPSED if rows else Entitlement.NONE


def covers(scope: str, issuer: Issuer, case: Case) -> bool:
    """Whether a role's scope, such as ``industry:housing``, covers the record's subject.

    An empty scope covers everything; where the subject does not say its industry or region, there
    is nothing to be outside of.
    """
    if not scope or not issuer.scope:
        return True
    name, _, value = scope.partition(":")
    if name != issuer.scope.rpartition(".")[2]:
        return True
    if issuer.scope == REGION:
        return str(case.record.subject).split("-")[1] == value
    said = case.state.value(case.record.subject, issuer.scope, case.times)
    return said is None or said == value
