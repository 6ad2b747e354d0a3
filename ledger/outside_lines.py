"""OutsideLines: which heads bodies outside the committee cosigned, as one node keeps it.

A witness cosigns the head that it is shown last, and a receipt stands on an earlier one: so the
question here is which head, at or above a height, a witness cosigned first. Spec:
``docs/spec/checkpoint.md``, ``docs/spec/store.md``.
"""

from collections.abc import Iterable

from ledger.block_store import BlockStore
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import Height
from ledger.core.merkle_stored import consistency_path_from
from ledger.core.note import Note, NoteKey, NoteSignature, parse_line
from ledger.core.receipt_parts import OutsideHead
from ledger.log_tree import LogTree
from ledger.store.api import Store
from ledger.store.keys import Table, last_number, number, text


class OutsideLines:
    """The verified lines of witnesses, by key and height."""

    __slots__ = ("_blocks", "_origin", "_store", "_tree")

    def __init__(self, store: Store, blocks: BlockStore, tree: LogTree, origin: str) -> None:
        self._store = store
        self._blocks = blocks
        self._tree = tree
        self._origin = origin

    def checkpoint(self, height: Height) -> Checkpoint:
        """The head of the log after the block at `height`."""
        header = self._blocks.header(height)
        return Checkpoint(self._origin, header.log_size, header.log_root)

    def keep(self, key: NoteKey, height: Height, line: NoteSignature) -> None:
        """Keep a witness's line under a head; when this returns, it survives any crash.

        Args:
            key: the witness's.
            height: of the block that the head ends with.
            line: verified by the caller: under this key, for this head.

        Raises:
            StoreError: it could not be made durable.
        """
        self._store.write([(_row(key, height), line.line().encode())])

    def line(self, key: NoteKey, height: Height) -> NoteSignature | None:
        """What a witness said of one head; None where nothing is kept."""
        data = self._store.get(_row(key, height))
        return None if data is None else parse_line(data.decode())

    def newest(self, key: NoteKey) -> Height:
        """The height of the newest head that a witness cosigned; 0 before the first."""
        rows = self._store.scan(*Table.OUTSIDE.range(text(key.vkey())), reverse=True)
        return Height(next((last_number(row) for row, _ in rows), 0))

    def first(self, key: NoteKey, height: Height) -> tuple[Height, NoteSignature] | None:
        """The lowest head at or above `height` that a witness cosigned, and its line."""
        stop = Table.OUTSIDE.range(text(key.vkey()))[1]
        for row, data in self._store.scan(_row(key, height), stop):
            return Height(last_number(row)), parse_line(data.decode())
        return None

    def heads(self, keys: Iterable[NoteKey], height: Height) -> tuple[OutsideHead, ...]:
        """For each of `keys` its first head at or above `height`, ascending: a receipt's slot.

        Args:
            keys: of witnesses.
            height: of the head that the receipt stands on; the paths lead from there.
        """
        lines: dict[Height, list[NoteSignature]] = {}
        for key in keys:
            found = self.first(key, height)
            if found is not None:
                lines.setdefault(found[0], []).append(found[1])
        size = self._blocks.header(height).log_size
        heads = [(self.checkpoint(at), tuple(said)) for at, said in sorted(lines.items())]
        return tuple(
            OutsideHead(
                Note(head.text(), said).format().decode(),
                consistency_path_from(self._tree, size, head.size),
            )
            for head, said in heads
        )


def _row(key: NoteKey, height: Height) -> bytes:
    return Table.OUTSIDE.key(text(key.vkey()), number(height))
