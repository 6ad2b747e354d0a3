"""Amendment traces: who changed which field when, along the records that amend, replace and void.

Put together from records that the caller has verified; opens nothing and believes nobody. That no
later amendment exists is not proved by it. Spec: ``docs/spec/traces.md``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.field_changes import FieldChange, Said, Standing

CONFIRMED: Final = "ledger.confirmed"
Sets = Mapping[str, Mapping[str, str]]
"""By type: which of its fields replaces which ``TYPE.field`` in the subject."""


class ActKind(StrEnum):
    """What somebody did to a record."""

    SAID = "said"
    """Said it first."""
    AMENDED = "amended"
    REPLACED = "replaced"
    """Gave a field of it a new value, by a record of its own (an extension of a deadline)."""
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Act:
    """One record of a chain, and what it changed."""

    kind: ActKind
    said: Said
    of: RecordId | None
    """What it amends, replaces or voids; None for the first."""
    changes: tuple[FieldChange, ...] = ()
    confirmed_by: tuple[Said, ...] = ()
    """Of a voiding: who confirmed it. It holds from the first confirmation on."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One record and everything that befell it, in the order of the log."""

    root: RecordId
    """The record that was said first."""
    acts: tuple[Act, ...]
    unseen: bool = False
    """The root is not shown to the caller; the acts begin with what amends it."""


def traces(said: Iterable[Said], sets: Sets) -> tuple[Chain, ...]:
    """The chains of more than one act, in the order of the log.

    Args:
        said: every record that may belong to one, each verified; others do no harm.
        sets: of the catalogue in force.
    """
    known = _Known(said, sets)
    chains = (known.chain(root) for root in known.roots())
    return tuple(each for each in chains if each.unseen or len(each.acts) > 1)


def cited(record: Record, relation: str) -> Iterator[RecordId]:
    """The records of this ledger that a record cites so."""
    for ref in record.refs:
        if ref.relation == relation and ref.network_id is None:
            yield ref.record_id


class _Known:
    """The records by what they do to each other."""

    def __init__(self, said: Iterable[Said], sets: Sets) -> None:
        self._sets = sets
        self._all = {each.record_id: each for each in sorted(said, key=lambda each: each.index)}
        self._amended_by = self._by("amends")
        self._voided_by = self._by("voids")
        self._confirmed_by = self._by("confirms")
        self._replaced_by: dict[RecordId, list[Said]] = {}
        for each in self._all.values():
            for type_key in dict.fromkeys(self._replaced_types(each)):
                last = self._last_before(each, type_key)
                if last is not None:
                    self._replaced_by.setdefault(last, []).append(each)

    def roots(self) -> Iterator[RecordId]:
        """Records that amend nothing, and unseen ones that are amended or voided."""
        for each in self._all.values():
            if next(cited(each.record, "amends"), None) is None:
                yield each.record_id
        for unseen in {**self._amended_by, **self._voided_by}:
            if unseen not in self._all:
                yield unseen

    def chain(self, root: RecordId) -> Chain:
        """What befell `root`, each record once and in the order of the log."""
        acts: list[tuple[ActKind, Said, RecordId]] = []
        standing = Standing(unseen=root not in self._all)
        for each in self._path(root):
            acts += ((ActKind.AMENDED, by, each) for by in self._amended_by.get(each, ())[:1])
            acts += ((ActKind.REPLACED, by, each) for by in self._replaced_by.get(each, ()))
            acts += ((ActKind.VOIDED, by, each) for by in self._voided_by.get(each, ()))
        done: list[Act] = []
        if root in self._all:
            standing.take(self._all[root])
            done.append(Act(ActKind.SAID, self._all[root], None))
        for kind, by, of in sorted(acts, key=lambda act: act[1].index):
            done.append(self._act(kind, by, of, standing))
        return Chain(root, tuple(done), root not in self._all)

    def _act(self, kind: ActKind, by: Said, of: RecordId, standing: Standing) -> Act:
        match kind:
            case ActKind.AMENDED:
                return Act(kind, by, of, standing.amend(by))
            case ActKind.REPLACED:
                return Act(kind, by, of, standing.replace(by, self._replaces(by)))
            case _:
                confirmations = self._confirmed_by.get(by.record_id, ())
                return Act(kind, by, of, (), tuple(confirmations))

    def _path(self, root: RecordId) -> Iterator[RecordId]:
        """The versions from `root` to the newest; each is amended once."""
        seen: set[RecordId] = set()
        current: RecordId | None = root
        while current is not None and current not in seen:
            seen.add(current)
            yield current
            following = self._amended_by.get(current, ())
            current = following[0].record_id if following else None

    def _by(self, relation: str) -> dict[RecordId, list[Said]]:
        """By the record cited: which records cite it so, in the order of the log."""
        found: dict[RecordId, list[Said]] = {}
        for each in self._all.values():
            if relation == "confirms" and each.record.type != CONFIRMED:
                continue
            for record_id in dict.fromkeys(cited(each.record, relation)):
                found.setdefault(record_id, []).append(each)
        return found

    def _replaces(self, said: Said) -> dict[str, str]:
        """Which of its fields replaces what."""
        wanted = self._sets.get(said.record.type, {})
        return {own: target for own, target in wanted.items() if own in said.record.fields}

    def _replaced_types(self, said: Said) -> Iterator[str]:
        return (target.rpartition(".")[0] for target in self._replaces(said).values())

    def _last_before(self, said: Said, type_key: str) -> RecordId | None:
        """The last record of a type about its section, else its project, before it."""
        project = str(said.record.subject).partition("/")[0]
        for subject in (said.record.subject, project):
            found = [
                each.record_id
                for each in self._all.values()
                if each.record.type == type_key
                and each.record.subject == subject
                and each.index < said.index
            ]
            if found:
                return found[-1]
        return None
