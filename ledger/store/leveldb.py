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
from ledger.store.folders import make_folder, sync_folder

_CACHE_BYTES: Final = 32 << 20
_BUFFER_BYTES: Final = 16 << 20
"""Held in memory and in the log before it becomes a table: what a start after a crash replays."""
_BLOOM_BITS: Final = 10
_FULL: Final = ("No space left", "File too large", "quota")
_ROW_FILES: Final = (".log", ".ldb", ".sst")
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
            make_folder(path)
            _check_current(path)
            self._database: Any = _opened(path)
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
        # plyvel's own iterator takes a table that cannot be read for the end of the rows; the raw
        # one says so after every move.
        try:
            with self._database.raw_iterator(verify_checksums=True) as place:
                yield from _down(place, start, stop) if reverse else _up(place, start, stop)
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
        first = problem.args[0] if problem.args else ""
        text = first.decode(errors="replace") if isinstance(first, bytes) else str(problem)
        # A folder may be called anything, so its name is not read.
        told = text.replace(str(self._path), "")
        if isinstance(problem, plyvel.CorruptionError):
            return StoreError(Code.STORE_DAMAGED, what=text)
        if "lock" in told:
            return StoreError(Code.STORE_LOCKED, path=str(self._path))
        if any(sign in told for sign in _FULL):
            return StoreError(Code.STORE_DISK_FULL, path=str(self._path))
        reason = text.removeprefix("IO error: ")
        return StoreError(Code.STORE_IO, path=str(self._path), reason=reason)


def _opened(path: Path) -> Any:
    """The database; one in which nothing was ever written is begun anew where it is damaged.

    LevelDB does not sync the first file of a new database, nor the names that an opening gives, so
    a power cut would leave half of it: what is written comes after those names.
    """
    try:
        database = _database(path)
    except plyvel.CorruptionError:
        if _holds_rows(path):
            raise
        plyvel.destroy_db(str(path))
        database = _database(path)
    sync_folder(path)
    return database


def _database(path: Path) -> Any:
    # Paranoid: a damaged log stops the node instead of silently losing what it held.
    return plyvel.DB(
        str(path),
        create_if_missing=True,
        paranoid_checks=True,
        lru_cache_size=_CACHE_BYTES,
        write_buffer_size=_BUFFER_BYTES,
        bloom_filter_bits=_BLOOM_BITS,
    )


def _check_current(path: Path) -> None:
    """LevelDB would begin anew where the file that names its state is gone, and delete the rest.

    A new folder gets its first log only after that file, so no crash leaves one without the other.
    """
    if not (path / "CURRENT").exists() and (left := _holds_rows(path)):
        raise StoreError(Code.STORE_DAMAGED, what=f"{path / 'CURRENT'} ({left[0]})")


def _holds_rows(path: Path) -> list[str]:
    """The files that rows are in. Every write that returned has left one with some bytes."""
    return sorted(
        each.name for each in path.iterdir() if each.suffix in _ROW_FILES and each.stat().st_size
    )


def _up(place: Any, start: bytes, stop: bytes) -> Iterator[Row]:
    place.seek(start)
    while place.valid() and (row := place.item())[0] < stop:
        yield row
        place.next()


def _down(place: Any, start: bytes, stop: bytes) -> Iterator[Row]:
    place.seek(stop)
    if place.valid():
        place.prev()
    else:
        place.seek_to_last()
    while place.valid() and (row := place.item())[0] >= start:
        yield row
        place.prev()
