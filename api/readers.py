"""Who reads what is not public: the table ``rights.toml`` as frozen values, and the parties of a
subject by it.

Decides nothing about a record; `api.rights` does. Spec: ``docs/spec/visibility.md``.
"""

import tomllib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
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
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import Record

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


@dataclass(frozen=True, slots=True)
class Asked:
    """The ledger as of one head, for questions about readers."""

    state: State
    as_of: Times
    types: Mapping[str, RecordType]
    decoded: Callable[[RecordId], Record | None]
    """A record of the ledger: of the region of a project the state keeps nothing."""


def stands_over(asked: Asked, member: MemberId, kind: RecordType, subject: str) -> bool:
    """Whether a member reads a type about a subject by standing right.

    A grant for one industry or region covers what is known to lie in it, and nothing else.
    """
    for each in readers().standing:
        if each.stages and kind.stage not in each.stages:
            continue
        if _holds(asked, member, each.role, kind, subject):
            return True
    return False


def is_party(asked: Asked, member: MemberId, subject: str) -> bool:
    """Whether a member is a party of a subject, or acts for one by a delegation in force."""
    found, state, as_of = frozenset(_parties(asked, subject)), asked.state, asked.as_of
    return member in found or any(
        is_delegated(state, each, member, subject, as_of, as_of.time_ms) for each in found
    )


def _holds(asked: Asked, member: MemberId, role: str, kind: RecordType, subject: str) -> bool:
    """Whether a member holds a role with a scope that covers the subject."""
    return any(
        row.interval.in_force(asked.as_of.index) and _covers(asked, row.scope, kind, subject)
        for row in grants(asked.state, member, role)
    )


def _covers(asked: Asked, scope: str, kind: RecordType, subject: str) -> bool:
    if not scope:
        return True
    name, _, value = scope.partition(":")
    if name == REGION and kind.subject in CODED_SUBJECTS:
        return subject.split("-")[1:2] == [value]
    reference = readers().scopes.get(name)
    return reference is not None and _said(asked, subject, reference) == value


def _said(asked: Asked, subject: str, reference: str) -> Value:
    """What ``TYPE.field`` last said about a subject or its project; None where nothing did."""
    kept = asked.state.value(subject, reference, asked.as_of)
    if kept is not None:
        return kept
    type_key, _, name = reference.rpartition(".")
    for place in seen_from(subject):
        last = deque(_some(asked, place, type_key), maxlen=1)
        record = asked.decoded(last[0]) if last else None
        if record is not None and name in record.fields:
            return record.fields[name]
    return None


def _some(asked: Asked, place: str, type_key: str) -> Iterator[RecordId]:
    return islice(asked.state.records(place, type_key, asked.as_of), PARTY_RECORDS_MAX)


def _parties(asked: Asked, subject: str) -> Iterator[str]:
    for place in seen_from(subject):
        for type_key, names in readers().parties.items():
            for record_id in _some(asked, place, type_key):
                row = asked.state.record(record_id)
                if row is not None and _at_home(asked, row):
                    yield from _named(row, names)


def _at_home(asked: Asked, row: RecordRow) -> bool:
    """Whether the issuer's role covers the region of the subject, where the type asks for it.

    What another region's authority says is on the ledger with an alert, and opens nothing to it.
    """
    kind = asked.types.get(row.type)
    return kind is not None and any(
        each.scope != REGION or _holds(asked, row.issuer, each.role, kind, row.subject)
        for each in kind.issuers
    )


def _named(row: RecordRow, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name == ISSUER:
            yield row.issuer
        elif isinstance(said := row.kept.get(name), str):
            yield said
