"""The slow state as a tree: who held which key and role, and when, provable row by row.

Rows are sorted by key; a row's interval is in log indexes and block times of the records that wrote
it, never in claimed times. In force at an index ⇔ from index < index < until index, where nil is
minus or plus infinity. Spec: ``docs/spec/status.md``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Final, TypeAlias

from ledger.core import merkle
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import LeafKind, Tag, leaf_data, tagged_hash
from ledger.core.identifiers import (
    Digest,
    KeyId,
    LogIndex,
    MemberId,
    NetworkId,
    PublicKey,
    check_name,
)
from ledger.core.reader import array_header, byte_string, word
from ledger.core.shapes import array, integer, octets, text, time_ms

StateWrite: TypeAlias = tuple[bytes, bytes | None]
"""A state key and the value that a block writes there; None deletes."""
PREFIX: Final = b"status/"
"""State keys that start with this are rows of the slow state; a leaf holds what follows."""
ROW_BYTES_MAX: Final = 16 * 1024
_STATE_LEAF: Final = array_header(3) + word(LeafKind.STATE)
_NIL: Final = b"\xc0"
_key: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Interval:
    """When a row holds. None on the left means genesis, on the right: still."""

    from_index: LogIndex | None
    from_time_ms: int | None
    until_index: LogIndex | None = None
    until_time_ms: int | None = None

    def value(self) -> Value:
        """``[from index, from time, until index, until time]``."""
        return (self.from_index, self.from_time_ms, self.until_index, self.until_time_ms)

    def in_force(self, index: int) -> bool:
        """Whether the row holds for the entry at log index `index`."""
        after = self.from_index is None or self.from_index < index
        return after and (self.until_index is None or index < self.until_index)

    def holds_at(self, at_ms: int) -> bool:
        """Whether the row held after the newest block of at most `at_ms`."""
        begun = self.from_time_ms is None or self.from_time_ms <= at_ms
        return begun and (self.until_time_ms is None or at_ms < self.until_time_ms)


SINCE_GENESIS: Final = Interval(None, None)


def interval_from(value: Value) -> Interval:
    """An interval from its canonical array.

    Raises:
        FormatError: `format.shape`.
    """
    items = array(value, "interval", 4)
    return Interval(
        None if items[0] is None else LogIndex(integer(items[0], "from_index")),
        None if items[1] is None else time_ms(items[1], "from_time_ms"),
        None if items[2] is None else LogIndex(integer(items[2], "until_index")),
        None if items[3] is None else time_ms(items[3], "until_time_ms"),
    )


@dataclass(frozen=True, slots=True)
class KeyRow:
    """The status row of one member key."""

    interval: Interval
    member_id: MemberId
    public_key: PublicKey

    def encode(self) -> bytes:
        """``[interval, member id, public key]``."""
        return encode((self.interval.value(), self.member_id, self.public_key))


def key_row(data: bytes) -> KeyRow:
    """The key row that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    interval, member, public_key = array(decode(data, ROW_BYTES_MAX), "key row", 3)
    return KeyRow(
        interval_from(interval),
        MemberId(check_name(text(member, "member_id", 32), "member_id")),
        PublicKey(octets(public_key, "public_key", 32)),
    )


def key_row_key(member: MemberId, key: KeyId) -> bytes:
    """Key of a member key's row, without the state prefix."""
    return f"key/{member}/{key.hex()}".encode()


def status_leaf(key: bytes, value: bytes) -> bytes:
    """Data of a row's leaf: ``["status", key, value]``."""
    return leaf_data(LeafKind.STATUS, key, value)


