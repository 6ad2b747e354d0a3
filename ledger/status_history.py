"""StatusHistory: the slow state after the newest block, and after any earlier one.

A block that changes slow rows leaves behind what stood there before; going back from the newest
tree over these rows gives the tree of any height, so a receipt can be made for an old head without
a copy of the state for each. Never writes by itself. Spec: ``docs/spec/status.md``.
"""

from collections.abc import Sequence

from ledger.core.identifiers import Height
from ledger.core.status import PREFIX, StatusTree
from ledger.store.api import Reader, Row, Write
from ledger.store.keys import Table, number
from ledger.store.rows import undo_from, undo_row


class StatusHistory:
    """Trees of slow rows by height."""

    __slots__ = ("_reader", "newest")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        start, stop = Table.STATE.range(PREFIX)
        skip = len(start)
        self.newest = StatusTree({key[skip:]: value for key, value in reader.scan(start, stop)})
        """After the newest block."""

    def advance(self, tree: StatusTree) -> None:
        """Take `tree` as the newest: its block is durable now."""
        self.newest = tree

    def at(self, height: Height) -> StatusTree:
        """The slow rows after the block at `height`."""
        start, stop = Table.STATUS_UNDO.key(number(height + 1)), Table.STATUS_UNDO.range()[1]
        # Read newest first, so that the oldest value above the height is the one that stays.
        rows: dict[bytes, bytes | None] = {}
        for _, value in self._reader.scan(start, stop, reverse=True):
            rows.update(undo_from(value))
        return self.newest.succeeded(rows.items())


def undo_rows(before: StatusTree, height: Height, slow: Sequence[Write]) -> list[Row]:
    """The row to keep beside a block's writes of slow rows; none where none changes."""
    changed = [(key, before.get(key.removeprefix(PREFIX))) for key, _ in slow]
    return [(Table.STATUS_UNDO.key(number(height)), undo_row(changed))] if changed else []
