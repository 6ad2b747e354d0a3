"""The catalogue as one frozen value: every row by its key, and what follows from all of them.

It answers questions about data and never judges a record. Made by `catalogue.load_catalogue`, which
also proves it closed. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.declared import BY_DATA, Alert, Deadline, Reason, Role
from contracts.expression import Exists, Moment, terms
from contracts.profile import Profile
from contracts.schema import REGION, Field, RecordType
from contracts.subsystem import Point, Subsystem
from ledger.core.identifiers import Digest

VERSION: Final = 1
CERTIFICATE: Final = "tender.witness_certificate"
VOIDED: Final = "ledger.voided"
ALERT_RAISED: Final = "ledger.alert_raised"
FUNCTION_POINT: Final = "function_point"
"""The common field that says at which point a record arose."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rows of one version of the catalogue."""

    types: Mapping[str, RecordType]
    roles: Mapping[str, Role]
    alerts: Mapping[str, Alert]
    deadlines: Mapping[str, Deadline]
    common: Mapping[str, Field]
    """Fields that every type may carry."""
    reasons: Mapping[str, Reason]
    """Why a rule in Python raised an alert."""
    profiles: Mapping[str, Profile]
    subsystems: Mapping[str, Subsystem]
    hash: Digest
    """Over the canonical form of all rows; adopted by the genesis."""
    points: Mapping[str, Point]
    """Every function point, ascending."""
    at_point: Mapping[str, tuple[str, ...]]
    """For each function point, the types that stand at it."""
    common_alerts: tuple[str, ...]
    """Codes of the alerts that every type may raise."""
    concluding: Mapping[str, tuple[tuple[str, str], ...]]
    """For each type, the alerts that a rule in Python concludes: code, and name of the rule."""
    codes: Mapping[str, str]
    """Working code to key: ``T09`` to ``tender.announcement``."""
    kept: Mapping[str, tuple[str, ...]]
    """Fields of each type whose values the state keeps, because some rule asks for them."""
    asked: frozenset[str]
    """Every ``TYPE.field`` whose value in a subject some row asks for."""
    forbidden_by: Mapping[str, tuple[str, ...]]
    """For each type, the types that may forbid it."""
    reviewed: frozenset[str]
    """Types whose records can complete a section's procedure, or break it."""
    telling: frozenset[str]
    """Types at whose first record something may be found missing."""

    def type(self, name: str) -> RecordType | None:
        """The record type of a key or of a code; None where there is none."""
        return self.types.get(self.codes.get(name, name))

    @property
    def replacing(self) -> Mapping[str, Mapping[str, str]]:
        """By type: which of its fields replaces which ``TYPE.field`` in the subject."""
        return {
            kind.key: sets
            for kind in self.types.values()
            if (sets := {name: each.sets for name, each in kind.fields.items() if each.sets})
        }

    @property
    def planned(self) -> tuple[str, ...]:
        """Codes of the alerts that are declared and have no rule yet."""
        return tuple(code for code, alert in self.alerts.items() if alert.planned)


def catalogue_of(
    types: Mapping[str, RecordType],
    roles: Mapping[str, Role],
    alerts: Mapping[str, Alert],
    deadlines: Mapping[str, Deadline],
    common: Mapping[str, Field],
    reasons: Mapping[str, Reason],
    profiles: Mapping[str, Profile],
    subsystems: Mapping[str, Subsystem],
    digest: Digest,
) -> Catalogue:
    """The catalogue of these rows, with what follows from them; not yet proven closed."""
    forbidden: dict[str, list[str]] = {}
    for kind in types.values():
        for forbids in kind.forbids:
            for each in forbids.types:
                forbidden.setdefault(each, []).append(kind.key)
    kept = {key: {*kind.kept, *_choosing(kind)} for key, kind in types.items()}
    asked = frozenset((*references(types, deadlines), *_chosen_by(profiles)))
    for reference in asked:
        type_key, _, field = reference.rpartition(".")
        kept.setdefault(type_key, set()).add(field)
    for type_key, field in (*_linking(profiles), *_cited(types), *_said(types)):
        kept.setdefault(type_key, set()).add(field)
    common_alerts = tuple(code for code, each in alerts.items() if each.every_type)
    points = {each.key: each for key in sorted(subsystems) for each in subsystems[key].points}
    return Catalogue(
        types=types,
        roles=roles,
        alerts=alerts,
        deadlines=deadlines,
        common=common,
        reasons=reasons,
        profiles=profiles,
        subsystems=dict(sorted(subsystems.items())),
        hash=digest,
        points=points,
        at_point={key: _standing_at(key, types) for key in points},
        common_alerts=common_alerts,
        concluding={key: _concluding(kind, alerts, common_alerts) for key, kind in types.items()},
        codes={kind.code: kind.key for kind in types.values() if kind.code},
        kept={key: tuple(sorted(names)) for key, names in kept.items() if names},
        asked=asked,
        forbidden_by={key: tuple(sorted(set(names))) for key, names in forbidden.items()},
        reviewed=_reviewed(types, profiles),
        telling=frozenset(name for each in profiles.values() for name in each.telling()),
    )


