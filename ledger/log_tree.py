"""LogTree: the complete nodes of the log as rows, and paths out of them.

Appending costs as many hashes as the block has leaves, a path O(log n) row reads. Never writes by
itself: it gives the rows, and they go into the block's one durable batch. RFC 6962 section 2.1.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.core.merkle import NodeRun
from ledger.core.snapshot_offer import edge_starts
from ledger.errors import StoreError
from ledger.store.api import Reader, Row
from ledger.store.keys import BASE, Table, number
from ledger.store.rows import NODE_PART

_NODE: Final = Table.NODE.key()
_CACHED_MAX: Final = 2048
"""Rows kept at hand, at most 4 MiB: neighbouring paths share nearly all of them."""


class LogTree:
    """A `merkle_stored.NodeReader` over the `NODE` table."""

    __slots__ = ("_cached", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cached: OrderedDict[bytes, bytes] = OrderedDict()

    def node(self, level: int, index: int) -> Digest:
        """The complete node at `index` of `level`.

        Raises:
            StoreError: `block.not_kept`, or `store.damaged` where the row lacks it.
        """
        start = index % NODE_PART * DIGEST_BYTES
        found = self._row(_key(level, index))[start : start + DIGEST_BYTES]
        if len(found) != DIGEST_BYTES:
            raise self._lacking(f"log node {level}/{index}")
        return Digest(found)

    def run(self, level: int, first: int, count: int) -> bytes:
        """`count` neighbouring complete nodes of `level`, joined; read past what is at hand.

        Raises:
            StoreError: `block.not_kept`, or `store.damaged` where the rows lack them.
        """
        parts: list[bytes] = []
        place, stop = first, first + count
        while place < stop:
            start = place % NODE_PART
            width = min(NODE_PART - start, stop - place)
            row = self._reader.get(_key(level, place)) or b""
            parts.append(row[start * DIGEST_BYTES : (start + width) * DIGEST_BYTES])
            place += width
        joined = b"".join(parts)
        if len(joined) != count * DIGEST_BYTES:
            raise self._lacking(f"log nodes {level}/{first}")
        return joined

    def rows(self, runs: list[NodeRun]) -> Iterator[Row]:
        """The rows that hold `runs` and whatever stood before them in the same rows."""
        for run in runs:
            place = 0
            while place < len(run.digests):
                index = run.first + place
                room = NODE_PART - index % NODE_PART
                joined = b"".join(run.digests[place : place + room])
                yield _key(run.level, index), self._before(run.level, index) + joined
                place += room

    def remember(self, rows: list[Row]) -> None:
        """Keep rows at hand that are durable now."""
        for key, value in rows:
            self._cached[key] = value
            self._cached.move_to_end(key)
        while len(self._cached) > _CACHED_MAX:
            self._cached.popitem(last=False)

    def _lacking(self, what: str) -> StoreError:
        """Left of the edge with which a joined node began the tree is not there: others have it."""
        base = int.from_bytes(self._reader.get(BASE) or b"")
        if base:
            return StoreError(Code.BLOCK_NOT_KEPT, height=base, first=base + 1)
        return StoreError(Code.STORE_DAMAGED, what=what)

    def _before(self, level: int, index: int) -> bytes:
        """The hashes that stand in the row before `index`."""
        start = index % NODE_PART * DIGEST_BYTES
        if not start:
            return b""
        before = self._row(_key(level, index))[:start]
        if len(before) != start:
            raise StoreError(Code.STORE_DAMAGED, what=f"log nodes {level}/{index}")
        return before

    def _row(self, key: bytes) -> bytes:
        row = self._cached.get(key)
        if row is None:
            row = self._reader.get(key) or b""
            self.remember([(key, row)])
        return row


def edge_rows(size: int, edge: Sequence[bytes]) -> Iterator[Row]:
    """The tree rows with which a log of that size goes on: its edge by level, in whole rows."""
    for level, (start, count) in enumerate(edge_starts(size)):
        if count:
            yield _key(level, start), edge[level]


def _key(level: int, index: int) -> bytes:
    return _NODE + level.to_bytes(1) + number(index // NODE_PART)
