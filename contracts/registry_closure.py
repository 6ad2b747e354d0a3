"""Proves that function points and record types fit: no point without a type, no stray beginning.

A type that stands at a point has, beside issuer and visibility, something that comes before it; one
that begins something says why nothing does. Never judges a record. Spec:
``docs/spec/contracts.md``.
"""

from contracts.expression import NoneOpen, terms
from contracts.schema import RecordType
from contracts.tables import ALERT_RAISED, Catalogue
from ledger.codes import Code
from ledger.errors import FormatError


def check_registry(catalogue: Catalogue) -> None:
    """Require that each function point has types, and each of them a rule of what comes before.

    Raises:
        FormatError: `catalogue.invalid` or `catalogue.unknown`.
    """
    for kind in catalogue.types.values():
        for name in kind.function_points:
            if name not in catalogue.points:
                detail = {"where": kind.key, "kind": "function point", "name": name}
                raise FormatError(Code.CATALOGUE_UNKNOWN, **detail)
        if len(set(kind.function_points)) != len(kind.function_points):
            raise _invalid(kind.key, "a function point is there twice")
        for name in kind.named_points:
            if name not in kind.function_points:
                raise _invalid(kind.key, f"named point {name} is none of its points")
        _check_conditions(kind)
        _check_beginning(kind)
    for key, point in catalogue.points.items():
        if point.planned == bool(catalogue.at_point[key]):
            problem = "planned, although it has a type" if point.planned else "no type stands at it"
            raise _invalid(key, problem)
    for alert in catalogue.alerts.values():
        for name in alert.function_points:
            if name not in catalogue.types[ALERT_RAISED].named_points:
                raise _invalid(alert.code, f"{name} is no named point of {ALERT_RAISED}")
    for profile in catalogue.profiles.values():
        for name in profile.elsewhere:
            if name not in catalogue.subsystems:
                detail = {"where": profile.key, "kind": "subsystem", "name": name}
                raise FormatError(Code.CATALOGUE_UNKNOWN, **detail)


def _check_conditions(kind: RecordType) -> None:
    """A point that asks for values is one of the type's, and a record of it can say them."""
    for point, when in kind.point_when.items():
        if point not in kind.function_points or point in kind.named_points or not when:
            raise _invalid(kind.key, f"point_when {point}")
        for name, values in when.items():
            if name not in kind.fields or not values or not values <= kind.fields[name].allowed:
                raise _invalid(kind.key, f"point_when {point}: {name}")


def _check_beginning(kind: RecordType) -> None:
    """What stands at a point follows something, or says in the data why it does not."""
    follows = follows_something(kind)
    if kind.entry is not None and follows:
        raise _invalid(kind.key, "entry, although something must come before it")
    if kind.function_points and kind.entry is None and not follows:
        raise _invalid(kind.key, "nothing comes before it, and no entry says why")


def follows_something(kind: RecordType) -> bool:
    """Whether a record of the type rests on an earlier one: by a clause, or by what it cites."""
    clauses = (term for clause in kind.must_follow for term in terms(clause.expression))
    return any(not isinstance(term, NoneOpen) for term in clauses) or any(
        cites.required for cites in kind.refs.values()
    )


def _invalid(where: str, problem: str) -> FormatError:
    return FormatError(Code.CATALOGUE_INVALID, where=where, problem=problem)
