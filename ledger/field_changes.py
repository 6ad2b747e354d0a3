"""What one record of an amendment chain changes: field by field, from what to what.

A private field is a commitment under a fresh salt, so equal values look different: that one changed
is said only where both openings are in hand. Opens nothing. Spec: ``docs/spec/traces.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, cast

from ledger.core.canonical import Value, encode
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.openings import Opening
from ledger.core.record import Record

OF_THE_ACT: Final = frozenset({"reason", "changed"})
"""Fields that speak of the amendment itself, and not of what is amended."""


class FieldKind(StrEnum):
    """Where a field stands in a record."""

    PUBLIC = "public"
    PRIVATE = "private"
    DOCUMENT = "document"
    """Its name is the document's label, its value the SHA-256."""


class Change(StrEnum):
    """What became of a field."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """Said again with the same value."""
    ADDED = "added"
    """Said for the first time; of a private field, committed for the first time."""
    SAID = "said"
    """Said here; what stood before is not shown to the caller."""
    DROPPED = "dropped"
    """No longer said, by a record that says everything else again."""
    RECOMMITTED = "recommitted"
    """Committed anew, and not both openings are shown: nobody can tell whether it changed."""
    DECLARED = "declared"
    """Named as changed, and nothing in the record gives a value."""


@dataclass(frozen=True, slots=True)
class Said:
    """A record of a chain, and the openings of it that are in hand."""

    record_id: RecordId
    record: Record
    height: int
    index: LogIndex
    """Where it takes effect in the log."""
    committed_at_ms: int
    """Block time there."""
    openings: Mapping[str, Opening] = field(default_factory=dict)
    """By name; each was verified against this record."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after."""

    kind: FieldKind
    name: str
    change: Change
    before: tuple[Value, ...] = ()
    """The value; empty where there is none or it is not shown."""
    after: tuple[Value, ...] = ()
    declared: bool = True
    """False where the record lists what it changed, and this is not among it."""


class Standing:
    """What a chain says up to some record; grows record by record."""

    __slots__ = ("_committed", "_documents", "_said", "_unseen")

    def __init__(self, *, unseen: bool = False) -> None:
        """`unseen`: the chain begins with records that are not shown."""
        self._unseen = unseen
        self._said: dict[str, Mapping[str, Value]] = {}
        self._committed: dict[str, Said] = {}
        self._documents: dict[str, Value] = {}

    def amend(self, said: Said) -> tuple[FieldChange, ...]:
        """What `said` changes by amending what went before, and takes it in."""
        changes = _marked(said, [*self._public(said), *self._private(said), *self._filed(said)])
        self.take(said)
        return changes

    def replace(self, said: Said, replaces: Mapping[str, str]) -> tuple[FieldChange, ...]:
        """What `said`, a record of its own, gives a new value, and takes it in.

        Args:
            said: the record.
            replaces: which of its fields stands for which ``TYPE.field``.
        """
        changes: list[FieldChange] = []
        for own, target in replaces.items():
            type_key, _, name = target.rpartition(".")
            earlier = self._said.get(type_key, {})
            after = (said.record.fields[own],)
            changes.append(_compared(name, _held(earlier, name), after, self._unseen))
            self._said[type_key] = {**earlier, name: after[0]}
        return tuple(changes)

    def take(self, said: Said) -> None:
        """Take in what `said` says."""
        record = said.record
        self._said[record.type] = record.fields
        for name in record.private.names if record.private else ():
            self._committed[name] = said
        self._documents |= _documents(record)

    def _public(self, said: Said) -> Iterator[FieldChange]:
        """A record of the same type says everything again; one of another type says nothing."""
        record = said.record
        earlier = self._said.get(record.type)
        if earlier is None:
            return
        for name in sorted({*earlier, *record.fields} - OF_THE_ACT):
            yield _compared(name, _held(earlier, name), _held(record.fields, name), unseen=False)

    def _private(self, said: Said) -> Iterator[FieldChange]:
        for name in said.record.private.names if said.record.private else ():
            earlier = self._committed.get(name)
            before = () if earlier is None else _shown(earlier, name)
            after = _shown(said, name)
            if earlier is None and not self._unseen:
                change = Change.ADDED
            elif not before or not after:
                change = Change.RECOMMITTED
            else:
                change = _differs(before, after)
            yield FieldChange(FieldKind.PRIVATE, name, change, before, after)

    def _filed(self, said: Said) -> Iterator[FieldChange]:
        for label, digests in _documents(said.record).items():
            before = _held(self._documents, label)
            found = _compared(label, before, (digests,), self._unseen)
            yield FieldChange(
                FieldKind.DOCUMENT, label, found.change, _flat(found.before), _flat(found.after)
            )


def _documents(record: Record) -> dict[str, Value]:
    """The digests filed under each label; a label may stand more than once."""
    found: dict[str, tuple[bytes, ...]] = {}
    for item in record.evidence:
        found[item.label] = (*found.get(item.label, ()), item.sha256)
    return {**found}


def _flat(value: tuple[Value, ...]) -> tuple[Value, ...]:
    """The digests under a label."""
    return cast("tuple[Value, ...]", value[0]) if value else ()


def _held(fields: Mapping[str, Value], name: str) -> tuple[Value, ...]:
    return (fields[name],) if name in fields else ()


def _shown(said: Said, name: str) -> tuple[Value, ...]:
    opening = said.openings.get(name)
    return () if opening is None else (opening.value,)


def _compared(
    name: str, before: tuple[Value, ...], after: tuple[Value, ...], unseen: bool
) -> FieldChange:
    """A value that is open to everybody."""
    if not before:
        change = Change.SAID if unseen else Change.ADDED
    else:
        change = _differs(before, after) if after else Change.DROPPED
    return FieldChange(FieldKind.PUBLIC, name, change, before, after)


def _differs(before: tuple[Value, ...], after: tuple[Value, ...]) -> Change:
    """By their bytes: to Python 1 and true are equal, and to the ledger they are not."""
    return Change.UNCHANGED if encode(before) == encode(after) else Change.CHANGED


def _marked(said: Said, found: list[FieldChange]) -> tuple[FieldChange, ...]:
    """What was found, marked where the record lists what it changed and leaves one out.

    What it lists and gives no value of stands last.
    """
    listed = said.record.fields.get("changed")
    if not isinstance(listed, tuple):
        return tuple(found)
    names = {str(each) for each in listed}
    told = {each.name for each in found if each.kind is not FieldKind.DOCUMENT}
    marked = [replace(each, declared=_is_declared(each, names)) for each in found]
    bare = sorted(names - told)
    return (*marked, *(FieldChange(FieldKind.PUBLIC, each, Change.DECLARED) for each in bare))


def _is_declared(found: FieldChange, names: set[str]) -> bool:
    """Whether nobody need wonder that the record does not list it."""
    if found.kind is FieldKind.DOCUMENT or found.change is Change.UNCHANGED:
        return True
    return found.name in names
