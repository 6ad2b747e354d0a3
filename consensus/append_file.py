"""The append-only file under the journal and the intake: records that a crash cannot falsify.

A record is ``magic (2) ‖ length (4) ‖ crc of these six (4) ‖ crc of the body (4) ‖ body``. The
header has a crc of its own, so that a flipped length is never mistaken for the end of the file. A
crash in the middle of a write leaves a torn tail, which is cut and reported; anything else that
does not check out is damage, and damage is never cut silently. Spec: ``docs/spec/journal.md``.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import IO, Final, Protocol
from zlib import crc32

from ledger.codes import Code
from ledger.errors import StoreError
from ledger.store.folders import make_folder, sync_folder

_MAGIC: Final = b"\xb1\x0c"
_HEADER_BYTES: Final = 14


class File(Protocol):
    """One file that grows at its end. The simulator's loses what was not synced."""

    @property
    def name(self) -> str:
        """For people: which file a sentence is about."""
        ...

    def read(self) -> bytes:
        """All bytes that are there."""
        ...

    def append(self, data: bytes) -> None:
        """Write at the end. Nothing is promised about a crash before `sync` returned.

        Raises:
            StoreError: `store.disk_full`, `store.io`.
        """
        ...

    def sync(self) -> None:
        """When this returns, all that was appended survives a crash and a power cut.

        Raises:
            StoreError: `store.io`. What was appended may then be there or not: stop.
        """
        ...

    def replace(self, data: bytes) -> None:
        """Make `data` the whole content, durably and in one step: a crash leaves old or new."""
        ...


@dataclass(slots=True)
class SyncTimes:
    """How long the disk takes to make things durable; for people only."""

    last_ms: int | None = None
    """None before the first."""
    longest_ms: int = 0
    """Since the file was opened."""

    def add(self, took_ms: int) -> None:
        """One more fsync has returned."""
        self.last_ms = took_ms
        self.longest_ms = max(self.longest_ms, took_ms)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file holds."""

    bodies: tuple[bytes, ...]
    """Of the records that check out, in the order written."""
    size: int
    """Bytes of these records; what lies behind is a torn tail."""


def frame(body: bytes) -> bytes:
    """The record that holds `body`."""
    head = _MAGIC + len(body).to_bytes(4)
    return head + crc32(head).to_bytes(4) + crc32(body).to_bytes(4) + body


def scan(data: bytes, name: str) -> Scan:
    """The records of a file.

    Raises:
        StoreError: `store.damaged` where a record does not check out and no crash explains it.
    """
    bodies, at = [], 0
    while at < len(data):
        body = _record(data, at, name)
        if body is None:
            break
        bodies.append(body)
        at += _HEADER_BYTES + len(body)
    return Scan(tuple(bodies), at)


def intact(data: bytes, name: str) -> bytes:
    """The records before the first damage, as they stand in the file."""
    at = 0
    while at < len(data):
        try:
            body = _record(data, at, name)
        except StoreError:
            break
        if body is None:
            break
        at += _HEADER_BYTES + len(body)
    return data[:at]


def _record(data: bytes, at: int, name: str) -> bytes | None:
    """The body of the record at `at`; None where a crash cut the file there."""
    header = data[at : at + _HEADER_BYTES]
    head, crc, body_crc = header[:6], header[6:10], header[10:]
    whole = len(header) == _HEADER_BYTES
    if whole and head[:2] == _MAGIC and crc32(head) == int.from_bytes(crc):
        length = int.from_bytes(head[2:])
        body = data[at + _HEADER_BYTES : at + _HEADER_BYTES + length]
        if len(body) == length and crc32(body) == int.from_bytes(body_crc):
            return body
        torn = len(body) < length
    else:
        torn = not whole
    # A file system may have made room for a write that never came: zeros to the end.
    if torn or not data[at + _HEADER_BYTES :].strip(b"\0"):
        return None
    raise StoreError(Code.JOURNAL_DAMAGED, path=name, offset=at)


class DiskFile:
    """A `File` on disk, held by one process at a time.

    After a write or fsync that failed it takes nothing more. A second fsync would say yes although
    the kernel has dropped what it could not write, and half a record would be followed by others.
    """

    __slots__ = ("_failure", "_file", "_lock", "_path", "syncs")

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StoreError: `store.locked` where another process holds it, `store.io`.
        """
        self._path = path
        self._failure: StoreError | None = None
        self.syncs = SyncTimes()
        try:
            make_folder(path.parent)
            self._lock = _locked(path.with_suffix(".lock"))
            self._file: IO[bytes] = path.open("ab", buffering=0)
            sync_folder(path.parent)
        except OSError as problem:
            raise _store_error(problem, path) from problem

    @property
    def name(self) -> str:
        """The path."""
        return str(self._path)

    def read(self) -> bytes:
        """See `File.read`."""
        try:
            return self._path.read_bytes()
        except OSError as problem:
            raise _store_error(problem, self._path) from problem

    def append(self, data: bytes) -> None:
        """See `File.append`."""
        view = memoryview(data)
        with self._last_if_it_fails():
            while view:
                view = view[self._file.write(view) :]

    def sync(self) -> None:
        """See `File.sync`."""
        began_ns = time.monotonic_ns()
        with self._last_if_it_fails():
            os.fdatasync(self._file.fileno())
        self.syncs.add((time.monotonic_ns() - began_ns) // 1_000_000)

    def replace(self, data: bytes) -> None:
        """See `File.replace`."""
        fresh = self._path.with_suffix(".new")
        with self._last_if_it_fails():
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            sync_folder(self._path.parent)
            self._file.close()
            self._file = self._path.open("ab", buffering=0)

    @property
    def size_bytes(self) -> int:
        """Bytes in the file now.

        Raises:
            StoreError: `store.io`.
        """
        try:
            return self._path.stat().st_size
        except OSError as problem:
            raise _store_error(problem, self._path) from problem

    def close(self) -> None:
        """Let go of the file and its lock."""
        self._file.close()
        self._lock.close()

    @contextmanager
    def _last_if_it_fails(self) -> Iterator[None]:
        """One change of the file; none before it may have failed."""
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except OSError as problem:
            self._failure = _store_error(problem, self._path)
            raise self._failure from problem


def _locked(path: Path) -> IO[bytes]:
    """The lock file, held until it is closed or the process ends, however it ends."""
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        lock.close()
        raise StoreError(Code.STORE_LOCKED, path=str(path.parent)) from problem
    return lock


def _store_error(problem: OSError, path: Path) -> StoreError:
    if problem.errno in (ENOSPC, EDQUOT, EFBIG):
        return StoreError(Code.STORE_DISK_FULL, path=str(path))
    return StoreError(Code.STORE_IO, path=str(path), reason=problem.strerror or str(problem))
