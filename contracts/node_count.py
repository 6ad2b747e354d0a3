"""Counts the records of one node of a profile: what is wanted, what is there, what lacks.

Asks the state and never writes. Nothing here knows of groups, order or time limits; that is
`completeness`. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Final

from contracts.adopted_rows import adopted
from contracts.profile import Anchor, Node
from contracts.selector import Selector
from contracts.state import State, seen_from
from contracts.turns import TURN_RECORDS, Turns
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import MemberId, RecordId, Subject

LACKING_MAX: Final = 16
"""Combinations named in an answer; their number is always told in full."""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One record that counts for a node."""

    record_id: RecordId
    type: str
    member: MemberId
    """Its issuer."""
    at: Times
    """Where it took effect; of a sealed record, the place of its commitment."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How far a node is there."""

    records: tuple[NodeRecord, ...]
    """In effective order; records that belong to no anchor do not count."""
    wanted_count: int
    """1, or the number of combinations of the anchors' records; 0 where there is nothing to do."""
    found_count: int
    lacking: tuple[tuple[NodeRecord, ...], ...]
    """The first combinations of anchors that have no record; empty for a node without anchors."""
    reached_index: int | None
    """Effective index at which the node was first complete; None where it is not."""

    def excused(self) -> "Counted":
        """The same records, of which none is wanted any more where not all are there."""
        return self if self.satisfied else Counted(self.records, 0, 0, (), None)

    @property
    def satisfied(self) -> bool:
        """Whether nothing lacks."""
        return self.found_count == self.wanted_count


@dataclass(frozen=True, slots=True)
class _Side:
    """One anchor of a node."""

    wanted: Mapping[str, NodeRecord]
    """By what tells them apart: a record id, or a member."""
    fitting: Sequence[frozenset[str]]
    """For each record of the node, which of them it belongs to."""


def count(node: Node, subject: Subject, state: State, as_of: Times) -> Turns[Counted]:
    """Count what is there of `node` in what `subject` sees."""
    found: list[NodeRecord] = []
    for chosen in node.selectors:
        # Of one node there may be thousands.
        for number, row in enumerate(_rows(chosen.type, subject, state, as_of), 1):
            if number % TURN_RECORDS == 0:
                yield
            found.extend(_chosen(chosen, row, node.says))
    found.sort(key=lambda each: each.at.index)
    done = _adopted(node, subject, state, as_of)
    if done is not None:
        return Counted((done,), 1, 1, (), done.at.index)
    if not node.each:
        reached = found[0].at.index if found else None
        return Counted(tuple(found), 1, int(bool(found)), (), reached)
    sides = [_side(anchor, found, subject, state, as_of) for anchor in node.each]
    first: dict[tuple[str, ...], int] = {}
    counting: list[NodeRecord] = []
    for place, record in enumerate(found):
        items = tuple(product(*(side.fitting[place] for side in sides)))
        for item in items:
            first.setdefault(item, record.at.index)
        if items:
            counting.append(record)
    wanted_count = prod(len(side.wanted) for side in sides)
    reached_index = max(first.values()) if first and len(first) == wanted_count else None
    combinations = product(*(side.wanted for side in sides))
    lacking = tuple(
        tuple(side.wanted[name] for side, name in zip(sides, item, strict=True))
        for item in islice((item for item in combinations if item not in first), LACKING_MAX)
    )
    return Counted(tuple(counting), wanted_count, len(first), lacking, reached_index)


def _adopted(node: Node, subject: Subject, state: State, as_of: Times) -> NodeRecord | None:
    """The record by which the node counts as done in a project that began before the ledger."""
    found = adopted(state, subject, node.types, as_of)
    if found is None or found[1].effective is None:
        return None
    record_id, row = found
    return NodeRecord(record_id, row.type, row.issuer, found[1].effective)


