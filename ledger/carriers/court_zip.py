"""The ZIP file of a court bundle: one strict form, written and read here.

Every file lies in it as it is, one after another without a gap: nothing is packed, so nothing can
unpack into more than is there, and two readers cannot see two different files. Names are plain and
lead nowhere; links, attributes, comments, extra fields and second entries of one name have no place
in the form. Spec: ``docs/spec/court_bundle.md``.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from zlib import crc32

from ledger.codes import Code
from ledger.errors import FormatError

MEDIA_TYPE: Final = "application/zip"
START: Final = b"PK\x03\x04"
FIRST: Final = "manifest.json"
"""The name of the first file in every bundle."""
ENTRIES_MAX: Final = 20_000
ZIP_BYTES_MAX: Final = (1 << 32) - 1
"""No ZIP64: one evidence package fits into 4 GiB."""
NAME: Final = re.compile(
    r"(?:[a-z]{1,16}/)?[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9])){0,159}", re.ASCII
)
"""At most one folder, of plain characters, and no two dots together."""
_NAME_BYTES_MAX: Final = 177
"""The longest name of this form."""
_LOCAL: Final = struct.Struct("<4s5H3I2H")
START_BYTES: Final = _LOCAL.size + len(FIRST)
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_CENTRAL_START: Final = b"PK\x01\x02"
_END_START: Final = b"PK\x05\x06"
_VERSION: Final = 10
"""Stored files only."""
_TIME, _DATE = 0, 0x21
"""1 January 1980, the epoch of the format: a bundle does not tell by itself when it was made."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a bundle."""

    name: str
    size_bytes: int
    crc: int
    offset: int = 0
    """Of its first byte in the ZIP file."""


def header_of(entry: Entry) -> bytes:
    """What stands before a file."""
    name = entry.name.encode()
    fields = (_VERSION, 0, 0, _TIME, _DATE, entry.crc, entry.size_bytes, entry.size_bytes)
    return _LOCAL.pack(START, *fields, len(name), 0) + name


def directory_of(entries: Sequence[Entry]) -> bytes:
    """What stands behind all files; their offsets follow from their order."""
    directory, at = bytearray(), 0
    for entry in entries:
        name = entry.name.encode()
        directory += _CENTRAL.pack(
            *(_CENTRAL_START, _VERSION, _VERSION, 0, 0, _TIME, _DATE, entry.crc),
            *(entry.size_bytes, entry.size_bytes, len(name), 0, 0, 0, 0, 0, at),
        )
        directory += name
        at += _LOCAL.size + len(name) + entry.size_bytes
    count = len(entries)
    end = _END.pack(_END_START, 0, 0, count, count, len(directory), at, 0)
    return bytes(directory) + end


def says_bundle(start: bytes) -> bool:
    """Whether a file that begins so says that it is a bundle.

    Args:
        start: its first `START_BYTES` bytes.
    """
    return start.startswith(START) and start[_LOCAL.size :] == FIRST.encode()


def size_of(entries: Sequence[Entry]) -> int:
    """Bytes of the whole ZIP file."""
    around = _LOCAL.size + _CENTRAL.size
    return sum(around + 2 * len(each.name) + each.size_bytes for each in entries) + _END.size


class CourtZip:
    """A bundle that is open for reading; everything but the files' own bytes was compared."""

    __slots__ = ("_entries", "_file")

    def __init__(self, file: BinaryIO) -> None:
        """Compare the whole frame with the one right form.

        Args:
            file: can seek; stays open as long as this.

        Raises:
            OSError: it cannot be read.
            FormatError: `court_bundle.form`, with the name or place that is wrong.
        """
        self._file = file
        self._entries = {each.name: each for each in _entries(file)}

    @property
    def entries(self) -> Mapping[str, Entry]:
        """By name, in the order of the file."""
        return self._entries

    def read(self, name: str, size_max: int) -> bytes:
        """A whole file.

        Raises:
            OSError: it cannot be read.
            FormatError: `court_bundle.missing`, `format.too_large`, `court_bundle.form` where its
                bytes are not those that were put in.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise FormatError(Code.COURT_BUNDLE_MISSING, name=name)
        if entry.size_bytes > size_max:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=entry.size_bytes, limit=size_max)
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file in pieces of at most 1 MiB; raises as `read`, at the end for its bytes."""
        entry = self._entries[name]
        self._file.seek(entry.offset)
        left, found = entry.size_bytes, 0
        while left:
            piece = self._file.read(min(left, _CHUNK))
            if not piece:
                raise _wrong(name)
            left, found = left - len(piece), crc32(piece, found)
            yield piece
        if found != entry.crc:
            raise _wrong(name)


def _entries(file: BinaryIO) -> tuple[Entry, ...]:
    size = file.seek(0, 2)
    if not _END.size <= size <= ZIP_BYTES_MAX:
        raise _wrong("size")
    file.seek(size - _END.size)
    tail = file.read(_END.size)
    count, directory_bytes, start = _END.unpack(tail)[4:7]
    # A sparse file costs its sender nothing; of its directory no more is read than names can take.
    fits = count <= ENTRIES_MAX and directory_bytes <= count * (_CENTRAL.size + _NAME_BYTES_MAX)
    if not fits or start + directory_bytes + _END.size != size:
        raise _wrong("end")
    file.seek(start)
    directory = file.read(directory_bytes)
    entries = tuple(_listed(directory, count))
    if entries and entries[-1].offset + entries[-1].size_bytes != start:
        # Sizes from a stranger may add up to an offset that no directory of this form can spell.
        raise _wrong("end")
    if directory_of(entries) != directory + tail:
        raise _wrong("directory")
    for entry in entries:
        before = header_of(entry)
        file.seek(entry.offset - len(before))
        if file.read(len(before)) != before:
            raise _wrong(entry.name)
    return entries


def _listed(directory: bytes, count: int) -> Iterator[Entry]:
    """What the directory lists; that it is spelled in the one right way is compared afterwards."""
    at, offset, seen = 0, 0, set[str]()
    for _ in range(count):
        if at + _CENTRAL.size > len(directory):
            raise _wrong("directory")
        fields = _CENTRAL.unpack_from(directory, at)
        crc, size, length = fields[7], fields[8], fields[10]
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + length].decode("latin-1")
        # Names that differ in case only are one file on many machines.
        if NAME.fullmatch(name) is None or name.lower() in seen:
            raise _wrong(name[:80])
        seen.add(name.lower())
        offset += _LOCAL.size + length
        yield Entry(name, size, crc, offset)
        offset += size
        at += _CENTRAL.size + length


def _wrong(what: str) -> FormatError:
    return FormatError(Code.COURT_BUNDLE_FORM, what=what)
