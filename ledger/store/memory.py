"""MemoryStore: a store whose disk is this process's memory, for simulations and tools.

Keeps the promises of the port except that it ends with the process.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from ledger.store.api import Row, Write


class MemoryStore:
    """An ordered map in memory."""

    __slots__ = ("_keys", "_new", "_rows")

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._new: set[bytes] = set()
        """Keys that are in `_rows` and not yet in `_keys`: sorted in when a scan needs them."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        return self._rows.get(key)

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[Row]:
        """The rows with ``start <= key < stop``, as they are now."""
        self._sort_in()
        keys = self._keys[bisect_left(self._keys, start) : bisect_left(self._keys, stop)]
        rows = [(key, self._rows[key]) for key in keys]
        return iter(rows[::-1] if reverse else rows)

    def write(self, writes: Iterable[Write]) -> None:
        """Apply all of `writes`."""
        for key, value in list(writes):
            if value is None:
                self._delete(key)
            else:
                if key not in self._rows:
                    self._new.add(key)
                self._rows[key] = value

    def close(self) -> None:
        """Nothing to give back."""

    def _delete(self, key: bytes) -> None:
        if key in self._rows:
            self._sort_in()
            del self._keys[bisect_left(self._keys, key)]
            del self._rows[key]

    def _sort_in(self) -> None:
        if self._new:
            self._keys.extend(self._new)
            self._keys.sort()
            self._new.clear()
