"""The prefix table: every key in the store is made here and nowhere else.

A key is one byte that names its table, then parts of fixed width or, where text comes first, parts
closed so that no key is the beginning of another's. Numbers are big-endian, so that byte order is
number order. Layout: ``docs/spec/store.md``.
"""

from enum import Enum
from typing import Final

LAYOUT: Final = 2
"""Version of this table and of `rows`. An older one is brought to it, a newer one refused."""
NUMBER_BYTES: Final = 8
_LAST_NUMBER: Final = b"\xff" * NUMBER_BYTES
_CLOSE: Final = b"\x00\x01"
_ESCAPE: Final = b"\x00\xff"


class Table(Enum):
    """First byte of every key."""

    META = b"M"
    """name → layout version, network id."""
    HEAD = b"H"
    """→ height of the newest block and the frontier of the log."""
    BLOCK = b"B"
    """height → header and commit certificate."""
    BUNDLE = b"U"
    """height, ordinal → bundle header, signature, entered positions, all record ids."""
    ENTRY = b"E"
    """height, part → ids of entered and derived records, in the order of their entries."""
    RECORD = b"R"
    """record id → its place, and its bytes: the only copy."""
    NODE = b"N"
    """level, part → hashes of complete nodes of the log."""
    STATE = b"S"
    """state key → value."""
    STATUS_UNDO = b"V"
    """height → the slow rows that this block changed, as they were before it."""
    COSIGNED = b"C"
    """height → the checkpoint with q cosignatures."""
    LOG_LINE = b"G"
    """height → a node's log signature under that checkpoint, where this store follows others."""
    OUTSIDE = b"W"
    """verifier key of a body outside the committee, height → its signature line."""
    STAMP = b"Y"
    """name of a time stamping authority, height → SHA-256 of its token, and the token."""
    LAST_SIGNED = b"L"
    """→ the last head that this node cosigned: its own promise."""
    STRANGE = b"F"
    """node, name of its key, size → a head of that size that this log never had, and its line."""
    LOG_SIZE = b"Z"
    """size of the log after a block → height."""
    TIME = b"T"
    """block time in ms → height."""
    SUBJECT = b"s"
    """subject, log index → record id."""
    DIGEST = b"d"
    """algorithm, digest of a document, log index → record id."""
    ISSUER = b"i"
    """member id, height → runs of entries."""
    TYPE = b"t"
    """type key, height → runs of entries."""
    OPENED = b"O"
    """id of a record that came out of an opening → id of the opening, which holds its bytes."""
    OPENED_ISSUER = b"j"
    """member id, log index of the opening → id of the record that came out."""
    OPENED_TYPE = b"k"
    """type key, log index of the opening → id of the record that came out."""
    MARK = b"m"
    """mark (`ledger.store.index.mark_part`), log index → record id."""

    SNAPSHOT = b"X"
    """height → size, root and the roots of all chunks of the state after it; empty while made."""
    CHUNK = b"K"
    """height of a snapshot, number → root of the chunk, and its rows."""
    BEFORE = b"P"
    """height of a snapshot that is being made, state key → what stood there after that height."""
    LINK = b"l"
    """epoch → the link that leads to it, where this store began above the block that closed it."""

    def key(self, *parts: bytes) -> bytes:
        """The key of this table with `parts`."""
        # What `value` gives, at a tenth of its cost: every key of every row is made here.
        return self._value_ + b"".join(parts)

    def range(self, *parts: bytes) -> tuple[bytes, bytes]:
        """Start and stop of all keys of this table that begin with `parts`."""
        start = self.key(*parts)
        return start, _after_prefix(start)


BASE: Final = Table.META.key(b"base")
"""Height of the snapshot with which a store began; not there where it began with the genesis."""


def number(value: int) -> bytes:
    """A height, index, size or time as a part of a key."""
    return value.to_bytes(NUMBER_BYTES)


def text(value: str) -> bytes:
    """Text as a closed part of a key: no other text's part begins with it."""
    return value.encode().replace(b"\x00", _ESCAPE) + _CLOSE


def text_prefix(value: str) -> bytes:
    """The beginning of the part of every text that begins with `value`."""
    return value.encode().replace(b"\x00", _ESCAPE)


def text_from(part: bytes) -> str:
    """The text of a closed part, with whatever follows it ignored."""
    return part[: part.index(_CLOSE)].replace(_ESCAPE, b"\x00").decode()


def last_number(key: bytes) -> int:
    """The number that a key ends with."""
    return int.from_bytes(key[-NUMBER_BYTES:])


def _after_prefix(prefix: bytes) -> bytes:
    """The smallest key above all keys that begin with `prefix`."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,))
