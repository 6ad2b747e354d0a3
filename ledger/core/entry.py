"""Entry: the leaf of the log that stands for one record, about 100 bytes.

Records travel beside the log, so the log's tiles are public without loss, and a record that the law
demands to erase can go while every proof holds. Spec: ``docs/spec/log.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ledger.core.canonical import decode
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import DIGEST_BYTES, BundleId, Digest, Height, RecordId
from ledger.core.merkle import leaf_hash
from ledger.core.shapes import digest, integer, time_ms, versioned

VERSION: Final = 1
ENTRY_BYTES_MAX: Final = 128
_NOT_A_BUNDLE: Final = BundleId(b"")


@dataclass(frozen=True, slots=True)
class Entry:
    """That a record entered, where and when."""

    height: Height
    block_time_ms: int
    bundle_id: BundleId | None
    """None exactly for derived records."""
    record_id: RecordId

    def leaf(self) -> bytes:
        """``["entry", 1, height, block_time_ms, bundle id or nil, record id]``."""
        return leaf_data(
            LeafKind.ENTRY,
            VERSION,
            self.height,
            self.block_time_ms,
            self.bundle_id,
            self.record_id,
        )


def entry_hashes(
    height: Height, block_time_ms: int, places: Iterable[tuple[BundleId | None, RecordId]]
) -> list[Digest]:
    """The leaf hashes of one block's entries; arguments as `entry_leaves`."""
    return [leaf_hash(leaf) for leaf in entry_leaves(height, block_time_ms, places)]


def entry_leaves(
    height: Height, block_time_ms: int, places: Iterable[tuple[BundleId | None, RecordId]]
) -> Iterator[bytes]:
    """The leaves of one block's entries, each as ``Entry(…).leaf()``.

    Entries of one bundle differ in their last 32 bytes only, so what stands before is encoded once.

    Args:
        height: of the block.
        block_time_ms: of the block.
        places: bundle id, or None for derived records, and record id of each entry, in order.
    """
    start = b""
    of_bundle: BundleId | None = _NOT_A_BUNDLE
    for bundle, record in places:
        if bundle != of_bundle:
            blank = Entry(height, block_time_ms, bundle, RecordId(bytes(DIGEST_BYTES)))
            start, of_bundle = blank.leaf()[:-DIGEST_BYTES], bundle
        yield start + record


def decode_entry(data: bytes) -> Entry:
    """The entry that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, ENTRY_BYTES_MAX), LeafKind.ENTRY, VERSION, 6)
    return Entry(
        Height(integer(items[2], "height", 1)),
        time_ms(items[3], "block_time_ms"),
        None if items[4] is None else BundleId(digest(items[4], "bundle_id")),
        RecordId(digest(items[5], "record_id")),
    )
