"""What stands in the rows: one codec for each table of `keys` that holds more than a plain value.

Pure. A row that does not decode is damage, never input: every function that reads raises
`store.damaged` and names the row. Layout: ``docs/spec/store.md``.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from ledger.codes import Code
from ledger.core.block import HEADER_BYTES_MAX
from ledger.core.bundle import HEADER_BYTES_MAX as BUNDLE_HEADER_BYTES_MAX
from ledger.core.canonical import decode, encode
from ledger.core.certificate import CERTIFICATE_BYTES_MAX
from ledger.core.identifiers import DIGEST_BYTES, Digest, Height, LogIndex, RecordId
from ledger.core.merkle import Frontier
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import SIGNATURE_BYTES, array, digest, integer
from ledger.core.snapshot_offer import EDGE_NODES
from ledger.errors import FormatError, StoreError

ENTRY_PART: Final = 256
"""Record ids in one row of `ENTRY`."""
NODE_PART: Final = EDGE_NODES
"""Hashes in one row of `NODE`: few rows for a large block, few bytes rewritten for a small one."""
NO_BUNDLE: Final = 2**32 - 1
"""Ordinal of derived records."""
_PLACE: Final = struct.Struct(">QQII")
_RUN: Final = struct.Struct(">II")
_SIZE: Final = struct.Struct(">Q")
_BYTES_MAX: Final = 2**32 - 1

P = ParamSpec("P")
T = TypeVar("T")


def _row(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Turns whatever goes wrong while reading a row into `store.damaged`, naming it."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def read(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (FormatError, struct.error, ValueError) as problem:
                raise StoreError(Code.STORE_DAMAGED, what=what) from problem

        return read

    return wrap


def present(value: bytes | None, what: str) -> bytes:
    """`value`, where there is one.

    Raises:
        StoreError: `store.damaged` for a row that must exist and does not.
    """
    if value is None:
        raise StoreError(Code.STORE_DAMAGED, what=what)
    return value


def head_row(height: Height, frontier: Frontier) -> bytes:
    """``[height, log size, peaks]``: all that a start needs to know where it stands."""
    return encode((height, frontier.size, frontier.peaks))


@_row("head")
def head_from(value: bytes) -> tuple[Height, Frontier]:
    """Height and frontier of a head row."""
    height, size, peaks = array(decode(value, 4096), "head", 3)
    hashes = tuple(digest(peak, "peak") for peak in array(peaks, "peaks"))
    return Height(integer(height, "height")), Frontier(integer(size, "size"), hashes)


def block_row(header: bytes, certificate: bytes) -> bytes:
    """``[header, certificate]``."""
    return encode((header, certificate))


@_row("block")
def block_from(value: bytes) -> tuple[bytes, bytes]:
    """Header and certificate bytes of a block row."""
    reader = Reader(value)
    _count(reader, 2)
    header, certificate = reader.bytes_(HEADER_BYTES_MAX), reader.bytes_(CERTIFICATE_BYTES_MAX)
    reader.end()
    return header, certificate


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle as a block holds it, without the bytes of its records."""

    header: bytes
    signature: bytes
    entered: bytes
    """Bitmap of positions whose record entered in this block."""
    record_ids: tuple[RecordId, ...]
    """Of every position."""

    def encode(self) -> bytes:
        """``[header, signature, entered, ids joined]``."""
        joined = b"".join(self.record_ids)
        parts = (self.header, self.signature, self.entered, joined)
        return array_header(4) + b"".join(byte_string(part) for part in parts)

    def has_entered(self, position: int) -> bool:
        """Whether the record at `position` entered in this block."""
        return bool(self.entered[position // 8] & 0x80 >> (position % 8))


@_row("bundle")
def bundle_from(value: bytes) -> BundleRow:
    """The bundle of a bundle row."""
    reader = Reader(value)
    _count(reader, 4)
    header, signature = reader.bytes_(BUNDLE_HEADER_BYTES_MAX), reader.bytes_(SIGNATURE_BYTES)
    entered, joined = reader.bytes_(_BYTES_MAX), reader.bytes_(_BYTES_MAX)
    reader.end()
    ids = tuple(RecordId(each) for each in split_digests(joined))
    if len(entered) != (len(ids) + 7) // 8:
        raise FormatError(Code.FORMAT_SHAPE, what="entered")
    return BundleRow(header, signature, entered, ids)


@_row("bundle")
def bundle_header_from(value: bytes) -> bytes:
    """Header bytes of a bundle row; nothing else of it is read."""
    reader = Reader(value)
    _count(reader, 4)
    return reader.bytes_(BUNDLE_HEADER_BYTES_MAX)


@_row("bundle")
def entered_from(value: bytes) -> tuple[bytes, int]:
    """Header bytes of a bundle row, and how many of its records entered; the ids are not read."""
    reader = Reader(value)
    _count(reader, 4)
    header, _ = reader.bytes_(BUNDLE_HEADER_BYTES_MAX), reader.bytes_(SIGNATURE_BYTES)
    return header, int.from_bytes(reader.bytes_(_BYTES_MAX)).bit_count()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    index: LogIndex
    """Of its entry in the log."""
    height: Height
    ordinal: int
    """Of its bundle in the block; `NO_BUNDLE` for derived records."""
    position: int
    """In its bundle, or among the derived records of the block."""


def record_row(place: Place, data: bytes) -> bytes:
    """Place, then the record's bytes."""
    return _PLACE.pack(place.index, place.height, place.ordinal, place.position) + data


@_row("record")
def record_from(value: bytes) -> tuple[Place, bytes]:
    """Place and bytes of a record row."""
    index, height, ordinal, position = _PLACE.unpack_from(value)
    return Place(LogIndex(index), Height(height), ordinal, position), value[_PLACE.size :]


def undo_row(rows: Sequence[tuple[bytes, bytes | None]]) -> bytes:
    """State keys and what stood there before: pairs of byte strings, empty for nothing."""
    parts = [array_header(2 * len(rows))]
    for key, value in rows:
        parts += (byte_string(key), byte_string(before_row(value)))
    return b"".join(parts)


@_row("status undo")
def undo_from(value: bytes) -> list[tuple[bytes, bytes | None]]:
    """The rows of an undo row."""
    reader = Reader(value)
    count = reader.array(_BYTES_MAX)
    parts = [reader.bytes_(_BYTES_MAX) for _ in range(count)]
    reader.end()
    return [(key, before_from(before)) for key, before in zip(parts[::2], parts[1::2], strict=True)]


def before_row(value: bytes | None) -> bytes:
    """What stood at a state key before: empty for nothing, else 0x01 and the value."""
    return b"" if value is None else b"\x01" + value


def before_from(row: bytes) -> bytes | None:
    """The value of a row that `before_row` made."""
    return row[1:] if row else None


def snapshot_row(size: int, root: Digest, roots: Sequence[bytes]) -> bytes:
    """Size, root, and the roots of all chunks, joined."""
    return _SIZE.pack(size) + root + b"".join(roots)


@_row("snapshot")
def snapshot_from(value: bytes) -> tuple[int, Digest, list[Digest]]:
    """Size, root and chunk roots of a row of a snapshot that is made."""
    (size,) = _SIZE.unpack_from(value)
    root, *roots = split_digests(value[_SIZE.size :])
    return size, root, roots


@dataclass(frozen=True, slots=True)
class LastSigned:
    """The newest head that this node cosigned: it never cosigns below, and never earlier."""

    size: int
    root: Digest
    time_s: int
    """Seconds since the epoch."""

    def encode(self) -> bytes:
        """``[size, root, time]``."""
        return encode((self.size, self.root, self.time_s))


@_row("last signed")
def last_signed_from(value: bytes) -> LastSigned:
    """The promise of a last-signed row."""
    size, root, time_s = array(decode(value, 256), "last signed", 3)
    return LastSigned(integer(size, "size"), digest(root, "root"), integer(time_s, "time_s"))


def runs_row(offsets: Iterable[int]) -> bytes:
    """Ascending entry offsets within a block, as runs of (first, count)."""
    runs: list[list[int]] = []
    for offset in offsets:
        if runs and offset == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([offset, 1])
    return b"".join(_RUN.pack(*run) for run in runs)


@_row("runs")
def runs_from(value: bytes) -> list[range]:
    """The runs of offsets of a runs row, ascending."""
    return [range(first, first + count) for first, count in _RUN.iter_unpack(value)]


def digest_parts(hashes: Sequence[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """`hashes` joined, `size` to a row, each with its number."""
    for start in range(0, len(hashes), size):
        yield start // size, b"".join(hashes[start : start + size])


@_row("digests")
def split_digests(joined: bytes) -> list[Digest]:
    """The 32-byte hashes that were joined."""
    if len(joined) % DIGEST_BYTES:
        raise FormatError(Code.FORMAT_SHAPE, what="digests")
    return [
        Digest(joined[start : start + DIGEST_BYTES])
        for start in range(0, len(joined), DIGEST_BYTES)
    ]


def _count(reader: Reader, expected: int) -> None:
    if reader.array(expected) != expected:
        raise FormatError(Code.FORMAT_SHAPE, what="row")
