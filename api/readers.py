"""Who reads what is not public: the table ``rights.toml`` as frozen values, and the parties of a
subject by it.

Decides nothing about a record; `api.rights` does. Spec: ``docs/spec/visibility.md``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Final

from contracts.rules.delegation import is_delegated
from contracts.schema import CODED_SUBJECTS, REGION, RecordType
from contracts.standing import grants
from contracts.state import State, seen_from
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import MemberId

ANY: Final = "*"
"""Any relation, or any field that holds members."""
ISSUER: Final = "issuer"
PARTY_RECORDS_MAX: Final = 2_000
"""Records of one type about one subject among which its parties are looked for; who stands behind
them is shown its own records only."""


@dataclass(frozen=True, slots=True)
class StandingRole:
    """A role whose holders read by standing right."""

    role: str
    stages: frozenset[str]
    """Of the types that it reads; empty for all."""


@dataclass(frozen=True, slots=True)
class Readers:
    """The table."""

    standing: tuple[StandingRole, ...]
    scopes: Mapping[str, str]
    """What the name of a scope is compared with: ``TYPE.field``."""
    named: Mapping[str, frozenset[str]]
    """By class: the fields that name readers."""
    parties: Mapping[str, tuple[str, ...]]
    """By type: `ISSUER`, or a field that the state keeps."""
    about: Mapping[str, frozenset[str]]
    """By type: the relations by which it speaks about other records."""


@cache
def readers() -> Readers:
    """The table of this software."""
    raw = tomllib.loads(files("api").joinpath("rights.toml").read_text(encoding="utf-8"))
    return Readers(
        tuple(
            StandingRole(each["role"], frozenset(each.get("stages", ())))
            for each in raw["standing"]
        ),
        dict(raw["scopes"]),
        {name: frozenset(fields) for name, fields in raw["named"].items()},
        {name: tuple(fields) for name, fields in raw["parties"].items()},
        {name: frozenset(relations) for name, relations in raw["about"].items()},
    )


def stands_over(
    state: State, member: MemberId, kind: RecordType, subject: str, as_of: Times
) -> bool:
    """Whether a member reads a type about a subject by standing right.

    A grant for one industry or region covers what is known to lie in it, and nothing else.
    """
    for each in readers().standing:
        if each.stages and kind.stage not in each.stages:
            continue
        for row in grants(state, member, each.role):
            in_force = row.interval.in_force(as_of.index)
            if in_force and _covers(state, row.scope, kind, subject, as_of):
                return True
    return False


def is_party(
    state: State, types: Mapping[str, RecordType], member: MemberId, subject: str, as_of: Times
) -> bool:
    """Whether a member is a party of a subject, or acts for one by a delegation in force."""
    found = frozenset(_parties(state, types, subject, as_of))
    return member in found or any(
        is_delegated(state, each, member, subject, as_of, as_of.time_ms) for each in found
    )


def _covers(state: State, scope: str, kind: RecordType, subject: str, as_of: Times) -> bool:
    if not scope:
        return True
    name, _, value = scope.partition(":")
    if name == REGION:
        parts = subject.split("-")
        return kind.subject in CODED_SUBJECTS and len(parts) > 1 and parts[1] == value
    reference = readers().scopes.get(name)
    return reference is not None and state.value(subject, reference, as_of) == value


def _parties(
    state: State, types: Mapping[str, RecordType], subject: str, as_of: Times
) -> Iterator[str]:
    for place in seen_from(subject):
        for type_key, names in readers().parties.items():
            for record_id in islice(state.records(place, type_key, as_of), PARTY_RECORDS_MAX):
                row = state.record(record_id)
                if row is not None and _at_home(state, types[type_key], row, as_of):
                    yield from _named(row, names)


def _at_home(state: State, kind: RecordType, row: RecordRow, as_of: Times) -> bool:
    """Whether the issuer's role covers the region of the subject, where the type asks for it.

    What another region's authority says is on the ledger with an alert, and opens nothing to it.
    """
    for each in kind.issuers:
        if each.scope != REGION:
            return True
        for grant in grants(state, row.issuer, each.role):
            in_force = grant.interval.in_force(as_of.index)
            if in_force and _covers(state, grant.scope, kind, row.subject, as_of):
                return True
    return False


def _named(row: RecordRow, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name == ISSUER:
            yield row.issuer
        elif isinstance(said := row.kept.get(name), str):
            yield said
