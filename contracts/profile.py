"""Procedure profiles: which nodes a procedure must show, in which order of groups; as values.

A profile is a row of the catalogue (``profiles/*.toml``). Here it is read and its groups are put in
order; `profile_closure` proves that it fits the types, `completeness` asks the state. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.selector import Selector, selector
from contracts.table_row import Raw, Row, invalid

LINKS: Final = frozenset({"cites", "cited", "issuer"})
"""How a node's record belongs to an anchor, beside ``field:NAME``."""
FIELD: Final = "field:"


@dataclass(frozen=True, slots=True)
class Anchor:
    """For each record of a type, the node must be there once."""

    type: str
    by: str
    """``cites``: the node's record cites the anchor; ``cited``: the anchor cites it; ``issuer``:
    both have one issuer; ``field:NAME``: a field of the node's record names the anchor's issuer."""
    unless: tuple[Selector, ...] = ()
    """What takes the anchor out where it cites it: a rejected bid is not scored."""

    @property
    def field(self) -> str:
        """The field of ``field:NAME``; empty for the other links."""
        return self.by.removeprefix(FIELD) if self.by.startswith(FIELD) else ""


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that a procedure must show."""

    selectors: tuple[Selector, ...]
    """A record that any of them means will do."""
    each: tuple[Anchor, ...] = ()
    """Wanted once for each combination of their records; wanted once where there are none."""
    says: tuple[str, ...] = ()
    """Fields that a record must have to count: the site of a remote evaluation."""

    @property
    def types(self) -> tuple[str, ...]:
        """Types of the records that will do."""
        return tuple(each.type for each in self.selectors)


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes among which no order is judged."""

    key: str
    zh: str
    en: str
    nodes: tuple[Node, ...]
    begins: tuple[str, ...]
    """Types whose first record begins the group: what then lacks in earlier groups raises AL01."""
    earlier: frozenset[str]
    """Keys of the groups that come before it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of procedure."""

    key: str
    zh: str
    en: str
    version: int
    """A changed list is a new version; certificates name the one they were judged by."""
    chosen_by: str
    """``TYPE.field`` whose value in the section is the key of its profile."""
    asked_by: str
    """The type that closes the file and asks for the certificate (T61)."""
    unsealed_by: str
    """What is sealed is not missed before a record of this type (T28)."""
    ended_by: Selector | None
    """What ends the procedure early (T12): what had not begun by then is not wanted any more."""
    none_open: tuple[str, ...]
    """Types of which none may be open when the certificate is issued."""
    groups: tuple[Group, ...]
    optional: tuple[str, ...]
    """Types that belong to the procedure where they occur."""
    elsewhere: tuple[str, ...]
    """Subsystems of other procedures, whose function points a section of this one does not pass."""

    def nodes(self) -> Iterator[Node]:
        """Every mandatory node, in order."""
        for group in self.groups:
            yield from group.nodes

    def telling(self) -> Iterator[str]:
        """The types at whose first record something may be found missing."""
        yield from (self.asked_by, self.unsealed_by)
        for group in self.groups:
            yield from group.begins

    def types(self) -> Iterator[str]:
        """Every type whose record can complete the procedure, or break it; some more than once."""
        yield from (self.asked_by, self.unsealed_by, self.chosen_by.rpartition(".")[0])
        yield from self.none_open
        if self.ended_by is not None:
            yield self.ended_by.type
        for node in self.nodes():
            yield from node.types
            yield from (anchor.type for anchor in node.each)
            yield from (each.type for anchor in node.each for each in anchor.unless)


def profile(key: str, raw: Raw) -> Profile:
    """The profile of one table.

    Raises:
        FormatError: `catalogue.invalid`.
    """
    row = Row(key, raw)
    groups = row.many("groups", _group)
    made = Profile(
        key=key,
        zh=row.text("zh"),
        en=row.text("en"),
        version=row.integer("version"),
        chosen_by=row.text("chosen_by"),
        asked_by=row.text("asked_by"),
        unsealed_by=row.text("unsealed_by"),
        ended_by=_ended_by(row),
        none_open=row.texts("none_open"),
        groups=_ordered(key, groups),
        optional=row.texts("optional"),
        elsewhere=row.texts("elsewhere"),
    )
    row.end()
    return made


@dataclass(frozen=True, slots=True)
class _Placed:
    """A group as the data says it, before the order of all is known."""

    group: Group
    after: str
    before: str


def _group(row: Row) -> _Placed:
    made = Group(
        key=row.text("key"),
        zh=row.text("zh"),
        en=row.text("en"),
        nodes=row.many("nodes", _node),
        begins=row.texts("begins"),
        earlier=frozenset(),
    )
    return _Placed(made, row.text("after", ""), row.text("before", ""))


def _ended_by(row: Row) -> Selector | None:
    text = row.text("ended_by", "")
    return selector(row.where, text) if text else None


def _node(row: Row) -> Node:
    return Node(_selectors(row, "types"), row.many("each", _anchor), row.texts("says"))


def _selectors(row: Row, name: str) -> tuple[Selector, ...]:
    return tuple(selector(row.where, each) for each in row.texts(name))


def _anchor(row: Row) -> Anchor:
    made = Anchor(row.text("type"), row.text("by", "cites"), _selectors(row, "unless"))
    if made.by not in LINKS and not made.field:
        raise invalid(row.where, f"by = {made.by}")
    return made


def _ordered(where: str, placed: Sequence[_Placed]) -> tuple[Group, ...]:
    """The groups, each with all that come before it.

    A group follows the one above it. One that says `before` runs beside the others, from the end of
    its `after` on, and only the group that it names waits for it.
    """
    direct: dict[str, set[str]] = {}
    last = ""
    for each in placed:
        key = each.group.key
        if key in direct:
            raise invalid(where, f"group {key} is there twice")
        if each.after and each.after not in direct:
            raise invalid(where, f"group {key} comes after {each.after}, which is not above it")
        direct[key] = {name for name in (each.after or last,) if name}
        if not each.before:
            last = key
    for each in placed:
        if each.before:
            if each.before not in direct or each.before == each.group.key:
                raise invalid(where, f"group {each.group.key} comes before {each.before}")
            direct[each.before].add(each.group.key)
    return tuple(
        Group(
            each.group.key,
            each.group.zh,
            each.group.en,
            each.group.nodes,
            each.group.begins,
            _all_before(where, each.group.key, direct),
        )
        for each in placed
    )


def _all_before(where: str, key: str, direct: dict[str, set[str]]) -> frozenset[str]:
    """Every group that comes before `key`, over however many steps."""
    found: set[str] = set()
    waiting = set(direct[key])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= direct[name]
    if key in found:
        raise invalid(where, f"group {key} comes before itself")
    return frozenset(found)
