"""StateView: the key-value state after the newest block, as rules and the API read it.

Only reads, and only whole blocks: a block's writes appear all at once, with the block.
"""

from collections.abc import Iterator
from typing import Final

from ledger.store.api import Reader, Row
from ledger.store.keys import Table

_STATE: Final = Table.STATE.key()


class StateView:
    """The `STATE` table without its prefix."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def get(self, key: bytes) -> bytes | None:
        """The value of a state key, or None."""
        return self._reader.get(_STATE + key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[Row]:
        """The rows whose keys begin with `prefix`, ascending, from key `start` on."""
        first, stop = Table.STATE.range(prefix)
        for key, value in self._reader.scan(max(first, Table.STATE.key(start)), stop):
            yield key[1:], value
