"""BlockStore: reads stored blocks, bundles and records, and puts payloads together to the byte.

Only reads. What it gives is what the chain once wrote; whether that is still right is audit's
question, so a row that is missing or does not decode is `store.damaged` here.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.block import BlockBundle, Header
from ledger.core.bundle import BundleHeader, bundle_id, record_leaf_hash
from ledger.core.certificate import CommitCertificate, decode_certificate
from ledger.core.effects import EnteredRecord
from ledger.core.entry import Entry
from ledger.core.identifiers import DIGEST_BYTES, BundleId, Height, LogIndex, RecordId
from ledger.core.merkle import Tree
from ledger.core.payload import encode_payload
from ledger.errors import FormatError, StoreError
from ledger.store.api import Reader
from ledger.store.keys import BASE, Table, last_number, number
from ledger.store.rows import (
    ENTRY_PART,
    NO_BUNDLE,
    BundleRow,
    Place,
    block_from,
    bundle_from,
    bundle_header_from,
    present,
    record_from,
    split_digests,
)
from ledger.stored_parts import (
    commitment_of,
    decoded_bundle_header,
    decoded_header,
    sealed_in,
)

_HEADERS_MAX: Final = 1024
_TREES_MAX: Final = 4
_BUNDLE_IDS_MAX: Final = 4096


class StoredBundle:
    """One bundle of one block; the tree over its record ids is made when first asked for."""

    __slots__ = ("_tree", "bundle_id", "header", "row")

    def __init__(self, row: BundleRow, header: BundleHeader) -> None:
        self.row = row
        self.header = header
        self.bundle_id = bundle_id(row.header)
        self._tree: Tree | None = None

    @property
    def tree(self) -> Tree:
        """Over the leaves ``["record", record id]``."""
        if self._tree is None:
            self._tree = Tree([record_leaf_hash(each) for each in self.row.record_ids])
        return self._tree


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record on the ledger."""

    record_id: RecordId
    data: bytes
    """Canonical bytes."""
    place: Place
    """Where it stands; of its opening where it came out of one."""
    entry: Entry
    """At that place."""
    came_from: "CameFrom | None" = None
    """None for a record with an entry of its own."""


@dataclass(frozen=True, slots=True)
class CameFrom:
    """How a sealed record came onto the ledger."""

    opening: StoredRecord
    """Carries it; has the entry."""
    commitment_id: RecordId
    commitment: StoredRecord | None
    """Where it takes effect; None below the snapshot with which the store began."""


