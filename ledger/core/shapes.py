"""Takes decoded values apart: each function returns the value in its expected shape or raises.

The decoders of records, headers and messages are written with these, so that a wrong shape has one
code and names the field.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from ledger.codes import Code
from ledger.core.canonical import INTEGER_MAX, Value
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.errors import FormatError

SIGNATURE_BYTES = 64
TIME_MAX = 1 << 53
"""Latest time in ms that every language can hold exactly."""


def array(value: Value, what: str, count: int | None = None) -> Sequence[Value]:
    """An array, of exactly `count` items where given."""
    if type(value) is not tuple or (count is not None and len(value) != count):
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def versioned(value: Value, word: str, version: int, count: int) -> Sequence[Value]:
    """An array ``[word, version, …]`` of `count` items in all; an unknown version is named so."""
    items = array(value, word)
    if len(items) < 2 or items[0] != word or type(items[1]) is not int:
        raise FormatError(Code.FORMAT_SHAPE, what=word)
    if items[1] != version:
        raise FormatError(Code.FORMAT_VERSION, found=items[1], known=version)
    return array(value, word, count)


def mapping(value: Value, what: str, count_max: int) -> Mapping[str, Value]:
    """A map of at most `count_max` keys."""
    if type(value) is not dict or len(value) > count_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return cast(Mapping[str, Value], value)


def integer(value: Value, what: str, least: int = 0, most: int = INTEGER_MAX) -> int:
    """An integer in ``least … most``."""
    if type(value) is not int or not least <= value <= most:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def time_ms(value: Value, what: str) -> int:
    """Milliseconds since the epoch."""
    return integer(value, what, 0, TIME_MAX)


def text(value: Value, what: str, size_max: int = 256) -> str:
    """Text of at most `size_max` UTF-8 bytes."""
    if type(value) is not str or len(value.encode()) > size_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def octets(value: Value, what: str, size: int) -> bytes:
    """Exactly `size` bytes."""
    if type(value) is not bytes or len(value) != size:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def digest(value: Value, what: str) -> Digest:
    """32 bytes."""
    return Digest(octets(value, what, DIGEST_BYTES))


def signature(value: Value, what: str) -> bytes:
    """64 bytes."""
    return octets(value, what, SIGNATURE_BYTES)
