"""Node completeness (完整节点见证): what a section shows of its procedure, and what it lacks.

A question to the state as of a position, and never a write. Every node, the API and the rules for
certificates and alerts ask it here, so that none of them can differ. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.early_end import early_end, excuse
from contracts.lateness import Lateness
from contracts.node_count import Counted, NodeRecord, count
from contracts.profile import Group, Node, Profile
from contracts.selector import Selector
from contracts.state import State, seen_from
from contracts.tables import CERTIFICATE, Catalogue
from contracts.turns import TURN_RECORDS, Turns, at_once
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject

STATUS_CHANGED: Final = "tender.certificate_status_changed"


class NodeState(StrEnum):
    """How one node of a profile stands."""

    PRESENT = "present"
    LATE = "late"
    """There, but outside its time window (AL02), or after the timer that it stops had fired."""
    OUT_OF_ORDER = "out_of_order"
    """There, but whole only after a later group had begun."""
    MISSING = "missing"
    """Not there, although a later group has begun or the certificate was asked for."""
    AWAITED = "awaited"
    """Not there, and not yet due."""
    NOT_NEEDED = "not_needed"
    """An optional node that did not occur, or one whose anchors are not there."""


@dataclass(frozen=True, slots=True)
class NodeFinding:
    """One node, as it stands."""

    node: Node
    state: NodeState
    counted: Counted
    mandatory: bool


@dataclass(frozen=True, slots=True)
class GroupFinding:
    """One group of mandatory nodes, as it stands."""

    group: Group
    nodes: tuple[NodeFinding, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a section shows of its procedure."""

    subject: Subject
    as_of: Times
    profile: Profile | None
    """None where the section follows none: it began before there was one, or named none."""
    groups: tuple[GroupFinding, ...] = ()
    optional: tuple[NodeFinding, ...] = ()
    open: tuple[NodeRecord, ...] = ()
    """Objections, complaints and suspensions without an end, and a certificate voided by hand."""
    ended: NodeRecord | None = None
    """What ended the procedure early."""
    asked: bool = False
    """Whether the project file set is there (T61)."""
    certificate: RecordId | None = None
    """The witness certificate in force."""

    @property
    def mandatory(self) -> Iterator[NodeFinding]:
        """Every mandatory node, in the profile's order."""
        for group in self.groups:
            yield from group.nodes

    @property
    def lacking(self) -> tuple[NodeFinding, ...]:
        """The mandatory nodes that are not whole, due or not."""
        return tuple(each for each in self.mandatory if not each.counted.satisfied)

    @property
    def certifiable(self) -> bool:
        """Whether every condition of the witness certificate holds."""
        return self.profile is not None and self.asked and not self.lacking and not self.open


def completeness(
    subject: Subject,
    catalogue: Catalogue,
    state: State,
    as_of: Times,
    *,
    optional: bool = True,
) -> Completeness:
    """What `subject` shows of its procedure, found at once; else as `completeness_in_turns`."""
    return at_once(completeness_in_turns(subject, catalogue, state, as_of, optional=optional))


def completeness_in_turns(
    subject: Subject,
    catalogue: Catalogue,
    state: State,
    as_of: Times,
    *,
    optional: bool = True,
) -> Turns[Completeness]:
    """What `subject` shows of its procedure.

    Args:
        subject: a section, or a project without sections; it sees its project's records.
        catalogue: whose profiles and types hold.
        state: as it stands at `as_of`.
        as_of: the position of whoever asks; what is in force there counts.
        optional: whether to look at optional nodes too, on which nothing depends.
    """
    profile = followed(subject, catalogue, state, as_of)
    if profile is None:
        return Completeness(subject, as_of, None)
    view = _View(
        subject,
        catalogue,
        state,
        as_of,
        ended=early_end(profile, subject, state, as_of),
        asked=state.exists(subject, profile.asked_by, as_of),
        unsealed=state.exists(subject, profile.unsealed_by, as_of),
        lateness=Lateness(subject, catalogue, state, as_of),
    )
    groups = yield from _groups(profile, view)
    besides = yield from _optional(profile.optional if optional else (), view)
    return Completeness(
        subject,
        as_of,
        profile,
        groups,
        besides,
        tuple(_open(profile, view)),
        view.ended,
        view.asked,
        next(state.open(subject, CERTIFICATE, as_of), None),
    )


def followed(subject: Subject, catalogue: Catalogue, state: State, as_of: Times) -> Profile | None:
    """The profile that a section follows; None where it follows none."""
    for reference in sorted({each.chosen_by for each in catalogue.profiles.values()}):
        chosen = catalogue.profiles.get(str(state.value(subject, reference, as_of)))
        if chosen is not None and chosen.chosen_by == reference:
            return chosen
    return None


