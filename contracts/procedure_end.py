"""When the stage of a record type has passed in a section: from then on its silence says something.

A mandatory type's stage passes when a later group begins; an optional one's with the groups of its
stage; what may come at any time, when the file is closed. Stages that were over when a project was
adopted, and those that one that ended early did not reach, say nothing. Spec:
``docs/spec/contracts.md``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from contracts.completeness import Completeness, NodeFinding
from contracts.node_count import records_of
from contracts.point_records import ADOPTION, OF_PROJECTS
from contracts.schema import RecordType
from contracts.state import State
from contracts.subsystem import Point
from contracts.tables import CERTIFICATE, Catalogue
from contracts.verdict import Times

ANY_TIME: Final = frozenset({"any", "ledger", "evidence"})
"""Stages of the types that may come as long as a procedure lasts."""


class ProcedureEnd:
    """One section's groups, with the moment at which each was over."""

    def __init__(self, found: Completeness, catalogue: Catalogue, state: State) -> None:
        self._catalogue = catalogue
        self._profile = found.profile
        self._closed: Times | None = None
        self._unsealed: Times | None = None
        self._ended = None if found.ended is None else found.ended.at
        self._adopted = _first(ADOPTION, found, state)
        self._closing: frozenset[str] = frozenset()
        self._over: Mapping[str, Times | None] = {}
        self._named: Mapping[str, frozenset[str]] = {}
        self._stages: Mapping[str, str] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._belonging: frozenset[str] = frozenset()
        self._alerted = frozenset(
            name for each in catalogue.alerts.values() for name in each.function_points
        )
        if found.profile is None:
            return
        profile = found.profile
        self._closed = _first(profile.asked_by, found, state)
        self._unsealed = _first(profile.unsealed_by, found, state)
        named = {
            group.key: [name for node in group.nodes for name in node.types]
            for group in profile.groups
        }
        self._named = {key: frozenset(names) for key, names in named.items()}
        self._stages = {key: _stage_of(names, catalogue) for key, names in named.items()}
        begun = {each.group.key: _begun(each.nodes) for each in found.groups}
        self._over = {
            group.key: _earliest(
                self._closed,
                *(begun[each.key] for each in profile.groups if group.key in each.earlier),
            )
            for group in profile.groups
        }
        self._belonging = frozenset((*profile.types(), *profile.optional, CERTIFICATE))
        self._closing = frozenset(self._groups_of(catalogue.types[profile.asked_by]))

    def expected_at(self, point: Point) -> tuple[str, ...]:
        """The types of a point of which the section's procedure knows, as far as it came."""
        types = self._catalogue.types
        return tuple(
            name
            for name in self._catalogue.at_point.get(point.key, ())
            if name in self._belonging or self._may_come(types[name], point)
            if not self._is_excused(types[name])
        )

    def passed_ms(self, names: Sequence[str]) -> int | None:
        """When the stage of all these types had passed; None where it has not, or for none."""
        ends = [self._end(self._catalogue.types[name]) for name in names]
        if not ends or any(each is None for each in ends):
            return None
        return max(each.time_ms for each in ends if each is not None)

    def _groups_of(self, kind: RecordType) -> tuple[str, ...]:
        """The groups in which a type is a node, or else those mostly of its stage."""
        if kind.key not in self._groups:
            own = tuple(key for key, names in self._named.items() if kind.key in names)
            of_stage = tuple(key for key, stage in self._stages.items() if stage == kind.stage)
            self._groups[kind.key] = own or (() if kind.stage in ANY_TIME else of_stage)
        return self._groups[kind.key]

    def _may_come(self, kind: RecordType, point: Point) -> bool:
        """Whether a type belongs to any procedure: alerts, suspensions, evidence."""
        bound = point.key in kind.named_points and point.key not in self._alerted
        return kind.subject in OF_PROJECTS and kind.stage in ANY_TIME and not bound

    def _is_excused(self, kind: RecordType) -> bool:
        """Whether the ledger did not see the stage of a type: it was over before, or never came."""
        if self._profile is None or kind.key == CERTIFICATE:
            return False
        return any(
            self._began_late(key) or (self._ended_early(key) and key not in self._closing)
            for key in self._groups_of(kind)
        )

    def _began_late(self, key: str) -> bool:
        """Whether a group was over when the project was adopted."""
        over = self._over[key]
        return self._adopted is not None and over is not None and over.index <= self._adopted.index

    def _ended_early(self, key: str) -> bool:
        """Whether the procedure had ended before a group was over."""
        over = self._over[key]
        return self._ended is not None and (over is None or over.index > self._ended.index)

    def _end(self, kind: RecordType) -> Times | None:
        """When one type's stage had passed; the certificate waits as long as it must."""
        if self._profile is None or kind.key == CERTIFICATE:
            return None
        keys = self._groups_of(kind)
        ends = [self._over[key] for key in keys] or [self._closed]
        if kind.sealed_until:
            ends.append(_earliest(self._unsealed, self._closed))
        if any(each is None for each in ends):
            return None
        return max((each for each in ends if each is not None), key=lambda each: each.index)


def _stage_of(names: Sequence[str], catalogue: Catalogue) -> str:
    """The stage of most types of a group; of the first of them where two are as many."""
    stages = Counter(catalogue.types[name].stage for name in names)
    return stages.most_common(1)[0][0]


def _begun(nodes: Sequence[NodeFinding]) -> Times | None:
    """Where a group's first record took effect."""
    return _earliest(*(each.counted.records[0].at for each in nodes if each.counted.records))


def _first(type_key: str, found: Completeness, state: State) -> Times | None:
    """Where the first record of a type took effect."""
    return _earliest(*(e.at for e in records_of(type_key, found.subject, state, found.as_of)))


def _earliest(*moments: Times | None) -> Times | None:
    """The one with the lowest index; None where there is none."""
    reached = [each for each in moments if each is not None]
    return min(reached, key=lambda each: each.index, default=None)