def records_of(type_key: str, subject: Subject, state: State, as_of: Times) -> Iterator[NodeRecord]:
    """The records of a type in force about what `subject` sees."""
    return selected(Selector(type_key), subject, state, as_of)


def selected(
    chosen: Selector, subject: Subject, state: State, as_of: Times, says: Sequence[str] = ()
) -> Iterator[NodeRecord]:
    """The records in force that `chosen` means, and that have every field of `says`."""
    for row in _rows(chosen.type, subject, state, as_of):
        yield from _chosen(chosen, row, says)


def _chosen(
    chosen: Selector, found: tuple[RecordId, RecordRow], says: Sequence[str]
) -> Iterator[NodeRecord]:
    """The record of a row, where it is meant."""
    record_id, row = found
    said = chosen.fits(row.kept) and all(row.kept.get(name) for name in says)
    if said and row.effective is not None:
        yield NodeRecord(record_id, row.type, row.issuer, row.effective)


def _rows(
    type_key: str, subject: Subject, state: State, as_of: Times
) -> Iterator[tuple[RecordId, RecordRow]]:
    for each in seen_from(subject):
        for record_id in state.records(each, type_key, as_of):
            row = state.record(record_id)
            if row is not None:
                yield record_id, row


def _side(
    anchor: Anchor, found: Sequence[NodeRecord], subject: Subject, state: State, as_of: Times
) -> _Side:
    """What one anchor wants, and which of it each record of the node is."""
    anchors = _anchors(anchor, subject, state, as_of)
    if anchor.by in {"cites", "cited"}:
        wanted = {each.record_id.hex(): each for each in anchors}
        linked = _citing if anchor.by == "cites" else _cited
        return _Side(wanted, linked(found, anchors, state, as_of))
    by_member: dict[str, NodeRecord] = {}
    for each in anchors:
        by_member.setdefault(each.member, each)
    members = (_member(each, anchor, state) for each in found)
    return _Side(by_member, [frozenset({name} & by_member.keys()) for name in members])


def _anchors(anchor: Anchor, subject: Subject, state: State, as_of: Times) -> list[NodeRecord]:
    """The anchor's records, without those that a record in force of `unless` cites."""
    found = list(records_of(anchor.type, subject, state, as_of))
    if not anchor.unless:
        return found
    excepting = {
        each.at.index
        for chosen in anchor.unless
        for each in selected(chosen, subject, state, as_of)
    }
    types = {chosen.type for chosen in anchor.unless}
    return [
        each
        for each in found
        if not any(
            index in excepting
            for name in types
            for index in state.cited_at(each.record_id, name, as_of)
        )
    ]


def _member(record: NodeRecord, anchor: Anchor, state: State) -> str:
    """Whom a record is about: its issuer, or whom its field names."""
    if not anchor.field:
        return record.member
    row = state.record(record.record_id)
    return str(row.kept.get(anchor.field, "")) if row is not None else ""


def _citing(
    found: Sequence[NodeRecord], anchors: Sequence[NodeRecord], state: State, as_of: Times
) -> list[frozenset[str]]:
    """For each record of the node, the anchors that it cites."""
    cited: dict[tuple[str, int], set[str]] = {}
    for anchor in anchors:
        for name in {each.type for each in found}:
            for index in state.cited_at(anchor.record_id, name, as_of):
                cited.setdefault((name, index), set()).add(anchor.record_id.hex())
    return [frozenset(cited.get((each.type, each.at.index), ())) for each in found]


def _cited(
    found: Sequence[NodeRecord], anchors: Sequence[NodeRecord], state: State, as_of: Times
) -> list[frozenset[str]]:
    """For each record of the node, the anchors that cite it."""
    by_index = {each.at.index: each.record_id.hex() for each in anchors}
    types = {each.type for each in anchors}
    return [
        frozenset(
            by_index[index]
            for name in types
            for index in state.cited_at(each.record_id, name, as_of)
            if index in by_index
        )
        for each in found
    ]
