"""Items of an export: a record with its place, as its receipt says, not judged here.

A node that writes open data and a reader who compares them begin with the same: receipts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.core.entry import decode_entry
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.core.limits import DEFAULT, Parameters
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record


@dataclass(frozen=True, slots=True)
class Item:
    """One record on a ledger."""

    receipt: Receipt
    record: Record
    record_id: RecordId
    index: LogIndex
    """Of its entry; of what came out of a seal, its opening's."""
    height: Height
    time_ms: int
    """Of the block of that entry."""

    @property
    def effective_index(self) -> LogIndex:
        """Where it counts from: of what came out of a seal, its commitment's place."""
        sealed = self.receipt.sealed
        return self.index if sealed is None else sealed.index


def items_from(receipts: Iterable[Receipt], limits: Parameters = DEFAULT) -> list[Item]:
    """What some receipts say of their records, in the order of the log, each record once.

    Raises:
        FormatError: a `format.*` code, or one of a record.
    """
    found = {each.record_id: _item(each, limits) for each in receipts}
    return sorted(found.values(), key=lambda each: (each.index, each.record_id))


def _item(receipt: Receipt, limits: Parameters) -> Item:
    entry = decode_entry(receipt.entry)
    return Item(
        receipt,
        decode_record(receipt.record, limits),
        receipt.record_id,
        receipt.index,
        entry.height,
        entry.block_time_ms,
    )
