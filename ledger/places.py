"""Places: where records stand in the log, list by list, each asked for the next one beyond a place.

Lists of the same order are read in step by asking each for the place that another one is at, so
that what they share costs about as much as the shortest of them. A place is a log index, negated
where the order is newest first: in either order places ascend. Rows are read in pieces that grow
while a list is read on and on, no scan stays open in between, and each list counts what it reads.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import islice
from typing import Final, Protocol, TypeAlias

from ledger.block_store import BlockStore
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.store.api import Reader, Row
from ledger.store.keys import Table, last_number, number
from ledger.store.rows import runs_from

Place: TypeAlias = int
OWN: Final = None
"""Instead of a record id: the record whose entry stands at the place."""
_LEAST: Final = 16
_MOST: Final = 512
"""Places in one piece; a block's own are never parted."""
_SCAN_COST: Final = 10
"""What finding the first row costs, in rows that follow."""


@dataclass(slots=True)
class Spent:
    """What lists have read so far, in rows."""

    rows: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """The log's, or its reverse."""

    newest_first: bool = False

    def place(self, index: int) -> Place:
        """Of an index."""
        return -index if self.newest_first else index

    def index(self, place: Place) -> LogIndex:
        """At a place."""
        return LogIndex(-place if self.newest_first else place)


class Places(Protocol):
    """One list."""

    def seek(self, place: Place) -> Place | None:
        """The next place at `place` or beyond it; None where there is none.

        Places are asked for in ascending order.
        """
        ...

    def ids(self) -> Sequence[RecordId | None]:
        """Who stands at the place that was found last; `OWN` for whose entry it is."""
        ...


class _Pieces(ABC):
    """Reads a list piece by piece."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = 0
        self._wanted = _LEAST
        self._is_last = False

    def seek(self, place: Place) -> Place | None:
        """As `Places.seek`."""
        while True:
            self._at = bisect_left(self._places, place, self._at)
            if self._at < len(self._places):
                return self._places[self._at]
            if self._is_last:
                return None
            follows = bool(self._places) and place <= self._places[-1] + _MOST
            self._wanted = min(2 * self._wanted, _MOST) if follows else _LEAST
            self._at = 0
            self._is_last = self._read(place, self._wanted)

    @abstractmethod
    def _read(self, place: Place, wanted: int) -> bool:
        """Have the next piece in `_places`; whether it is the last."""


class RowPlaces(_Pieces):
    """A list with one row for each record."""

    def __init__(
        self, reader: Reader, table: Table, part: bytes, order: Order, spent: Spent
    ) -> None:
        super().__init__()
        self._reader, self._order, self._spent = reader, order, spent
        self._table, self._part = table, part
        self._ids: list[RecordId] = []

    def ids(self) -> Sequence[RecordId | None]:
        """As `Places.ids`."""
        return (self._ids[self._at],)

    def _read(self, place: Place, wanted: int) -> bool:
        rows = list(islice(self._scan(place), wanted))
        self._spent.rows += len(rows) + _SCAN_COST
        self._places = [self._order.place(last_number(key)) for key, _ in rows]
        self._ids = [RecordId(value) for _, value in rows]
        return len(rows) < wanted

    def _scan(self, place: Place) -> Iterator[Row]:
        start, stop = self._table.range(self._part)
        index = self._order.index(place)
        if self._order.newest_first:
            stop = self._table.key(self._part, number(index + 1))
        else:
            start = self._table.key(self._part, number(index))
        return self._reader.scan(start, stop, reverse=self._order.newest_first)


class RunPlaces(_Pieces):
    """A list with one row of runs for each block."""

    def __init__(
        self,
        reader: Reader,
        blocks: BlockStore,
        table: Table,
        part: bytes,
        order: Order,
        spent: Spent,
    ) -> None:
        super().__init__()
        self._reader, self._blocks = reader, blocks
        self._table, self._part = table, part
        self._order, self._spent = order, spent

    def ids(self) -> Sequence[RecordId | None]:
        """As `Places.ids`."""
        return (OWN,)

    def _read(self, place: Place, wanted: int) -> bool:
        self._places = []
        for count, (key, value) in enumerate(self._scan(place), 1):
            first = self._blocks.first_index(Height(last_number(key)))
            runs = runs_from(value)
            for run in reversed(runs) if self._order.newest_first else runs:
                indexes = range(first + run.start, first + run.stop)
                if self._order.newest_first:
                    self._places += (-index for index in reversed(indexes))
                else:
                    self._places += indexes
            if len(self._places) >= wanted and self._places[-1] >= place:
                self._spent.rows += count + len(self._places) // 8 + _SCAN_COST
                return False
        self._spent.rows += len(self._places) // 8 + _SCAN_COST
        return True

    def _scan(self, place: Place) -> Iterator[Row]:
        start, stop = self._table.range(self._part)
        height = self._blocks.height_of(self._order.index(place))
        if height is not None and self._order.newest_first:
            stop = self._table.key(self._part, number(height + 1))
        elif height is not None:
            start = self._table.key(self._part, number(height))
        elif not self._order.newest_first:
            return iter(())
        return self._reader.scan(start, stop, reverse=self._order.newest_first)


class EveryPlace:
    """Every entry of some blocks, which the log has from one index to another."""

    def __init__(self, blocks: BlockStore, span: range, order: Order, spent: Spent) -> None:
        self._blocks, self._span = blocks, span
        self._order, self._spent = order, spent
        self._block = range(0)

    def seek(self, place: Place) -> Place | None:
        """As `Places.seek`."""
        index = self._order.index(place)
        step = -1 if self._order.newest_first else 1
        while index in self._span:
            if index in self._block:
                return self._order.place(index)
            height = self._blocks.height_of(index)
            self._spent.rows += _SCAN_COST
            if height is None or height <= self._blocks.base:
                return None
            first = self._blocks.first_index(height)
            self._block = range(first, first + self._blocks.header(height).entry_count)
            if index not in self._block:
                # The last leaf of a block is its own.
                index = LogIndex(index + step)
        return None

    def ids(self) -> Sequence[RecordId | None]:
        """As `Places.ids`."""
        return (OWN,)


class AnyOf:
    """Several lists as one."""

    def __init__(self, lists: Sequence[Places]) -> None:
        self._lists = lists
        self._heads: list[tuple[Place, int]] | None = None

    def seek(self, place: Place) -> Place | None:
        """As `Places.seek`."""
        if self._heads is None:
            found = ((each.seek(place), at) for at, each in enumerate(self._lists))
            self._heads = [(first, at) for first, at in found if first is not None]
            heapify(self._heads)
        heads = self._heads
        while heads and heads[0][0] < place:
            at = heads[0][1]
            moved = self._lists[at].seek(place)
            if moved is None:
                heads[0] = heads[-1]
                heads.pop()
                heapify(heads)
            else:
                heapreplace(heads, (moved, at))
        return heads[0][0] if heads else None

    def ids(self) -> Sequence[RecordId | None]:
        """As `Places.ids`."""
        heads = self._heads or []
        here = [at for place, at in heads if place == heads[0][0]]
        return tuple(dict.fromkeys(each for at in here for each in self._lists[at].ids()))