class StatusTree:
    """All rows of the slow state after one block; never changed, only succeeded.

    Its successor hashes what changed: a row that ends costs a path, a new row what stands to the
    right of it.
    """

    __slots__ = ("_keys", "_rows", "_tree")

    def __init__(self, rows: Mapping[bytes, bytes]) -> None:
        self._rows = dict(sorted(rows.items()))
        self._keys = tuple(self._rows)
        self._tree = merkle.Tree(
            [merkle.leaf_hash(status_leaf(key, value)) for key, value in self._rows.items()]
        )

    @property
    def size(self) -> int:
        """Rows."""
        return len(self._keys)

    @property
    def root(self) -> Digest:
        """RFC 6962 root over the rows in ascending key order."""
        return self._tree.root

    def get(self, key: bytes) -> bytes | None:
        """The value of a row."""
        return self._rows.get(key)

    def index(self, key: bytes) -> int:
        """Where `key` stands, or would stand, in the order."""
        return bisect_left(self._keys, key)

    def row(self, index: int) -> tuple[bytes, bytes]:
        """Key and value of the row at a place."""
        key = self._keys[index]
        return key, self._rows[key]

    def under(self, key: bytes, count_max: int) -> list[tuple[int, bytes, bytes]]:
        """Place, key and value of the row of `key`, and of the rows below it.

        Args:
            key: without the state prefix; what is below it goes on with a slash.
            count_max: at most so many.
        """
        found = [(self.index(key), key, self._rows[key])] if key in self._rows else []
        below = key + b"/"
        for index in range(self.index(below), self.size):
            each = self._keys[index]
            if len(found) == count_max or not each.startswith(below):
                break
            found.append((index, each, self._rows[each]))
        return found

    def path(self, index: int) -> tuple[Digest, ...]:
        """RFC 6962 inclusion path of the row at `index`."""
        return self._tree.path(index)

    def succeeded(self, writes: Iterable[tuple[bytes, bytes | None]]) -> "StatusTree":
        """The tree after `writes` (state keys; those without the status prefix are ignored)."""
        changed = {
            key.removeprefix(PREFIX): value for key, value in writes if key.startswith(PREFIX)
        }
        if not changed:
            return self
        keys, leaves = list(self._keys), self._tree.leaves()
        first, touched = len(keys), list[int]()
        for key, value in sorted(changed.items()):
            at = bisect_left(keys, key)
            there = at < len(keys) and keys[at] == key
            if value is not None and there:
                leaves[at] = merkle.leaf_hash(status_leaf(key, value))
                touched.append(at)
            elif value is not None:
                keys.insert(at, key)
                leaves.insert(at, merkle.leaf_hash(status_leaf(key, value)))
                first = min(first, at)
            elif there:
                del keys[at], leaves[at]
                first = min(first, at)
        made = StatusTree({})
        made._keys = tuple(keys)
        rows = {key: value for key, value in (self._rows | changed).items() if value is not None}
        made._rows = rows
        made._tree = self._tree.edited(leaves, first, [each for each in touched if each < first])
        return made


def rows_under(writes: Sequence[StateWrite], prefix: bytes) -> Sequence[StateWrite]:
    """The writes of one block whose state key begins with `prefix`.

    Args:
        writes: ascending by key. Few of thousands are slow rows, so they are not looked through.
        prefix: at least one byte.
    """
    first = last = bisect_left(writes, prefix, key=_key)
    while last < len(writes) and writes[last][0].startswith(prefix):
        last += 1
    return writes[first:last]


def writes_root(writes: Iterable[tuple[bytes, bytes | None]]) -> tuple[int, Digest]:
    """Count of `writes` and root over the leaves ``["state", key, value or nil]``.

    Args:
        writes: distinct state keys in ascending order; None deletes.
    """
    hashes = state_leaf_hashes(writes)
    return len(hashes), merkle.root(hashes)


def state_leaf_hashes(rows: Iterable[tuple[bytes, bytes | None]]) -> list[bytes]:
    """Leaf hashes of rows, each as `merkle.leaf_hash` of `state_leaf`.

    Spelled in one expression because a block writes tens of thousands.
    """
    start = merkle.LEAF_PREFIX + _STATE_LEAF
    return [
        sha256(start + byte_string(key) + (_NIL if value is None else byte_string(value))).digest()
        for key, value in rows
    ]


def state_leaf(key: bytes, value: bytes | None) -> bytes:
    """Data of a written row's leaf: ``["state", key, value or nil]``."""
    return _STATE_LEAF + byte_string(key) + (_NIL if value is None else byte_string(value))


def state_hash(parent: bytes, writes: Iterable[tuple[bytes, bytes | None]]) -> Digest:
    """``H(tag ‖ [parent's, count, root of the sorted rows written])``.

    Args:
        parent: the state hash below; the network id for the rows of the genesis.
        writes: as `writes_root`.
    """
    count, root = writes_root(writes)
    return tagged_hash(Tag.STATE, encode((parent, count, root)))


def genesis_state_hash(network_id: NetworkId, rows: Mapping[bytes, bytes]) -> Digest:
    """The state hash before height 1."""
    return state_hash(network_id, sorted(rows.items()))
