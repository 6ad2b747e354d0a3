"""A record's amendment trace as the state knows it: who changed which public field when.

What a member committed privately is told as committed; values are for whoever holds the openings.
Records that the caller may not see are left out, and what amends them says so. Spec:
``docs/spec/traces.md``.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from api.forms import Json
from api.kept import require_origin_kept
from api.service import LedgerService
from contracts import layout
from contracts.overlay import Overlay
from contracts.state import State, seen_from
from contracts.tables import VOIDED, Catalogue
from contracts.verdict import Times
from ledger.block_store import StoredRecord
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.record import Record
from ledger.field_changes import Said
from ledger.trace_json import chain_value
from ledger.traces import CONFIRMED, Chain, cited, traces

RECORDS_MAX: Final = 500
"""Records that one answer looks at; a longer chain is told from the record that was asked for."""


def type_names(catalogue: Catalogue, type_key: str) -> dict[str, Json]:
    """What a record type is called."""
    kind = catalogue.type(type_key)
    return {
        "type_code": kind.code if kind else "",
        "type_zh": kind.zh if kind else type_key,
        "type_en": kind.en if kind else type_key,
    }


def trace_form(service: LedgerService, record_id: RecordId) -> dict[str, Json]:
    """The chains that a record belongs to, at this node's head.

    Raises:
        NotPublic: `api.not_public`.
        StoreError: `record.unknown`, `record.not_kept`.
    """
    chains, whole = chains_of(service, record_id)
    return {
        "record_id": record_id.hex(),
        "height": service.chain.head.height,
        "whole": whole,
        "chains": [
            chain_value(each, lambda name: type_names(service.catalogue, name)) for each in chains
        ],
    }


def chains_of(
    service: LedgerService, record_id: RecordId, *, as_kept: bool = False
) -> tuple[tuple[Chain, ...], bool]:
    """The chains that a record belongs to, and whether all that they hold was looked at.

    Args:
        service: as the caller may see it.
        record_id: of a record that the caller may see.
        as_kept: leave out what this node does not keep, instead of refusing the whole.

    Raises:
        NotPublic: `api.not_public`.
        StoreError: `record.unknown`, `record.not_kept`.
    """
    service.viewer.require(service.decoded(service.stored(record_id)))
    gathered = _Gathering(service, as_kept=as_kept)
    gathered.follow(record_id)
    found = traces(gathered.said, service.catalogue.replacing)
    return tuple(each for each in found if _holds(each, record_id)), gathered.whole


def _holds(chain: Chain, record_id: RecordId) -> bool:
    return any(record_id in (each.said.record_id, each.of) for each in chain.acts)


class _Gathering:
    """The records of a chain, as far as the caller may see them."""

    def __init__(self, service: LedgerService, *, as_kept: bool) -> None:
        self._service, self._as_kept = service, as_kept
        self._state = State(Overlay(service.chain.state))
        head = service.chain.head
        self._as_of = Times(head.log_size, head.time_ms)
        self._found: dict[RecordId, Said] = {}
        self._looked: set[RecordId] = set()
        self.whole = True

    @property
    def said(self) -> Iterable[Said]:
        """What was gathered."""
        return self._found.values()

    def follow(self, record_id: RecordId) -> None:
        """Gather everything that is tied to a record by amending, replacing and voiding."""
        self._see(record_id)
        waiting = [record_id, *self._replaced_by(record_id)]
        while waiting:
            current = waiting.pop()
            if current in self._looked:
                continue
            if len(self._looked) >= RECORDS_MAX:
                self.whole = False
                return
            self._looked.add(current)
            record = self._see(current)
            newest = self._state.newest(current)
            if newest is not None:
                waiting.append(newest)
            for by in self._voidings(current):
                self._see(by)
            if record is not None:
                waiting += cited(record, "amends")
                waiting += cited(record, "voids")
                for each in self._replacing(record):
                    self._see(each)

    def _see(self, record_id: RecordId) -> Record | None:
        """Take in a record; None where the caller may not see it, or it is not kept here."""
        if record_id in self._found:
            return self._found[record_id].record
        if self._as_kept and not _is_kept(self._service, record_id):
            self.whole = False
            return None
        require_origin_kept(self._service.chain, record_id)
        stored = self._service.stored(record_id)
        record = self._service.decoded(stored)
        if not self._service.viewer.may_see(record):
            return None
        self._found[record_id] = _said(stored, record)
        return record

    def _voidings(self, record_id: RecordId) -> Iterator[RecordId]:
        """The voiding in effect, and who confirmed it."""
        row = self._state.record(record_id)
        if row is None or row.voided_index is None:
            return
        voiding = self._listed(row.subject, VOIDED, row.voided_index)
        if voiding is None:
            return
        yield voiding
        for index in self._state.cited_at(voiding, CONFIRMED, self._as_of):
            confirmation = self._listed(row.subject, CONFIRMED, index)
            if confirmation is not None:
                yield confirmation

    def _listed(self, subject: str, type_key: str, index: int) -> RecordId | None:
        """The record of a type about a subject that took effect at a place of the log."""
        key = layout.by_group(subject, type_key) + layout.place(index)
        row = self._state.overlay.get(key)
        return None if row is None else RecordId(row[: layout.ID_BYTES])

    def _replacing(self, record: Record) -> Iterator[RecordId]:
        """Records of the subject that replace a field of this one's type."""
        for type_key, fields in self._service.catalogue.replacing.items():
            if record.type in {each.rpartition(".")[0] for each in fields.values()}:
                yield from self._state.records(record.subject, type_key, self._as_of)

    def _replaced_by(self, record_id: RecordId) -> Iterator[RecordId]:
        """The records of which this one replaces a field."""
        record = self._found[record_id].record if record_id in self._found else None
        fields = self._service.catalogue.replacing.get(record.type, {}) if record else {}
        for target in fields.values() if record else ():
            for subject in seen_from(record.subject) if record else ():
                yield from self._state.records(subject, target.rpartition(".")[0], self._as_of)


def _is_kept(service: LedgerService, record_id: RecordId) -> bool:
    """Whether a record, and where it took effect, is here."""
    stored = service.chain.blocks.record(record_id)
    origin = None if stored is None else stored.came_from
    return stored is not None and (origin is None or origin.commitment is not None)


def _said(stored: StoredRecord, record: Record) -> Said:
    """A record where it takes effect: what was sealed, at its commitment."""
    origin = stored.came_from
    entered = stored if origin is None or origin.commitment is None else origin.commitment
    return Said(
        stored.record_id,
        record,
        entered.entry.height,
        LogIndex(entered.place.index),
        entered.entry.block_time_ms,
    )
