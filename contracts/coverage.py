"""Coverage: at which of the function points a project left records, and where it stayed silent.

A question to the state as of a position, and never a write. What must be there is completeness's;
here each point of the registry gets one word. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts.completeness import Completeness, NodeState, completeness_in_turns
from contracts.node_count import NodeRecord
from contracts.point_records import Asked, Shown, records_at_points
from contracts.procedure_end import ProcedureEnd
from contracts.profile import Node, Profile
from contracts.schema import OFF_LEDGER
from contracts.state import State, seen_from
from contracts.subsystem import Point
from contracts.tables import Catalogue
from contracts.turns import Turns
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject

_OUT_OF_TIME: Final = frozenset({NodeState.LATE, NodeState.OUT_OF_ORDER})


class PointState(StrEnum):
    """How a project stands to one function point."""

    MISSING = "missing"
    """A mandatory node with a type of this point is missing, whatever else is there."""
    LIVE = "live"
    """A record in force stands at it."""
    AWAITED = "awaited"
    """Nothing stands at it, and its stage has not passed."""
    SILENT = "silent"
    """Nothing stands at it, it is not mandatory, and its stage has passed."""
    WITHHELD = "withheld"
    """Whoever asks may not know of the records that would stand at it, or the ledger does not."""
    ELSEWHERE = "elsewhere"
    """Another procedure's, or one whose records are not about projects."""


_FIRST: Final = tuple(PointState)
"""Of several sections, the state that comes first here is the project's."""


@dataclass(frozen=True, slots=True)
class PointFinding:
    """One function point, as a project or section stands to it."""

    point: Point
    state: PointState
    records: tuple[NodeRecord, ...]
    """In effective order."""
    late: bool
    """A mandatory node with a type of this point is there, but late or out of order."""
    missing: tuple[Node, ...]
    """The mandatory nodes that lack."""
    passed_ms: int | None
    """When its stage had passed; None where it has not, or where it has none."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every function point, as a project or section stands to it."""

    subject: Subject
    as_of: Times
    sections: tuple[Subject, ...]
    """The sections that were looked at: those that follow a profile, or the subject alone."""
    profiles: tuple[Profile, ...]
    """The procedures that they follow."""
    points: tuple[PointFinding, ...]
    """In the order of the registry."""


def coverage(
    subject: Subject,
    sections: Sequence[Subject],
    catalogue: Catalogue,
    state: State,
    as_of: Times,
    shown: Shown = lambda _: True,
    of: Callable[[Subject], Catalogue] | None = None,
    shown_record: Callable[[RecordId, str], bool] = lambda *_: True,
) -> Turns[Coverage]:
    """How `subject` stands to each function point.

    Args:
        subject: a project or a section.
        sections: of a project, those of its sections that are to count; empty for a section.
        catalogue: whose registry, types and profiles hold.
        state: as it stands at `as_of`.
        as_of: the position of whoever asks; what is in force there counts.
        shown: whether whoever asks may know of records of a type; what the procedure demands is
            always told, as completeness tells it.
        of: the version that holds for a section; None where `catalogue` holds for all. The points
            are those of `catalogue`.
        shown_record: whether whoever asks may know of one record of a type that is shown.
    """
    looked_at, parts = tuple(sections) or (subject,), list[_Section]()
    for each in looked_at:
        by = Asked(catalogue, state, as_of, shown, shown_record=shown_record)
        own = catalogue if of is None else of(each)
        judged = yield from completeness_in_turns(each, own, state, as_of, optional=False)
        part = _Section(judged, own, by)
        yield from part.look()
        parts.append(part)
    profiles = {part.profile.key: part.profile for part in parts if part.profile is not None}
    return Coverage(
        subject,
        as_of,
        looked_at,
        tuple(profiles.values()),
        tuple(
            _joined([part.finding(point) for part in parts]) for point in catalogue.points.values()
        ),
    )


class _Section:
    """One section, with what each point is judged by."""

    def __init__(self, found: Completeness, catalogue: Catalogue, by: Asked) -> None:
        """`by` is whoever asks; its catalogue and points elsewhere are the section's own."""
        self._catalogue, self._found, state = catalogue, found, by.state
        self.profile = self._found.profile
        belongs = frozenset(_belonging(self.profile))
        self._shown: Shown = lambda name: (
            catalogue.types[name].visibility != OFF_LEDGER and (name in belongs or by.shown(name))
        )
        elsewhere = () if self.profile is None else self.profile.elsewhere
        self._asked = replace(by, catalogue=catalogue, shown=self._shown, elsewhere=elsewhere)
        self._end = ProcedureEnd(self._found, catalogue, state)
        self._records: dict[str, dict[RecordId, NodeRecord]] = {}
        self._nodes = _nodes_at(self._found, catalogue)

    def look(self) -> Turns[None]:
        """Look for the records, once, before anything is found."""
        for each in seen_from(self._found.subject):
            found = yield from records_at_points(Subject(each), self._asked)
            for point, records in found.items():
                known = self._records.setdefault(point, {})
                known.update((record.record_id, record) for record in records)

    def finding(self, point: Point) -> PointFinding:
        """How the section stands to one point."""
        found = self._records.get(point.key, {}).values()
        records = tuple(sorted(found, key=lambda each: each.at.index))
        away = self.profile is None or point.subsystem in self.profile.elsewhere
        nodes = () if away else self._nodes.get(point.key, ())
        missing = tuple(node for node, state in nodes if state is NodeState.MISSING)
        names = () if away else self._end.expected_at(point)
        told = tuple(name for name in names if self._shown(name))
        passed_ms = self._end.passed_ms(told)
        if missing:
            state = PointState.MISSING
        elif records:
            state = PointState.LIVE
        elif not names:
            state = PointState.ELSEWHERE
        elif not told:
            state = PointState.WITHHELD
        else:
            state = PointState.AWAITED if passed_ms is None else PointState.SILENT
        late = any(state in _OUT_OF_TIME for _, state in nodes)
        return PointFinding(point, state, records, late, missing, passed_ms)


def _belonging(profile: Profile | None) -> Iterable[str]:
    """The types of a procedure's mandatory nodes: the witness certificate tells of them."""
    return () if profile is None else (name for node in profile.nodes() for name in node.types)


def _nodes_at(
    found: Completeness, catalogue: Catalogue
) -> Mapping[str, tuple[tuple[Node, NodeState], ...]]:
    """The mandatory nodes that stand at each point by their types."""
    at: dict[str, list[tuple[Node, NodeState]]] = {}
    for each in found.mandatory:
        kinds = (catalogue.types[name] for name in each.node.types)
        points = {
            point
            for kind in kinds
            for point in kind.function_points
            if point not in kind.named_points
        }
        for point in points:
            at.setdefault(point, []).append((each.node, each.state))
    return {point: tuple(nodes) for point, nodes in at.items()}


def _joined(findings: Sequence[PointFinding]) -> PointFinding:
    """What the sections of a project show together."""
    first = min(findings, key=lambda each: _FIRST.index(each.state))
    records = {record.record_id: record for each in findings for record in each.records}
    passed = [each.passed_ms for each in findings if each.passed_ms is not None]
    return replace(
        first,
        records=tuple(sorted(records.values(), key=lambda each: each.at.index)),
        late=any(each.late for each in findings),
        missing=tuple(dict.fromkeys(node for each in findings for node in each.missing)),
        passed_ms=min(passed, default=None),
    )
