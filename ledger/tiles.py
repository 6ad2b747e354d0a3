"""Tiles of the stored log: each is put together from the rows that the chain keeps anyway.

Nothing is stored for tiles alone. What is read goes past the caches that receipts rely on, so that
whoever copies a whole log slows nobody else. Spec: C2SP tlog-tiles 0.1.0 (``docs/spec/tiles.md``).
"""

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import Final

from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.bundle import bundle_id
from ledger.core.entry import entry_leaves
from ledger.core.identifiers import DIGEST_BYTES, BundleId, Height, LogIndex, RecordId
from ledger.core.tiles import TILE_HEIGHT, TilePath, encode_bundle
from ledger.errors import StoreError
from ledger.log_tree import LogTree
from ledger.store.api import Reader
from ledger.store.keys import Table, number
from ledger.store.rows import ENTRY_PART, entered_from, present, split_digests

_OWNERS_MAX: Final = 4
"""Blocks whose bundles are kept at hand: neighbouring entry bundles cut through one block."""


class Tiles:
    """Reads hash tiles and entry bundles."""

    __slots__ = ("_blocks", "_owners", "_reader", "_tree")

    def __init__(self, reader: Reader, blocks: BlockStore, tree: LogTree) -> None:
        self._reader = reader
        self._blocks = blocks
        self._tree = tree
        self._owners: OrderedDict[Height, _Owners] = OrderedDict()

    def read(self, path: TilePath, size: int) -> bytes:
        """The bytes of a tile or an entry bundle; the same for ever.

        Args:
            path: which one, of any width.
            size: of the log, as far as it may be shown.

        Raises:
            StoreError: `tile.unknown` where a log of this size does not have it;
                `store.damaged`.
        """
        if not path.fits(size):
            raise StoreError(Code.TILE_UNKNOWN, path=str(path), size=size)
        if path.level is None:
            return encode_bundle(self._leaves(path.first, path.width))
        return self._tree.run(TILE_HEIGHT * path.level, path.first, path.width)

    def _leaves(self, first: int, count: int) -> list[bytes]:
        """The data of `count` leaves of the log."""
        height = self._blocks.height_of(LogIndex(first))
        if height is None:
            raise StoreError(Code.STORE_DAMAGED, what=f"log size above {first}")
        leaves: list[bytes] = []
        while len(leaves) < count:
            offset = first + len(leaves) - self._blocks.first_index(height)
            leaves += self._of_block(height, offset, count - len(leaves))
            height = Height(height + 1)
        return leaves

    def _of_block(self, height: Height, offset: int, count: int) -> list[bytes]:
        """At most `count` leaves of one block, from `offset` on; the block leaf is its last."""
        self._blocks.require_kept(height)
        header = self._blocks.header(height)
        stop = min(offset + count, header.entry_count)
        owners = self._owners_of(height) if offset < stop else None
        leaves: list[bytes] = []
        if owners is not None:
            ids = self._entry_ids(height, offset, stop)
            places = [(owners.of(offset + place), each) for place, each in enumerate(ids)]
            leaves += entry_leaves(height, header.time_ms, places)
        if len(leaves) < count:
            leaves.append(header.leaf())
        return leaves

    def _entry_ids(self, height: Height, start: int, stop: int) -> list[RecordId]:
        """The record ids of the entries at offsets `start` to `stop` of a block."""
        first, last = start // ENTRY_PART, (stop - 1) // ENTRY_PART
        joined = b"".join(
            present(
                self._reader.get(Table.ENTRY.key(number(height), number(part))),
                f"entries {height}/{part}",
            )
            for part in range(first, last + 1)
        )
        skipped = start - first * ENTRY_PART
        found = joined[skipped * DIGEST_BYTES : (skipped + stop - start) * DIGEST_BYTES]
        if len(found) != (stop - start) * DIGEST_BYTES:
            raise StoreError(Code.STORE_DAMAGED, what=f"entries {height}")
        return [RecordId(each) for each in split_digests(found)]

    def _owners_of(self, height: Height) -> "_Owners":
        kept = self._owners.get(height)
        if kept is None:
            rows = self._reader.scan(*Table.BUNDLE.range(number(height)))
            kept = self._owners[height] = _Owners([entered_from(value) for _, value in rows])
            if len(self._owners) > _OWNERS_MAX:
                self._owners.popitem(last=False)
        return kept


class _Owners:
    """Which bundle each entry of a block came in."""

    __slots__ = ("_bundles", "_ends")

    def __init__(self, rows: list[tuple[bytes, int]]) -> None:
        self._bundles = [bundle_id(header) for header, _ in rows]
        self._ends = list(accumulate(count for _, count in rows))

    def of(self, offset: int) -> BundleId | None:
        """The bundle of the entry at `offset`; None for derived records, which stand behind."""
        place = bisect_right(self._ends, offset)
        return self._bundles[place] if place < len(self._bundles) else None
