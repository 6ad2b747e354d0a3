"""The only way in: one record, judged on facts, state and times; equal inputs, equal verdict.

Common checks come first (shape, issuer, citations), then must-follow, deadlines and what was
forbidden, then the type's rules, then the alerts. It asks the state and never writes: `entering`
does. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final

from contracts import confirmations, must_follow, party
from contracts.alerts import ALERT_RULES
from contracts.case import Case
from contracts.entitlement import Entitlement, entitlement
from contracts.expression import Moment
from contracts.references import check_references
from contracts.rules import RULES
from contracts.schema import REFUSE, UNGRANTED_ROLES, Clause, Window, holds
from contracts.shape import check_shape
from contracts.state import State
from contracts.verdict import Accepted, Facts, Raised, Times, Verdict
from contracts.windows import standing_to
from ledger.codes import Code
from ledger.core.record import Record
from ledger.errors import Rejected

UNAUTHORISED: Final = "AL05"


def judge(record: Record, facts: Facts, state: State, times: Times) -> Verdict:
    """Whether `record` may enter, and which alerts it raises.

    Args:
        record: decoded; its issuer is the bundle's, whose signature was verified.
        facts: what was found out about it, and the network's world.
        state: as it stands before the record, earlier records of the bundle included.
        times: the effective position of the record.
    """
    kind = facts.world.catalogue.types.get(record.type)
    if kind is None:
        return Rejected(Code.RECORD_TYPE, {"type": record.type})
    case = Case(record, kind, facts, state, times)
    refusal = (
        _check_seal(case)
        or check_shape(record, kind, facts.world.catalogue.common)
        or _check_issuer(case)
        or check_references(case)
    )
    if refusal is not None:
        return refusal
    at_limit: list[str] = []
    conclusions: list[Raised] = []
    for found in _by_data(case, at_limit):
        if isinstance(found, Rejected):
            return found
        conclusions.append(found)
    refusal = _check_rules(case)
    if refusal is not None:
        return refusal
    if party.is_set_aside(case):
        return _set_aside(case)
    return Accepted(_in_order(case, conclusions), tuple(at_limit))


def _set_aside(case: Case) -> Accepted:
    """Kept as what a stranger said, with the alerts about the signer and no others of its type."""
    catalogue = case.facts.world.catalogue
    told = {UNAUTHORISED, *catalogue.common_alerts}
    raised = tuple(each for each in _in_order(case, []) if each.alert in told)
    return Accepted(raised, counts=False)


def _check_seal(case: Case) -> Rejected | None:
    """A sealed type enters by its opening only, and no other type does."""
    if case.kind.is_sealed == (case.facts.unsealed is not None):
        return None
    code = Code.SEALED_ONLY if case.kind.is_sealed else Code.SEALED_TYPE
    return Rejected(code, {"type": case.kind.key})


def _check_issuer(case: Case) -> Rejected | None:
    """A role never held is refused; one lapsed or held elsewhere as the type's data says."""
    found = entitlement(case)
    if found is Entitlement.ENTITLED:
        return None
    recorded = found in {Entitlement.LAPSED, Entitlement.SCOPE}
    if recorded and case.kind.issuer_else != REFUSE:
        return None
    detail = {"type": case.kind.key, "issuer": case.record.issuer}
    roles = [each.role for each in case.kind.issuers]
    known = case.facts.world.catalogue.roles
    if all(role not in UNGRANTED_ROLES and known[role].single for role in roles):
        return Rejected(Code.RECORD_SINGLE_WRITER, {**detail, "role": roles[0]})
    return Rejected(Code.RECORD_ISSUER_ROLE, detail)


def _by_data(case: Case, at_limit: list[str]) -> Iterator[Rejected | Raised]:
    """What the type's clauses, windows and prohibitions find, in the order of the data."""
    kind, fields = case.kind, case.record.fields
    for clause in kind.must_follow:
        applies = not clause.when or holds(clause.when, fields)
        if applies and not must_follow.holds(clause.expression, case, at_limit):
            yield _failed(case, clause)
    for window in kind.windows:
        if holds(window.when, fields):
            yield from _outside(case, window, at_limit)
    if kind.key in case.facts.world.catalogue.forbidden_by:
        yield from _forbidden(case)


def _failed(case: Case, clause: Clause) -> Rejected | Raised:
    """What a clause that does not hold does."""
    record = case.record
    if clause.otherwise == REFUSE:
        detail = {"type": record.type, "subject": record.subject, "term": clause.text}
        return Rejected(Code.RECORD_MUST_FOLLOW, detail)
    term, due_ms = clause.expression, None
    if isinstance(term, Moment):
        limit = case.state.value(record.subject, f"{term.type}.{term.field}", case.times)
        due_ms = limit if isinstance(limit, int) else None
    return _raised(case, clause.otherwise, clause.text, due_ms=due_ms)


def _outside(case: Case, window: Window, at_limit: list[str]) -> Iterator[Rejected | Raised]:
    """What a deadline that the record itself must keep finds."""
    standing = standing_to(case, window.deadline)
    if standing is None:
        return
    if standing.limit.uncovered_day is not None:
        yield _raised(case, "AL39", "calendar_missing")
    if standing.at_limit:
        at_limit.append(window.deadline)
    if not standing.missed:
        return
    if window.otherwise == REFUSE:
        record = case.record
        detail = {"type": record.type, "subject": record.subject, "deadline": window.deadline}
        yield Rejected(Code.RECORD_WINDOW, detail)
        return
    limit_ms = standing.limit.limit_ms
    yield _raised(case, window.otherwise, window.deadline, window.deadline, limit_ms)


def _forbidden(case: Case) -> Iterator[Rejected | Raised]:
    """What an earlier record forbids."""
    record = case.record
    found = case.state.forbidden(record.subject, record.type)
    if found is None:
        return
    by, otherwise = found
    if otherwise == REFUSE:
        detail = {"type": record.type, "subject": record.subject, "by": by.hex()}
        yield Rejected(Code.RECORD_FORBIDDEN, detail)
    else:
        yield _raised(case, otherwise, "terminated")


def _check_rules(case: Case) -> Rejected | None:
    """The type's own rules; a last confirmation is judged by those of what it completes."""
    if case.kind.key == confirmations.CONFIRMED:
        completed = confirmations.judge(case)
        if completed is None or isinstance(completed, Rejected):
            return completed
        return _check_rules(completed)
    for name in case.kind.rules:
        refusal = RULES[name].judge(case)
        if refusal is not None:
            return refusal
    return None


def _in_order(case: Case, conclusions: list[Raised]) -> tuple[Raised, ...]:
    """Alerts by code: of each the first that data raised, else what its rule concluded."""
    found: dict[str, tuple[Raised, ...]] = {each.alert: (each,) for each in reversed(conclusions)}
    for code, rule in case.facts.world.catalogue.concluding[case.kind.key]:
        concluded = ALERT_RULES[rule](case)
        if concluded:
            fresh = concluded if isinstance(concluded, tuple) else (concluded,)
            found.setdefault(code, fresh)
    return tuple(each for code in sorted(found) for each in found[code])


def _raised(
    case: Case, alert: str, because: str, deadline: str = "", due_ms: int | None = None
) -> Raised:
    record = case.record
    return Raised(
        alert,
        record.subject,
        record.type,
        record.issuer,
        because,
        (case.facts.record_id,),
        deadline,
        due_ms,
    )