class BlockStore:
    """Blocks and records by height and id."""

    __slots__ = ("_bundle_ids", "_bundles", "_headers", "_reader", "base")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.base = Height(int.from_bytes(reader.get(BASE) or b""))
        """The snapshot with which this store began: no block up to it is kept here. 0 for none."""
        self._headers: OrderedDict[Height, Header] = OrderedDict()
        self._bundles: OrderedDict[tuple[Height, int], StoredBundle] = OrderedDict()
        self._bundle_ids: OrderedDict[tuple[Height, int], BundleId] = OrderedDict()

    def header(self, height: Height) -> Header:
        """The header of a committed block.

        Raises:
            StoreError: `block.not_kept`; `store.damaged` where there is none: the head is known.
        """
        header = self._headers.get(height)
        if header is None:
            header = decoded_header(self.block_bytes(height)[0], height)
            self._headers[height] = header
            if len(self._headers) > _HEADERS_MAX:
                self._headers.popitem(last=False)
        return header

    def certificate(self, height: Height) -> CommitCertificate:
        """The certificate under which the block was committed here."""
        try:
            return decode_certificate(self.block_bytes(height)[1])
        except FormatError as problem:
            raise StoreError(Code.STORE_DAMAGED, what=f"certificate {height}") from problem

    def block_bytes(self, height: Height) -> tuple[bytes, bytes]:
        """Header and certificate of a block, as bytes."""
        row = self._reader.get(Table.BLOCK.key(number(height)))
        if row is None:
            self.require_kept(height)
        return block_from(present(row, f"block {height}"))

    def first_index(self, height: Height) -> LogIndex:
        """The log index of the first leaf of a block."""
        header = self.header(height)
        return LogIndex(header.log_size - header.entry_count - 1)

    def bundle_rows(self, height: Height) -> Iterator[BundleRow]:
        """The bundles of a block, without record bytes, in order."""
        self.require_kept(height)
        start, stop = Table.BUNDLE.range(number(height))
        return (bundle_from(value) for _, value in self._reader.scan(start, stop))

    def bundle(self, height: Height, ordinal: int) -> StoredBundle:
        """One bundle, kept at hand for the receipts of its other records."""
        kept = self._bundles.get((height, ordinal))
        if kept is None:
            row = bundle_from(self._bundle_row(height, ordinal))
            kept = StoredBundle(row, decoded_bundle_header(row.header, height))
            self._bundles[height, ordinal] = kept
            if len(self._bundles) > _TREES_MAX:
                self._bundles.popitem(last=False)
        return kept

    def block_bundles(self, height: Height) -> tuple[BlockBundle, ...]:
        """The bundles of a block with the bytes of the records that entered in it."""
        return tuple(self._block_bundle(row, height) for row in self.bundle_rows(height))

    def payload(self, height: Height) -> bytes:
        """The payload of a block, to the byte as it was agreed."""
        return encode_payload(self.block_bundles(height))

    def entry_ids(self, height: Height) -> list[RecordId]:
        """The record ids of all entries of a block, in order."""
        self.require_kept(height)
        start, stop = Table.ENTRY.range(number(height))
        parts = [value for _, value in self._reader.scan(start, stop)]
        return [RecordId(each) for each in split_digests(b"".join(parts))]

    def entry_id(self, height: Height, offset: int) -> RecordId:
        """The record id of the entry at `offset` of a block."""
        self.require_kept(height)
        key = Table.ENTRY.key(number(height), number(offset // ENTRY_PART))
        joined = present(self._reader.get(key), f"entries {height}")
        start = offset % ENTRY_PART * DIGEST_BYTES
        found = joined[start : start + DIGEST_BYTES]
        if len(found) != DIGEST_BYTES:
            raise StoreError(Code.STORE_DAMAGED, what=f"entry {height}/{offset}")
        return RecordId(found)

    def record_bytes(self, record_id: RecordId) -> tuple[Place, bytes] | None:
        """Place and canonical bytes of a record, or None where it is not on the ledger.

        What came out of an opening stands at the opening's place.
        """
        row = self._reader.get(Table.RECORD.key(record_id))
        if row is not None:
            return record_from(row)
        opening = self._opening_of(record_id)
        if opening is None:
            return None
        place, data = record_from(self._record_row(opening))
        return place, sealed_in(data, opening).record

    def record(self, record_id: RecordId) -> StoredRecord | None:
        """A record with its entry, or None where it is not on the ledger."""
        row = self._reader.get(Table.RECORD.key(record_id))
        if row is not None:
            return self._with_entry(record_id, row)
        opening_id = self._opening_of(record_id)
        if opening_id is None:
            return None
        opening = self._with_entry(opening_id, self._record_row(opening_id))
        commitment_id = commitment_of(opening.data, opening_id)
        row = self._reader.get(Table.RECORD.key(commitment_id))
        if row is None and not self.base:
            raise StoreError(Code.STORE_DAMAGED, what=f"record {commitment_id.hex()}")
        commitment = None if row is None else self._with_entry(commitment_id, row)
        origin = CameFrom(opening, commitment_id, commitment)
        inside = sealed_in(opening.data, opening_id).record
        return StoredRecord(record_id, inside, opening.place, opening.entry, origin)

    def _opening_of(self, record_id: RecordId) -> RecordId | None:
        found = self._reader.get(Table.OPENED.key(record_id))
        return RecordId(found) if found else None

    def _with_entry(self, record_id: RecordId, row: bytes) -> StoredRecord:
        place, data = record_from(row)
        bundle = None
        if place.ordinal != NO_BUNDLE:
            bundle = self._bundle_id(place.height, place.ordinal)
        time_ms = self.header(place.height).time_ms
        entry = Entry(place.height, time_ms, bundle, record_id)
        return StoredRecord(record_id, data, place, entry)

    def _bundle_id(self, height: Height, ordinal: int) -> BundleId:
        found = self._bundle_ids.get((height, ordinal))
        if found is None:
            found = bundle_id(bundle_header_from(self._bundle_row(height, ordinal)))
            self._bundle_ids[height, ordinal] = found
            if len(self._bundle_ids) > _BUNDLE_IDS_MAX:
                self._bundle_ids.popitem(last=False)
        return found

    def _bundle_row(self, height: Height, ordinal: int) -> bytes:
        row = self._reader.get(Table.BUNDLE.key(number(height), number(ordinal)))
        return present(row, f"bundle {height}/{ordinal}")

    def entered(self, height: Height) -> tuple[EnteredRecord, ...]:
        """Everything that has an entry in a block, in order."""
        bundles = [(bundle_id(row.header), row) for row in self.bundle_rows(height)]
        owners = [
            owner
            for owner, row in bundles
            for position in range(len(row.record_ids))
            if row.has_entered(position)
        ]
        return tuple(
            EnteredRecord(each, self._data(each), owners[i] if i < len(owners) else None)
            for i, each in enumerate(self.entry_ids(height))
        )

    def height_of(self, index: LogIndex) -> Height | None:
        """The block that holds the leaf at `index`, or None beyond the log's end."""
        return self._first_height(Table.LOG_SIZE, index + 1)

    def height_of_size(self, size: int) -> Height | None:
        """The block after which the log has exactly `size` leaves, or None."""
        value = self._reader.get(Table.LOG_SIZE.key(number(size)))
        return None if value is None else Height(last_number(value))

    def height_at(self, time_ms: int) -> Height | None:
        """The first block at or after `time_ms`, or None."""
        return self._first_height(Table.TIME, time_ms)

    def require_kept(self, height: Height) -> None:
        """Blocks below a snapshot are with those who were there; of its own only the header is.

        Raises:
            StoreError: `block.not_kept`.
        """
        if height <= self.base:
            raise StoreError(Code.BLOCK_NOT_KEPT, height=height, first=self.base + 1)

    def _first_height(self, table: Table, least: int) -> Height | None:
        _, stop = table.range()
        for _, value in self._reader.scan(table.key(number(least)), stop):
            return Height(last_number(value))
        return None

    def _block_bundle(self, row: BundleRow, height: Height) -> BlockBundle:
        records = tuple(
            self._data(each) if row.has_entered(position) else None
            for position, each in enumerate(row.record_ids)
        )
        header = decoded_bundle_header(row.header, height)
        try:
            return BlockBundle(
                header, row.header, row.signature, row.entered, row.record_ids, records
            )
        except FormatError as problem:
            raise StoreError(Code.STORE_DAMAGED, what=f"bundle in {height}") from problem

    def _data(self, record_id: RecordId) -> bytes:
        return record_from(self._record_row(record_id))[1]

    def _record_row(self, record_id: RecordId) -> bytes:
        row = self._reader.get(Table.RECORD.key(record_id))
        return present(row, f"record {record_id.hex()}")