def is_sealed(node: Node, catalogue: Catalogue) -> bool:
    """Whether a node's records enter under seal, so that none is missed before all are opened."""
    return any(catalogue.types[name].is_sealed for name in node.types)


def node_name(node: Node, catalogue: Catalogue) -> str:
    """How alerts name a node: the working codes of its types (``T14|T16``), or their keys."""
    return "|".join(catalogue.types[name].code or name for name in node.types)


@dataclass(frozen=True, slots=True)
class _View:
    """A section at one position, with what every node is judged by."""

    subject: Subject
    catalogue: Catalogue
    state: State
    as_of: Times
    ended: NodeRecord | None
    asked: bool
    unsealed: bool
    """Whether all that is sealed should have been opened by now."""
    lateness: Lateness

    def count(self, node: Node) -> Turns[Counted]:
        """What is there of a node."""
        return count(node, self.subject, self.state, self.as_of)

    def is_hidden(self, node: Node) -> bool:
        """Whether a node's records are still under seal."""
        return not self.unsealed and is_sealed(node, self.catalogue)

    def in_time(self, found: Counted) -> Turns[NodeState]:
        """Present, or late where a record of the node came too late."""
        for number, each in enumerate(found.records, 1):
            if number % TURN_RECORDS == 0:
                yield
            if self.lateness.of(each):
                return NodeState.LATE
        return NodeState.PRESENT


def _groups(profile: Profile, view: _View) -> Turns[tuple[GroupFinding, ...]]:
    """Every group: a node is due, and too late to be in order, once a later group has begun."""
    counted: dict[str, list[Counted]] = {}
    for group in profile.groups:
        nodes = counted[group.key] = []
        for node in group.nodes:
            nodes.append((yield from view.count(node)))
    begun = {key: _first_index(found) for key, found in counted.items()}
    if view.ended is not None:
        counted = excuse(profile, counted, view.ended.at.index, view.is_hidden)
    groups: list[GroupFinding] = []
    for group in profile.groups:
        later = (each.key for each in profile.groups if group.key in each.earlier)
        starts = [start for key in later if (start := begun[key]) is not None]
        next_index, judged_nodes = min(starts, default=None), list[NodeFinding]()
        for node, found in zip(group.nodes, counted[group.key], strict=True):
            state = yield from _stands(node, found, next_index, view)
            judged_nodes.append(NodeFinding(node, state, found, mandatory=True))
        groups.append(GroupFinding(group, tuple(judged_nodes)))
    return tuple(groups)


def _stands(node: Node, found: Counted, next_index: int | None, view: _View) -> Turns[NodeState]:
    """How a mandatory node stands."""
    if not found.wanted_count:
        return NodeState.NOT_NEEDED
    if not found.satisfied:
        due = view.asked or (next_index is not None and not view.is_hidden(node))
        return NodeState.MISSING if due else NodeState.AWAITED
    reached = found.reached_index
    if next_index is not None and reached is not None and reached > next_index:
        return NodeState.OUT_OF_ORDER
    return (yield from view.in_time(found))


def _optional(types: Iterable[str], view: _View) -> Turns[tuple[NodeFinding, ...]]:
    """How nodes stand that only may be there."""
    nodes: list[NodeFinding] = []
    for type_key in types:
        node = Node((Selector(type_key),))
        found = yield from view.count(node)
        state = NodeState.NOT_NEEDED
        if found.records:
            state = yield from view.in_time(found)
        nodes.append(NodeFinding(node, state, found, mandatory=False))
    return tuple(nodes)


def _open(profile: Profile, view: _View) -> Iterator[NodeRecord]:
    """What holds the certificate, in the order of the profile's list."""
    for type_key in profile.none_open:
        for subject in seen_from(view.subject):
            for record_id in view.state.open(subject, type_key, view.as_of):
                yield from _as_record(record_id, view.state)
    for record_id in list(view.state.records(view.subject, STATUS_CHANGED, view.as_of))[-1:]:
        row = view.state.record(record_id)
        if row is not None and row.kept.get("status") == "voided":
            yield from _as_record(record_id, view.state)


def _as_record(record_id: RecordId, state: State) -> Iterator[NodeRecord]:
    row = state.record(record_id)
    if row is not None and row.effective is not None:
        yield NodeRecord(record_id, row.type, row.issuer, row.effective)


def _first_index(found: list[Counted]) -> int | None:
    """Effective index of a group's first record; None where it has not begun."""
    return min((each.records[0].at.index for each in found if each.records), default=None)
