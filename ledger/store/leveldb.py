"""LevelDBStore: the store on disk. The only file that knows plyvel.

One process per folder. A write is synchronous; after one that failed this store takes no more,
because LevelDB may have left half a record in its log: opening the folder again drops that half.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import plyvel

from ledger.codes import Code
from ledger.errors import StoreError
from ledger.store.api import Row, Write

_CACHE_BYTES: Final = 32 << 20
_BUFFER_BYTES: Final = 16 << 20
"""Held in memory and in the log before it becomes a table: what a start after a crash replays."""
_BLOOM_BITS: Final = 10
_FULL: Final = ("No space left", "File too large", "quota")
_BEYOND: Final = b"\xff" * 8
"""Above every key: a compaction of this empty range only writes the memory table to disk."""


class LevelDBStore:
    """A LevelDB folder, held by this process until `close`."""

    __slots__ = ("_database", "_failure", "_path")

    def __init__(self, path: Path) -> None:
        """Open the folder at `path`, or make it.

        Raises:
            StoreError: `store.locked` where another process holds it, `store.disk_full`,
                `store.io`, `store.damaged`.
        """
        self._path = path
        self._failure: StoreError | None = None
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Paranoid: a damaged log stops the node instead of silently losing what it held.
            self._database: Any = plyvel.DB(
                str(path),
                create_if_missing=True,
                paranoid_checks=True,
                lru_cache_size=_CACHE_BYTES,
                write_buffer_size=_BUFFER_BYTES,
                bloom_filter_bits=_BLOOM_BITS,
            )
        except (plyvel.Error, OSError) as problem:
            raise self._named(problem) from problem

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        try:
            value: bytes | None = self._database.get(key, verify_checksums=True)
        except plyvel.Error as problem:
            raise self._named(problem) from problem
        return value

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[Row]:
        """The rows with ``start <= key < stop``."""
        # plyvel 1.5 loses a lone row that stands at `start` of a reversed range, so going backwards
        # the end is found here.
        bounds = {"stop": stop} if reverse else {"start": start, "stop": stop}
        try:
            with self._database.iterator(**bounds, reverse=reverse, verify_checksums=True) as rows:
                for row in rows:
                    if row[0] < start:
                        return
                    yield row
        except plyvel.Error as problem:
            raise self._named(problem) from problem

    def write(self, writes: Iterable[Write]) -> None:
        """Apply all of `writes`, synced to disk."""
        if self._failure is not None:
            raise self._failure
        batch = self._database.write_batch(sync=True)
        for key, value in writes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        try:
            batch.write()
        except (plyvel.Error, OSError) as problem:
            self._failure = self._named(problem)
            raise self._failure from problem

    def close(self) -> None:
        """Write the memory table out, so that the next start has nothing to replay, and let go."""
        if self._failure is None and not self._database.closed:
            self._database.compact_range(start=_BEYOND, stop=_BEYOND)
        self._database.close()

    def _named(self, problem: Exception) -> StoreError:
        """LevelDB tells its failures apart by text only; this is the one place that reads it."""
        text = str(problem)
        if isinstance(problem, plyvel.CorruptionError):
            return StoreError(Code.STORE_DAMAGED, what=text)
        if "lock" in text:
            return StoreError(Code.STORE_LOCKED, path=str(self._path))
        if any(sign in text for sign in _FULL):
            return StoreError(Code.STORE_DISK_FULL, path=str(self._path))
        return StoreError(Code.STORE_IO, path=str(self._path), reason=text)
