"""Store: the port to an ordered map of bytes on disk, and what it promises.

The chain trusts a store to keep what it was told to keep, and nothing else: everything read from it
can be recomputed and compared (`ledger.audit`). A store never interprets keys or values.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

Row: TypeAlias = tuple[bytes, bytes]
"""Key and value."""
Write: TypeAlias = tuple[bytes, bytes | None]
"""Key and new value; None deletes."""


class Reader(Protocol):
    """Reading committed rows."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None.

        Raises:
            StoreError: `store.io` or `store.damaged`.
        """
        ...

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[Row]:
        """The rows with ``start <= key < stop``, ascending, or descending where `reverse`.

        Promise: shows the rows as they were when the first one was asked for, whatever is written
        meanwhile.

        Raises:
            StoreError: `store.io` or `store.damaged`.
        """
        ...


class Store(Reader, Protocol):
    """Reading and writing."""

    def write(self, writes: Iterable[Write]) -> None:
        """Apply all of `writes`, or none; where a key occurs twice, the later one counts.

        Promise: when this returns, the writes survive a crash of the process and of the machine.
        When it raises, none of them is ever seen by this process, and the store refuses every
        further write: whoever opens it again finds all or none of them.

        Raises:
            StoreError: `store.disk_full` or `store.io`.
        """
        ...

    def close(self) -> None:
        """Give the store back; nothing may be asked of it afterwards."""
        ...
