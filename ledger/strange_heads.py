"""StrangeHeads: heads that this log never had and that a key of the committee signed nevertheless.

One such word contradicts this log; together with a word of the same key for a head that this log
has, at least as large, it is a Fault which anybody can check without this log. Words are verified
by the caller. Memory is bounded by node. Spec: ``docs/spec/misconduct.md``.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, NetworkId, NodeId
from ledger.core.merkle_stored import consistency_path_from, root_from
from ledger.core.misconduct import Fault, FaultKind, Grown
from ledger.core.statements import Word
from ledger.errors import LedgerError
from ledger.log_tree import LogTree
from ledger.signed_heads import SignedHead

STRANGE_MAX: Final = 4
"""Kept of one key: the smallest heads, because any later word of it meets them."""
FOUND_MAX: Final = 64


KeptWords = Callable[[NodeId, Word, int], Iterable[SignedHead]]
"""Words of a node for heads of this log of at least a size, some of them, the smallest first."""


class StrangeHeads:
    """Contradictions of this log, by node and kind of word."""

    __slots__ = ("_accused", "_found", "_kept", "_network_id", "_strange", "_tree")

    def __init__(self, network_id: NetworkId, tree: LogTree, kept: KeptWords) -> None:
        self._network_id = network_id
        self._tree = tree
        self._kept = kept
        self._strange: dict[tuple[NodeId, Word], dict[int, SignedHead]] = {}
        self._accused: set[tuple[NodeId, Word, int]] = set()
        self._found: list[Fault] = []

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
        known.setdefault(size, head)
        if len(known) > STRANGE_MAX:
            del known[max(known)]
        for kept in self._kept(node_id, head.word, size):
            self._accuse(node_id, head, kept, committee)
            return

    def take(self) -> tuple[Fault, ...]:
        """The evidence since the last call, one piece for each strange head."""
        found = tuple(self._found)
        self._found.clear()
        return found

    def _accuse(
        self, node_id: NodeId, small: SignedHead, large: SignedHead, committee: Committee
    ) -> None:
        """Make the evidence, and believe it only where everybody will."""
        place = (node_id, small.word, small.checkpoint.size)
        if place in self._accused or len(self._accused) >= FOUND_MAX:
            return
        sizes = small.checkpoint.size, large.checkpoint.size
        grown = None
        if sizes[0] != sizes[1]:
            root = Digest(root_from(self._tree, sizes[0]))
            grown = Grown(root, consistency_path_from(self._tree, *sizes))
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
