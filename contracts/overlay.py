"""Writes of one block over the committed state: a bundle's are kept or dropped as one.

Rows live in groups: a group is a key prefix that is read as a whole, in key order. Nothing reaches
the committed state from here; the executor hands the writes to the chain.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, Protocol

CACHED_ROWS_MAX: Final = 64
"""Longest group that is kept in memory for a block: most hold a handful of rows."""


class StateReader(Protocol):
    """The committed state, as the chain gives it."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a row; None where there is none."""
        ...

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, ascending, from key `start` on."""
        ...


class EmptyState:
    """The state before there is one."""

    def get(self, key: bytes) -> bytes | None:
        """No row."""
        return None

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """No rows."""
        return iter(())


class Overlay:
    """The state as it stands at one point inside a block."""

    __slots__ = ("_base", "_found", "_fresh", "_groups", "_kept", "_lists", "_touched", "_unsorted")

    def __init__(self, base: StateReader) -> None:
        self._base = base
        self._kept: dict[bytes, bytes | None] = {}
        self._fresh: dict[bytes, bytes | None] = {}
        self._groups: dict[bytes, list[bytes]] = {}
        self._unsorted: dict[bytes, list[bytes]] = {}
        self._touched: list[tuple[bytes, bytes]] = []
        self._found: dict[bytes, bytes | None] = {}
        self._lists: dict[bytes, tuple[tuple[bytes, bytes], ...]] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value of a row; None where there is none."""
        if key in self._fresh:
            return self._fresh[key]
        if key in self._kept:
            return self._kept[key]
        if key not in self._found:
            self._found[key] = self._base.get(key)
        return self._found[key]

    def put(self, group: bytes, rest: bytes, value: bytes | None) -> None:
        """Write the row `group` ‖ `rest`; None deletes it."""
        key = group + rest
        if key not in self._fresh and key not in self._kept:
            self._unsorted.setdefault(group, []).append(key)
            self._touched.append((group, key))
        self._fresh[key] = value

    def wrote(self, group: bytes) -> bool:
        """Whether this block wrote to a group."""
        return bool(self._own_keys(group))

    def rows(self, group: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rest of the key and value of every row of `group`, ascending."""
        below, skip = self._base_rows(group), len(group)
        own = self._own_keys(group)
        if not own:
            return ((key[skip:], value) for key, value in below)
        return self._merged(below, own, skip)

    def keep(self) -> None:
        """Make the writes since the last `keep` or `drop` part of the block."""
        self._kept |= self._fresh
        self._fresh.clear()
        self._touched.clear()

    def drop(self) -> None:
        """Forget the writes since the last `keep`: a refused bundle leaves no trace."""
        self._fresh.clear()
        # Backwards, because what is not in order yet stands as it came.
        for group, key in reversed(self._touched):
            unsorted = self._unsorted.get(group)
            if unsorted:
                unsorted.pop()
                continue
            keys = self._groups[group]
            del keys[bisect_left(keys, key)]
        self._touched.clear()

    def writes(self) -> tuple[tuple[bytes, bytes | None], ...]:
        """Every kept write, ascending by key, each key once."""
        return tuple(sorted(self._kept.items()))

    def _own_keys(self, group: bytes) -> Sequence[bytes]:
        """Keys of a group that this block wrote, ascending.

        Put in order only when somebody asks, because of most groups nobody does; and each key
        once, because a rule that asks in every record must not sort them every time.
        """
        keys = self._groups.setdefault(group, [])
        for key in self._unsorted.pop(group, ()):
            insort(keys, key)
        return keys

    def _base_rows(self, group: bytes) -> Iterator[tuple[bytes, bytes]]:
        if group in self._lists:
            return iter(self._lists[group])
        rows = self._base.scan(group)
        taken = tuple(islice(rows, CACHED_ROWS_MAX + 1))
        if len(taken) <= CACHED_ROWS_MAX:
            self._lists[group] = taken
            return iter(taken)
        return chain(taken, rows)

    def _merged(
        self, below: Iterator[tuple[bytes, bytes]], own: Sequence[bytes], skip: int
    ) -> Iterator[tuple[bytes, bytes]]:
        """Committed rows and this block's, which stand in for committed rows of the same key."""
        at = 0
        for key, value in below:
            while at < len(own) and own[at] < key:
                yield from self._own(own[at], skip)
                at += 1
            if at < len(own) and own[at] == key:
                yield from self._own(key, skip)
                at += 1
            else:
                yield key[skip:], value
        while at < len(own):
            yield from self._own(own[at], skip)
            at += 1

    def _own(self, key: bytes, skip: int) -> Iterator[tuple[bytes, bytes]]:
        value = self._fresh[key] if key in self._fresh else self._kept[key]
        if value is not None:
            yield key[skip:], value
