"""What one block does: the value that the executor concludes and the chain appends.

Everything here is recomputed by every node before it votes; the chain recomputes the roots once
more before it writes, so a wrong byte stops the node instead of spreading.
"""

from dataclasses import dataclass

from ledger.core.block import BlockBundle, Header
from ledger.core.entry import Entry
from ledger.core.identifiers import BundleId, RecordId


@dataclass(frozen=True, slots=True)
class EnteredRecord:
    """A record that enters the log in this block."""

    record_id: RecordId
    data: bytes
    """Canonical bytes."""
    bundle_id: BundleId | None
    """None for derived records."""


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A sealed record that counts as on the ledger from its opening in this block."""

    record_id: RecordId
    """Of the inner record; it has no entry of its own."""
    data: bytes
    """Its canonical bytes, which stand in the opening."""
    offset: int
    """Of the opening among the entries of this block."""


@dataclass(frozen=True, slots=True)
class BlockEffects:
    """A judged block, ready to be appended once it is certified."""

    header: Header
    bundles: tuple[BlockBundle, ...]
    records: tuple[EnteredRecord, ...]
    """Entered records in bundle order, then derived records: one entry each, in this order."""
    writes: tuple[tuple[bytes, bytes | None], ...]
    """State rows written, ascending by key, each key once; None deletes."""
    opened: tuple[OpenedRecord, ...] = ()
    """Inner records that held their judgement, in the order of their openings."""

    def record_ids(self) -> tuple[RecordId, ...]:
        """Every record that counts as on the ledger from this block on."""
        entered = tuple(each.record_id for each in self.records)
        return entered + tuple(each.record_id for each in self.opened)

    def entries(self) -> tuple[Entry, ...]:
        """The entry leaves of this block, without the block leaf."""
        header = self.header
        return tuple(
            Entry(header.height, header.time_ms, each.bundle_id, each.record_id)
            for each in self.records
        )