def references(types: Mapping[str, RecordType], deadlines: Mapping[str, Deadline]) -> Iterator[str]:
    """Every ``TYPE.field`` that some row asks the state for."""
    for kind in types.values():
        yield from (issuer.scope for issuer in kind.issuers if issuer.scope not in {"", REGION})
        yield from (each for each in (kind.party, kind.frozen_after) if each not in {"", *types})
        yield from (field.sets for field in kind.fields.values() if field.sets)
        for clause in kind.must_follow:
            for term in terms(clause.expression):
                if isinstance(term, Moment):
                    yield f"{term.type}.{term.field}"
    for deadline in deadlines.values():
        own = deadline.start in {"received", "record"} or deadline.start.startswith("field:")
        if not own and deadline.start not in types:
            yield deadline.start


def _choosing(kind: RecordType) -> tuple[str, ...]:
    """The fields by which a record says at which of several points it stands."""
    if len(kind.function_points) < 2 and not kind.named_points:
        return ()
    return (FUNCTION_POINT, *(name for when in kind.point_when.values() for name in when))


def _concluding(
    kind: RecordType, alerts: Mapping[str, Alert], common: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Code and rule of the alerts of a type that a rule in Python concludes."""
    named = {code: alerts[code].rule for code in (*kind.alerts, *common) if code in alerts}
    return tuple((code, rule) for code, rule in named.items() if rule and rule not in BY_DATA)


def _standing_at(point: str, types: Mapping[str, RecordType]) -> tuple[str, ...]:
    """The types that name a function point, by key."""
    return tuple(sorted(key for key, kind in types.items() if point in kind.function_points))


def _chosen_by(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Every ``TYPE.field`` that chooses a section's profile."""
    return (profile.chosen_by for profile in profiles.values())


def _linking(profiles: Mapping[str, Profile]) -> Iterator[tuple[str, str]]:
    """Every type and field by which a record counts for a node, or belongs to its anchor."""
    for profile in profiles.values():
        chosen = [profile.ended_by] if profile.ended_by is not None else []
        for node in profile.nodes():
            chosen += node.selectors
            names = [*node.says, *(anchor.field for anchor in node.each if anchor.field)]
            yield from ((type_key, name) for type_key in node.types for name in names)
            for anchor in node.each:
                chosen += anchor.unless
        yield from ((each.type, each.field) for each in chosen if each.field)


def _cited(types: Mapping[str, RecordType]) -> Iterator[tuple[str, str]]:
    """Every type and field that must have a value where a record is cited."""
    for kind in types.values():
        for cites in kind.refs.values():
            for type_key in cites.types & types.keys():
                shown = types[type_key].fields.keys() & cites.having.keys()
                yield from ((type_key, name) for name in shown)


def _said(types: Mapping[str, RecordType]) -> Iterator[tuple[str, str]]:
    """Every type and field of which some must-follow asks what it says."""
    for kind in types.values():
        for clause in kind.must_follow:
            for term in terms(clause.expression):
                if isinstance(term, Exists) and term.field:
                    yield term.type, term.field


def _reviewed(types: Mapping[str, RecordType], profiles: Mapping[str, Profile]) -> frozenset[str]:
    """What a profile names, what closes that, and voiding, which can take any of it away."""
    named = {name for profile in profiles.values() for name in profile.types()}
    closing = {
        kind.key
        for kind in types.values()
        if any(closes.type in named or closes.type == CERTIFICATE for closes in kind.closes)
    }
    return frozenset(named | closing | {VOIDED}) if named else frozenset()
