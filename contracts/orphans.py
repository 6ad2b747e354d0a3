"""Rows of the catalogue that nothing leads to: what is declared, and used by nothing.

A question to the data, beside the proof that it fits together (`closure`): an orphan breaks
nothing, and is most likely a mistake. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

from contracts.expression import Exists, Moment, NoneOpen, Period, terms
from contracts.schema import RecordType
from contracts.tables import Catalogue


@dataclass(frozen=True, slots=True)
class Orphans:
    """Keys of the rows that nothing leads to, by group; ascending."""

    types: tuple[str, ...]
    """At no function point, in no profile and no entry by itself; tied to no type that is."""
    alerts: tuple[str, ...]
    """In force, and listed by no type."""
    roles: tuple[str, ...]
    """Nobody issues or confirms anything in them, and no rule asks for them."""
    deadlines: tuple[str, ...]
    """Nothing waits for them."""
    reasons: tuple[str, ...]
    """No rule gives them."""
    stale: tuple[str, ...]
    """Deadlines marked as planned, and roles as reading, that are in use."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def orphans(catalogue: Catalogue, said_in_rules: Collection[str]) -> Orphans:
    """What nothing leads to.

    Args:
        catalogue: proven whole.
        said_in_rules: the texts that the rules in Python name.
    """
    types = catalogue.types
    linked = _linked(catalogue)
    alerts = {code for kind in types.values() for code in kind.alerts}
    roles = {role for kind in types.values() for role in _roles(kind)}
    deadlines = {name for kind in types.values() for name in _deadlines(kind)}
    said = frozenset(said_in_rules)
    return Orphans(
        types=_rest(types, linked),
        alerts=_rest(
            [code for code, each in catalogue.alerts.items() if not each.planned],
            alerts | set(catalogue.common_alerts) | said,
        ),
        roles=_rest([key for key, role in catalogue.roles.items() if not role.reads], roles | said),
        deadlines=_rest(
            [key for key, each in catalogue.deadlines.items() if not each.planned],
            deadlines | said,
        ),
        reasons=_rest(catalogue.reasons, said),
        stale=tuple(
            sorted(
                {key for key in roles if key in catalogue.roles and catalogue.roles[key].reads}
                | {key for key in deadlines | said if _planned(catalogue, key)}
            )
        ),
    )


def _planned(catalogue: Catalogue, key: str) -> bool:
    """Whether `key` is a deadline that waits for its first use."""
    return key in catalogue.deadlines and catalogue.deadlines[key].planned


def _rest(keys: Collection[str], used: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(key for key in keys if key not in used))


def _linked(catalogue: Catalogue) -> set[str]:
    """The types that hang together with those of the registry, the profiles and with entries."""
    ties: dict[str, set[str]] = {key: set() for key in catalogue.types}
    for kind in catalogue.types.values():
        for name in _named(kind):
            if name in ties:
                ties[kind.key].add(name)
                ties[name].add(kind.key)
    waiting = {key for key, kind in catalogue.types.items() if kind.function_points}
    for profile in catalogue.profiles.values():
        waiting |= {*profile.types(), *profile.optional}
    waiting |= {key for key, kind in catalogue.types.items() if kind.entry or _cites_any(kind)}
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        found.add(key)
        waiting |= ties[key] - found
    return found


def _cites_any(kind: RecordType) -> bool:
    """Whether records of every type may be cited: a confirmation, an amendment."""
    return any("*" in cites.types and cites.required for cites in kind.refs.values())


def _named(kind: RecordType) -> Iterator[str]:
    """The types that a type's row names."""
    for clause in kind.must_follow:
        for term in terms(clause.expression):
            if isinstance(term, Exists | Moment | NoneOpen):
                yield term.type
    for cites in kind.refs.values():
        yield from cites.types
    for forbids in kind.forbids:
        yield from forbids.types
    yield from (closes.type for closes in kind.closes)
    yield from kind.amended_by
    for reference in (kind.party, kind.frozen_after, *(each.scope for each in kind.issuers)):
        yield from (reference, reference.rpartition(".")[0])
    yield from kind.sealed_until


def _roles(kind: RecordType) -> Iterator[str]:
    """The roles in which a type is issued or confirmed, or that it enrols a member for."""
    yield from (issuer.role for issuer in kind.issuers)
    yield from kind.confirmed_by.roles if kind.confirmed_by else ()
    for name in ("role", "roles"):
        if name in kind.fields:
            yield from kind.fields[name].allowed


def _deadlines(kind: RecordType) -> Iterator[str]:
    """The deadlines for which a type's row waits."""
    yield from (window.deadline for window in kind.windows)
    yield from (starts.deadline for starts in kind.timers)
    yield from (stops.deadline for stops in kind.stops)
    for clause in kind.must_follow:
        for term in terms(clause.expression):
            if isinstance(term, Period):
                yield term.deadline
