"""StrangeHeads: heads that this log never had and that a key of the committee signed nevertheless.

One such word contradicts this log; together with a word of the same key for a head that this log
has, at least as large, it is a Fault which anybody can check without this log. Words are verified
by the caller. What is kept of a node is bounded, and survives the process: the other half of a
contradiction may come after a restart. Spec: ``docs/spec/misconduct.md``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ledger.codes import Code
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, NetworkId, NodeId
from ledger.core.merkle_stored import consistency_path_from, root_from
from ledger.core.misconduct import Fault, FaultKind, Grown
from ledger.core.note import Note, parse_note
from ledger.core.statements import Word
from ledger.errors import FormatError, LedgerError, StoreError
from ledger.log_tree import LogTree
from ledger.signed_heads import SignedHead
from ledger.store.api import Store, Write
from ledger.store.keys import Table, number, text, text_from

STRANGE_MAX: Final = 4
"""Kept of one key: the smallest heads, because any later word of it meets them."""
FOUND_MAX: Final = 64
WRITES_MAX: Final = 64
"""Heads of one key that are made durable in the life of a process: each costs a sync."""


KeptWords = Callable[[NodeId, Word, int], Iterable[SignedHead]]
"""Words of a node for heads of this log of at least a size, some of them, the smallest first."""


class StrangeHeads:
    """Contradictions of this log, by node and kind of word."""

    __slots__ = (
        "_accused",
        "_found",
        "_kept",
        "_network_id",
        "_store",
        "_strange",
        "_tree",
        "_writes",
    )

    def __init__(self, store: Store, network_id: NetworkId, tree: LogTree, kept: KeptWords) -> None:
        """What is kept in `store`, and room for more.

        Raises:
            StoreError: `store.damaged` where a row holds no head.
        """
        self._store = store
        self._network_id = network_id
        self._tree = tree
        self._kept = kept
        self._strange: dict[tuple[NodeId, Word], dict[int, SignedHead]] = {}
        self._accused: set[tuple[NodeId, Word, int]] = set()
        self._found: list[Fault] = []
        self._writes: Counter[tuple[NodeId, Word]] = Counter()
        for node_id, head in _rows(store):
            self._strange.setdefault((node_id, head.word), {})[head.checkpoint.size] = head

    def ours(self, node_id: NodeId, head: SignedHead, committee: Committee) -> None:
        """A node signed a head of this log: held against the strange ones that it signed."""
        for strange in self._strange.get((node_id, head.word), {}).values():
            if strange.checkpoint.size <= head.checkpoint.size:
                self._accuse(node_id, strange, head, committee)

    def strange(self, node_id: NodeId, head: SignedHead, committee: Committee) -> None:
        """A node signed a head that is at or below this log's size and no head of it.

        A prefix of this log that ends inside a block contradicts nothing.
        """
        size = head.checkpoint.size
        if root_from(self._tree, size) == head.checkpoint.root:
            return
        known = self._strange.setdefault((node_id, head.word), {})
        twin = known.get(size)
        if twin is not None and twin.checkpoint.root != head.checkpoint.root:
            self._accuse(node_id, twin, head, committee)
        if twin is None:
            self._keep(node_id, head, known)
        for kept in self._kept(node_id, head.word, size):
            self._accuse(node_id, head, kept, committee)
            return

    def take(self) -> tuple[Fault, ...]:
        """The evidence since the last call, one piece for each strange head."""
        found = tuple(self._found)
        self._found.clear()
        return found

    def _keep(self, node_id: NodeId, head: SignedHead, known: dict[int, SignedHead]) -> None:
        """Make a head durable, and let the largest go where there are too many."""
        known[head.checkpoint.size] = head
        gone = known.pop(max(known)) if len(known) > STRANGE_MAX else None
        self._writes[node_id, head.word] += 1
        if gone is head or self._writes[node_id, head.word] > WRITES_MAX:
            return
        writes: list[Write] = [(strange_key(node_id, head), strange_row(head))]
        if gone is not None:
            writes.append((strange_key(node_id, gone), None))
        self._store.write(writes)

    def _accuse(
        self, node_id: NodeId, small: SignedHead, large: SignedHead, committee: Committee
    ) -> None:
        """Make the evidence, and believe it only where everybody will."""
        place = (node_id, small.word, small.checkpoint.size)
        if place in self._accused or len(self._accused) >= FOUND_MAX:
            return
        sizes = small.checkpoint.size, large.checkpoint.size
        try:
            grown = None if sizes[0] == sizes[1] else self._grown(*sizes)
        except StoreError as problem:
            if problem.code is not Code.BLOCK_NOT_KEPT:
                raise
            # The smaller head came along with a snapshot, and the log below it is not here: the
            # row is kept for whoever has that log.
            return
        fault = Fault(
            FaultKind.TWO_HEADS,
            self._network_id,
            committee.epoch,
            node_id,
            small.statement,
            large.statement,
            grown,
        )
        try:
            fault.verify(self._network_id, committee)
        except LedgerError:
            # The node's key changed between the two: two keys, and no contradiction of one.
            return
        self._accused.add(place)
        self._found.append(fault)

    def _grown(self, smaller: int, larger: int) -> Grown:
        """That our log grew from one size to the other."""
        root = Digest(root_from(self._tree, smaller))
        return Grown(root, consistency_path_from(self._tree, smaller, larger))


def strange_key(node_id: NodeId, head: SignedHead) -> bytes:
    """The key of the row in which a node's word for a head of another log is kept."""
    size = number(head.checkpoint.size)
    return Table.STRANGE.key(text(node_id), text(head.line.name), size)


def strange_row(head: SignedHead) -> bytes:
    """The row itself: the head as a note of one line."""
    return Note(head.checkpoint.text(), (head.line,)).format()


def strange_head_from(value: bytes) -> SignedHead:
    """The head that a row holds; its line was verified when it was kept.

    Raises:
        StoreError: `store.damaged`.
    """
    try:
        note = parse_note(value)
        checkpoint = parse_checkpoint(note.text)
        (line,) = note.signatures
    except (FormatError, ValueError) as problem:
        raise StoreError(Code.STORE_DAMAGED, what="strange head") from problem
    word = Word.LOG if line.name == checkpoint.origin else Word.COSIGNATURE
    return SignedHead(checkpoint, word, line)


def _rows(store: Store) -> Iterator[tuple[NodeId, SignedHead]]:
    for key, value in store.scan(*Table.STRANGE.range()):
        yield NodeId(text_from(key[1:])), strange_head_from(value)
