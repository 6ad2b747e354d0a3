"""Snapshots: the whole state after scheduled heights, made beside the blocks that go on above.

At a height that `snapshot_interval` divides a snapshot begins; what the blocks above it overwrite
is kept beside them, in their own batches, until it is made. So it can be made in small steps, and a
process that dies goes on where it was. Its root stands in the header one interval later: whoever is
not ready by then finishes it before it judges that header, and never guesses. Two that are made are
kept for nodes that join. Spec: ``docs/spec/snapshot.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain as joined
from itertools import islice
from typing import Final

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.block import Snapshot
from ledger.core.identifiers import DIGEST_BYTES, Digest, Height
from ledger.core.limits import Parameters
from ledger.core.snapshot_chunk import (
    CHUNK_ROWS,
    StateRow,
    chunk_root,
    decode_state_chunk,
    encode_state_chunk,
)
from ledger.errors import StoreError
from ledger.store.api import Row, Store, Write
from ledger.store.keys import NUMBER_BYTES, Table, last_number, number
from ledger.store.rows import before_from, before_row, present, snapshot_from, snapshot_row

KEPT_MAX: Final = 2
"""Snapshots that are made and kept: the newest, and the one that a node may still be fetching."""
_CHUNKS_AT_ONCE: Final = 16
"""Chunks to one durable write."""
_SWEPT_AT_ONCE: Final = 64
_SKIPPED: Final = 1 + NUMBER_BYTES
"""Bytes of a `BEFORE` key that stand before the state key."""


@dataclass(slots=True)
class _Making:
    """A snapshot that is being made."""

    height: Height
    roots: list[Digest] = field(default_factory=list)
    """Of the chunks so far."""
    cursor: bytes | None = None
    """The last state key in a chunk."""
    durable: bytes | None = None
    """The last state key in a chunk that is on disk: what stood below it is needed no more."""
    writes: list[Write] = field(default_factory=list)
    """Chunks that are not on disk yet."""


class Snapshots:
    """The snapshots of one store."""

    __slots__ = ("_interval", "_limits", "_made", "_making", "_store", "_swept", "_tree")

    def __init__(self, store: Store, limits: Parameters) -> None:
        self._store = store
        self._limits = limits
        self._interval = limits.snapshot_interval
        self._made: dict[Height, tuple[int, Digest]] = {}
        self._making: _Making | None = None
        self._tree: tuple[Height, merkle.Tree] | None = None
        self._swept = False
        for key, value in store.scan(*Table.SNAPSHOT.range()):
            height = Height(last_number(key))
            if value:
                self._made[height] = snapshot_from(value)[:2]
            else:
                self._making = self._resumed(height)

    def begins_at(self, height: Height) -> bool:
        """Whether the state after that height is to be kept as a snapshot."""
        return self._interval > 0 and height % self._interval == 0

    def stated_at(self, height: Height) -> Snapshot | None:
        """What the header of that height says; makes the rest of the snapshot where it must.

        Raises:
            StoreError: `store.*`.
        """
        of = Height(height - self._interval)
        if not self.begins_at(height) or of <= 0:
            return None
        while self._making is not None and self._making.height == of:
            self._make()
        if of not in self._made:
            raise StoreError(Code.STORE_DAMAGED, what=f"snapshot {of}")
        return Snapshot(of, *self._made[of])

    def rows_beside(self, height: Height, writes: Iterable[Write]) -> Iterator[Write]:
        """What goes into the batch of a block beside its own rows.

        Args:
            height: of the block.
            writes: state keys and what the block writes there.
        """
        if self._making is not None:
            yield from self._before(self._making, writes)
        if self.begins_at(height):
            yield Table.SNAPSHOT.key(number(height)), b""

    def appended(self, height: Height) -> None:
        """The block of that height is durable, and what `rows_beside` gave with it."""
        if self.begins_at(height):
            self._making = _Making(height)

    def step(self) -> bool:
        """Do a little of what is to be done; False where nothing is.

        Raises:
            StoreError: `store.*`.
        """
        if self._making is not None:
            self._make()
            return True
        if not self._swept:
            self._sweep()
        return not self._swept

    @property
    def making(self) -> Height | None:
        """The height of the snapshot that is being made, if any."""
        return None if self._making is None else self._making.height

    def newest(self, head: Height) -> Height | None:
        """The newest snapshot whose root stands in a header up to `head`."""
        stated = [each for each in self._made if each + self._interval <= head]
        return max(stated, default=None)

    def stating(self, height: Height) -> Height:
        """The height whose header states the snapshot of `height`."""
        return Height(height + self._interval)

    def chunk(self, height: Height, place: int) -> tuple[bytes, tuple[Digest, ...]] | None:
        """A chunk with its path to the snapshot's root; None where it is not kept here."""
        row = self._store.get(Table.CHUNK.key(number(height), number(place)))
        if row is None or height not in self._made:
            return None
        if self._tree is None or self._tree[0] != height:
            stored = self._store.get(Table.SNAPSHOT.key(number(height)))
            _, _, roots = snapshot_from(present(stored, f"snapshot {height}"))
            self._tree = (height, merkle.Tree(roots))
        return row[DIGEST_BYTES:], self._tree[1].path(place)

    def _make(self) -> None:
        """The next chunk of the snapshot in the making; with the last one it is made."""
        making = self._making
        if making is None:
            return
        rows = tuple(islice(self._rows_after(making), CHUNK_ROWS))
        if rows:
            root, place = chunk_root(rows), len(making.roots)
            key = Table.CHUNK.key(number(making.height), number(place))
            making.writes.append((key, root + encode_state_chunk(rows)))
            making.roots.append(root)
            making.cursor = rows[-1][0]
        if len(rows) < CHUNK_ROWS:
            self._finish(making, len(rows))
        elif len(making.writes) >= _CHUNKS_AT_ONCE:
            self._store.write(making.writes)
            making.writes, making.durable = [], making.cursor

    def _finish(self, making: _Making, last_count: int) -> None:
        whole = len(making.roots) - (1 if last_count else 0)
        made = (whole * CHUNK_ROWS + last_count, merkle.root(making.roots))
        key = Table.SNAPSHOT.key(number(making.height))
        self._store.write([*making.writes, (key, snapshot_row(*made, making.roots))])
        self._made[making.height] = made
        self._making, self._swept = None, False

    def _rows_after(self, making: _Making) -> Iterator[StateRow]:
        """The rows of the state as it was after the snapshot's height, beyond the cursor."""
        start = b"" if making.cursor is None else making.cursor + b"\0"
        height = number(making.height)
        stop = Table.BEFORE.range(height)[1]
        before = self._store.scan(Table.BEFORE.key(height, start), stop)
        now = self._store.scan(Table.STATE.key(start), Table.STATE.range()[1])
        for key, value in _older_first(before, now):
            if value is not None:
                yield key, value

    def _before(self, making: _Making, writes: Iterable[Write]) -> Iterator[Write]:
        """What stood where a block writes now, unless it is on disk in a chunk already."""
        height = number(making.height)
        for key, _ in writes:
            kept = Table.BEFORE.key(height, key)
            passed = making.durable is not None and key <= making.durable
            if not passed and self._store.get(kept) is None:
                yield kept, before_row(self._store.get(Table.STATE.key(key)))

    def _resumed(self, height: Height) -> _Making:
        """Where the making stood when the process ended: at the last chunk on disk."""
        making, last = _Making(height), b""
        for _, value in self._store.scan(*Table.CHUNK.range(number(height))):
            making.roots.append(Digest(value[:DIGEST_BYTES]))
            last = value[DIGEST_BYTES:]
        if last:
            making.cursor = making.durable = decode_state_chunk(last, self._limits)[-1][0]
        return making

    def _sweep(self) -> None:
        """Delete a few rows that are needed no more."""
        kept = sorted(self._made)[-KEPT_MAX:]
        for height in [each for each in self._made if each not in kept]:
            del self._made[height]
        oldest = number(kept[0]) if kept else number(0)
        tables = (
            self._store.scan(*Table.BEFORE.range()),
            self._store.scan(Table.CHUNK.key(), Table.CHUNK.key(oldest)),
            self._store.scan(Table.SNAPSHOT.key(), Table.SNAPSHOT.key(oldest)),
        )
        doomed = [key for key, _ in islice(joined.from_iterable(tables), _SWEPT_AT_ONCE)]
        if doomed:
            self._store.write([(key, None) for key in doomed])
        self._swept = not doomed


def _older_first(before: Iterator[Row], now: Iterator[Row]) -> Iterator[tuple[bytes, bytes | None]]:
    """State keys, ascending, with what was kept of each; else with what stands there now."""
    kept, row = next(before, None), next(now, None)
    while kept is not None or row is not None:
        old = None if kept is None else kept[0][_SKIPPED:]
        new = None if row is None else row[0][1:]
        if kept is not None and old is not None and (new is None or old <= new):
            yield old, before_from(kept[1])
            kept = next(before, None)
            row = next(now, None) if old == new else row
        elif row is not None and new is not None:
            yield new, row[1]
            row = next(now, None)
