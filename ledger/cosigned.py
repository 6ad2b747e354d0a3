"""CosignedHeads: which heads of the log a quorum has cosigned, and which one proves a record.

A record's receipt stands on the first cosigned head above it, and this node keeps that choice: once
a head is cosigned here, none below it ever becomes so. A line is verified before it counts. Spec:
``docs/spec/checkpoint.md``.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Final

from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, cosigner_keys, parse_checkpoint
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Digest, Epoch, Height, LogIndex, NetworkId, NodeId
from ledger.core.misconduct import Fault
from ledger.core.note import (
    Note,
    NoteKey,
    NoteSignature,
    parse_line,
    parse_note,
    verify_signature,
)
from ledger.core.statements import Word
from ledger.errors import StoreError, VerificationError
from ledger.kept_note import kept_of
from ledger.log_tree import LogTree
from ledger.signed_heads import SignedHead, signed_heads
from ledger.store.api import Store
from ledger.store.keys import Table, last_number, number
from ledger.strange_heads import StrangeHeads

_LOOKED_AT_MAX: Final = 64
"""Cosigned heads among which the line of one node is looked for."""
_WAITING_MAX: Final = 256
"""Heads that wait for a quorum; where more would wait, the oldest is given up for newer ones."""


class Counted(Enum):
    """What became of a cosignature."""

    QUORUM = "quorum"
    """It made the head cosigned."""
    WAITING = "waiting"
    """It counts; more are needed."""
    KNOWN = "known"
    """It changes nothing: it was here, or its head or a newer one is already cosigned."""
    AHEAD = "ahead"
    """Its head is above this node's log; it was not looked at and may be offered again."""


