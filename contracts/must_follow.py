"""Evaluates must-follow: whether what a record builds on is already committed.

"Committed" means in force at an earlier effective position than the record's own, the same block
and bundle included. Reads the state, never writes. The language is `expression`'s. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from contracts.case import Case
from contracts.expression import (
    AlertRaised,
    Either,
    Every,
    Exists,
    Expression,
    Moment,
    NoneOpen,
    Period,
    Scope,
)
from contracts.state import seen_from
from contracts.windows import standing_to
from ledger.core.identifiers import RecordId


def holds(expression: Expression, case: Case, at_limit: list[str]) -> bool:
    """Whether `expression` holds for the record of `case`.

    Args:
        expression: a clause of the record's type.
        case: the record, with the position that every question is asked as of.
        at_limit: receives ``TYPE.field`` of each limit that held only thanks to the grace.
    """
    match expression:
        case Every(parts):
            return all(holds(part, case, at_limit) for part in parts)
        case Either(parts):
            return any(holds(part, case, at_limit) for part in parts)
        case Exists():
            return _exists(expression, case)
        case NoneOpen():
            return not any(
                next(case.state.open(each, expression.type, case.times), None)
                for subject in _subjects(expression.scope, case)
                for each in seen_from(subject)
            )
        case Moment():
            return _moment(expression, case, at_limit)
        case Period():
            return _period(expression, case, at_limit)
        case AlertRaised():
            return case.state.alerted(case.record.subject, expression.code, case.times)


def _exists(term: Exists, case: Case) -> bool:
    if term.quantifier == "all":
        items = case.record.fields.get(term.argument, ())
        return all(_named(term, item, case) for item in cast(Sequence[object], items))
    if term.quantifier == "each":
        return all(
            next(case.state.citing(each, term.type, case.times), None) is not None
            for each in _found(term.argument, term.scope, case)
        )
    found = (each for each in _found(term.type, term.scope, case) if _says(term, each, case))
    return all(next(found, None) is not None for _ in range(term.count))


def _says(term: Exists, record_id: RecordId, case: Case) -> bool:
    """Whether a record says in its field what the term asks for."""
    if not term.field:
        return True
    row = case.state.record(record_id)
    return row is not None and row.kept.get(term.field) == term.value


def _named(term: Exists, item: object, case: Case) -> bool:
    """Whether one item of a list field names a record, or a subject with a record, of the type."""
    if isinstance(item, bytes):
        return _is_in_force(RecordId(item), term.type, case)
    return case.state.exists(str(item), term.type, case.times)


def _found(type_key: str, scope: Scope, case: Case) -> Iterator[RecordId]:
    """Records of a type in force in a scope."""
    if scope.kind == "ref":
        cited = (ref for ref in case.record.refs if ref.relation == scope.name)
        for ref in cited:
            if ref.network_id is None and _is_in_force(ref.record_id, type_key, case):
                yield ref.record_id
        return
    for subject in _subjects(scope, case):
        for each in seen_from(subject):
            yield from case.state.records(each, type_key, case.times)


def _is_in_force(record_id: RecordId, type_key: str, case: Case) -> bool:
    row = case.state.record(record_id)
    return row is not None and row.type == type_key and row.in_force(case.times)


def _subjects(scope: Scope, case: Case) -> tuple[str, ...]:
    """The subjects that a scope looks at; for ``ref`` those of the records cited."""
    if scope.kind == "issuer":
        return (case.record.issuer,)
    if scope.kind == "field":
        named = case.record.fields.get(scope.name)
        return (named,) if isinstance(named, str) else ()
    if scope.kind == "ref":
        cited = (ref for ref in case.record.refs if ref.relation == scope.name)
        rows = (case.state.record(ref.record_id) for ref in cited if ref.network_id is None)
        return tuple(row.subject for row in rows if row is not None)
    return (case.record.subject,)


def _moment(term: Moment, case: Case, at_limit: list[str]) -> bool:
    """Before: kept up to limit + grace. After: only past limit + grace."""
    reference = f"{term.type}.{term.field}"
    limit = case.state.value(case.record.subject, reference, case.times)
    if not isinstance(limit, int):
        return term.before
    if not term.before:
        return case.limit_ms > limit
    if case.limit_ms > limit:
        return False
    if case.times.time_ms > limit:
        at_limit.append(reference)
    return True


def _period(term: Period, case: Case, at_limit: list[str]) -> bool:
    """Before: kept up to limit + grace. After: only past both, and never where nothing began it."""
    standing = standing_to(case, term.deadline)
    if standing is None:
        return term.before
    if term.before and standing.at_limit:
        at_limit.append(term.deadline)
    return standing.missed != term.before
