"""Reads the outer frame of long canonical sequences item by item, allocating nothing on a claim.

A bundle of 10,000 records and a block payload are arrays that `canonical.decode` refuses on
purpose: a nested lie about lengths must not cost memory. Here each length is compared with the
bytes that are really there before anything is taken. Spec: ``docs/spec/canonical.md``.
"""

from typing import Final

from ledger.codes import Code
from ledger.errors import FormatError

_ARRAY_FIX: Final = 0x90
_ARRAY_16: Final = 0xDC
_ARRAY_32: Final = 0xDD
_BIN_8: Final = 0xC4
_BIN_16: Final = 0xC5
_BIN_32: Final = 0xC6
_STR_FIX: Final = 0xA0
_FIX_MAX: Final = 0x7F
_SHORT: Final = tuple(bytes((_BIN_8, size)) for size in range(0x100))
"""Headers of short byte strings, made once: a block spells tens of thousands."""


class Reader:
    """A cursor over `data`; every method takes one item in its only spelling or raises."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def array(self, count_max: int) -> int:
        """Take an array header and return its count, at most `count_max`.

        Raises:
            FormatError: `format.shape`, `.truncated`, `.not_canonical` or `.too_large`.
        """
        first = self._byte()
        if first & 0xF0 == _ARRAY_FIX:
            count = first & 0x0F
        elif first == _ARRAY_16:
            count = self._length(2, beyond=0x0F)
        elif first == _ARRAY_32:
            count = self._length(4, beyond=0xFFFF)
        else:
            raise FormatError(Code.FORMAT_SHAPE, what="array")
        if count > count_max:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=count, limit=count_max)
        if count > len(self._data) - self._at:
            raise FormatError(Code.FORMAT_TRUNCATED)
        return count

    def bytes_(self, size_max: int) -> bytes:
        """Take a byte string of at most `size_max` bytes.

        Raises:
            FormatError: as `array`.
        """
        first = self._byte()
        if first == _BIN_8:
            size = self._length(1, beyond=-1)
        elif first == _BIN_16:
            size = self._length(2, beyond=0xFF)
        elif first == _BIN_32:
            size = self._length(4, beyond=0xFFFF)
        else:
            raise FormatError(Code.FORMAT_SHAPE, what="bytes")
        if size > size_max:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=size, limit=size_max)
        return self._take(size)

    def word(self, expected: str) -> None:
        """Take the short text `expected`, which names what follows.

        Raises:
            FormatError: `format.shape` where another item stands there.
        """
        raw = expected.encode()
        if self._byte() != _STR_FIX | len(raw) or self._take(len(raw)) != raw:
            raise FormatError(Code.FORMAT_SHAPE, what=expected)

    def version(self, expected: int) -> None:
        """Take the small integer `expected`.

        Raises:
            FormatError: `format.version` where another number stands there.
        """
        found = self._byte()
        if found != expected or found > _FIX_MAX:
            raise FormatError(Code.FORMAT_VERSION, found=found, known=expected)

    def end(self) -> None:
        """Require that nothing is left.

        Raises:
            FormatError: `format.trailing`.
        """
        if self._at != len(self._data):
            raise FormatError(Code.FORMAT_TRAILING)

    def _byte(self) -> int:
        return self._take(1)[0]

    def _length(self, width: int, beyond: int) -> int:
        """A big-endian length that a shorter header could not have spelled."""
        value = int.from_bytes(self._take(width))
        if value <= beyond:
            raise FormatError(Code.FORMAT_NOT_CANONICAL)
        return value

    def _take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise FormatError(Code.FORMAT_TRUNCATED)
        return self._data[start : self._at]


def array_header(count: int) -> bytes:
    """The only spelling of the header of an array of `count` items."""
    if count <= 0x0F:
        return bytes((_ARRAY_FIX | count,))
    if count <= 0xFFFF:
        return bytes((_ARRAY_16,)) + count.to_bytes(2)
    return bytes((_ARRAY_32,)) + count.to_bytes(4)


def byte_string(data: bytes) -> bytes:
    """The only spelling of `data` as a byte string item."""
    size = len(data)
    if size <= 0xFF:
        return _SHORT[size] + data
    if size <= 0xFFFF:
        return bytes((_BIN_16,)) + size.to_bytes(2) + data
    return bytes((_BIN_32,)) + size.to_bytes(4) + data


def word(text: str) -> bytes:
    """The only spelling of a short ASCII text (at most 31 bytes)."""
    raw = text.encode()
    return bytes((_STR_FIX | len(raw),)) + raw