class CosignedHeads:
    """Counts cosignatures and keeps every head that reached a quorum."""

    __slots__ = (
        "_blocks",
        "_keys",
        "_origin",
        "_store",
        "_strange",
        "_waiting",
        "epochs",
        "newest",
    )

    def __init__(
        self,
        store: Store,
        blocks: BlockStore,
        origin: str,
        epochs: Epochs,
        tree: LogTree,
        network_id: NetworkId,
    ) -> None:
        self._store = store
        self._blocks = blocks
        self._origin = origin
        self._keys: dict[Epoch, dict[NodeId, NoteKey]] = {}
        self.epochs = epochs
        """Whose word counts for a head follows from its size; the chain keeps this up to date."""
        self._waiting: dict[Height, dict[NodeId, NoteSignature]] = {}
        self._strange = StrangeHeads(store, network_id, tree, self._words_of)
        row = next(store.scan(*Table.COSIGNED.range(), reverse=True), None)
        self.newest = Height(0 if row is None else last_number(row[0]))
        """Height of the newest cosigned head; 0 before the first."""

    def add(self, node_id: NodeId, size: int, root: Digest, line: str, head: Height) -> Counted:
        """Count one cosignature.

        Args:
            node_id: the node that is said to have cosigned.
            size: leaves of the log at that head.
            root: of the log at that head.
            line: its signature line, without newline.
            head: height of this node's newest block.

        Raises:
            FormatError: `note.invalid`.
            VerificationError: `note.signature`; `checkpoint.conflict` where the line holds and
                says another log than ours, which is evidence against the node.
            StoreError: the quorum could not be made durable.
        """
        if size > (self._blocks.header(head).log_size if head else 0):
            return Counted.AHEAD
        if self._is_below(size):
            return Counted.KNOWN
        height = self._blocks.height_of_size(size)
        checkpoint = Checkpoint(self._origin, size, root)
        signature = self._verified(node_id, checkpoint, line)
        signed = SignedHead(checkpoint, Word.COSIGNATURE, signature)
        if height is None or self._blocks.header(height).log_root != root:
            self._strange.strange(node_id, signed, self.epochs.at_size(size))
            raise VerificationError(Code.CHECKPOINT_CONFLICT, node=node_id, size=size)
        self._strange.ours(node_id, signed, self.epochs.at_size(size))
        if height <= self.newest:
            return Counted.KNOWN
        lines = self._waiting.setdefault(height, {})
        if node_id in lines:
            return Counted.KNOWN
        lines[node_id] = signature
        if len(lines) < self.epochs.at_size(size).q:
            self._bound()
            return Counted.WAITING
        self._reach(height)
        return Counted.QUORUM

    def head_for(self, height: Height) -> tuple[Height, bytes] | None:
        """The cosigned head on which receipts of the block at `height` stand, and its note."""
        start, stop = Table.COSIGNED.key(number(height)), Table.COSIGNED.range()[1]
        for key, note in self._store.scan(start, stop):
            return Height(last_number(key)), note
        return None

    def between(self, above: Height, up_to: Height, count_max: int) -> list[tuple[Height, bytes]]:
        """The cosigned heads of heights above one and up to another, ascending."""
        start = Table.COSIGNED.key(number(above + 1))
        rows = self._store.scan(start, Table.COSIGNED.key(number(up_to + 1)))
        return [(Height(last_number(key)), note) for key, note in islice(rows, count_max)]

    def follow(self, height: Height, data: bytes) -> None:
        """Keep a head as a node of the committee showed it, in place of counting lines here.

        Args:
            height: of a block that is stored here; at or below the newest it changes nothing.
            data: the note, the node's log signature first.

        Raises:
            FormatError: `note.invalid`.
            VerificationError: as `kept_of`: the node lies.
            StoreError: it could not be made durable.
        """
        if height <= self.newest:
            return
        header = self._blocks.header(height)
        checkpoint = Checkpoint(self._origin, header.log_size, header.log_root)
        try:
            kept = kept_of(data, checkpoint, self.epochs)
        except VerificationError:
            self.compare(data)
            raise
        self._store.write(
            [
                (Table.COSIGNED.key(number(height)), kept.cosigned),
                (Table.LOG_LINE.key(number(height)), kept.log_line.encode()),
            ]
        )
        self.newest = height
        self._waiting = {each: lines for each, lines in self._waiting.items() if each > height}

    def compare(self, data: bytes) -> None:
        """Hold a note from anybody against this log; what it proves is in `take_faults`.

        Args:
            data: a note of a head at or below this log's; lines that do not hold are left out.

        Raises:
            FormatError: `note.invalid`.
        """
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.origin != self._origin or checkpoint.size == 0:
            return
        if self._blocks.height_of(LogIndex(checkpoint.size - 1)) is None:
            return
        if self._is_below(checkpoint.size):
            return
        committee = self.epochs.at_size(checkpoint.size)
        for node_id, signed in signed_heads(note, checkpoint, committee):
            self._strange.strange(node_id, signed, committee)

    def take_faults(self) -> tuple[Fault, ...]:
        """Evidence against keys that signed heads this log never had, since the last call."""
        return self._strange.take()

    def log_line(self, size: int) -> str | None:
        """The log signature that a followed node put under the head of that size, if any."""
        height = self._blocks.height_of_size(size)
        line = None if height is None else self._store.get(Table.LOG_LINE.key(number(height)))
        return None if line is None else line.decode()

    def waiting(self, height: Height) -> Mapping[NodeId, NoteSignature]:
        """The verified cosignatures of a head that has no quorum yet."""
        return self._waiting.get(height, {})

    def most_waiting(self, height: Height) -> int:
        """Cosignatures of the head nearest to a quorum, among those at or above `height`."""
        return max((len(lines) for at, lines in self._waiting.items() if at >= height), default=0)

    def pending(self, height: Height, epochs: Epochs) -> StoreError:
        """That no head at or above a height has the cosignatures that it needs, and how many."""
        needed = epochs.at_size(self._blocks.header(height).log_size).q
        found = self.most_waiting(height)
        return StoreError(Code.RECEIPT_PENDING, height=height, found=found, needed=needed)

    def newest_note(self) -> bytes | None:
        """The newest cosigned checkpoint, or None before the first."""
        return self._store.get(Table.COSIGNED.key(number(self.newest))) if self.newest else None

    def _is_below(self, size: int) -> bool:
        """Whether a head is older than the snapshot with which this store began.

        Whether it is our log's nobody can tell here, so it neither counts nor accuses.
        """
        base = self._blocks.base
        return base > 0 and size < self._blocks.header(base).log_size

    def _words_of(self, node_id: NodeId, word: Word, size: int) -> Iterator[SignedHead]:
        """What a node signed of this log's heads from `size` on; the first few are looked at."""
        first = self._blocks.height_of(LogIndex(size - 1))
        if first is None:
            return
        table = Table.COSIGNED if word is Word.COSIGNATURE else Table.LOG_LINE
        rows = self._store.scan(table.key(number(first)), table.range()[1])
        for key, row in islice(rows, _LOOKED_AT_MAX):
            height = Height(last_number(key))
            head = self._blocks.header(height)
            checkpoint = Checkpoint(self._origin, head.log_size, head.log_root)
            above = b"" if word is Word.COSIGNATURE else f"{checkpoint.text()}\n".encode()
            lines = above + row + b"\n" if above else row
            committee = self.epochs.at_size(head.log_size)
            for who, signed in signed_heads(parse_note(lines), checkpoint, committee):
                if (who, signed.word) == (node_id, word):
                    yield signed
        for height, waiting in self._waiting.items():
            if word is Word.COSIGNATURE and height >= first and node_id in waiting:
                head = self._blocks.header(height)
                checkpoint = Checkpoint(self._origin, head.log_size, head.log_root)
                yield SignedHead(checkpoint, word, waiting[node_id])

    def _verified(self, node_id: NodeId, checkpoint: Checkpoint, line: str) -> NoteSignature:
        committee = self.epochs.at_size(checkpoint.size)
        if committee.epoch not in self._keys:
            self._keys = {committee.epoch: cosigner_keys(self._origin, committee)}
        key = self._keys[committee.epoch].get(node_id)
        signature = parse_line(line)
        if key is None:
            raise VerificationError(Code.NOTE_SIGNATURE, name=signature.name)
        verify_signature(checkpoint.text(), signature, key)
        return signature

    def _reach(self, height: Height) -> None:
        """Make the head cosigned, durably; heads below can no longer become so."""
        header, lines = self._blocks.header(height), self._waiting[height]
        checkpoint = Checkpoint(self._origin, header.log_size, header.log_root)
        committee = self.epochs.at_size(header.log_size)
        ordered = tuple(lines[node] for node in committee if node in lines)
        note = Note(checkpoint.text(), ordered).format()
        self._store.write([(Table.COSIGNED.key(number(height)), note)])
        self.newest = height
        self._waiting = {each: kept for each, kept in self._waiting.items() if each > height}

    def _bound(self) -> None:
        if len(self._waiting) > _WAITING_MAX:
            del self._waiting[min(self._waiting)]
