"""Cosignatures of a log that never was."""

from collections.abc import Sequence

from consensus.cosigning import decode_cosignature
from consensus.wire import Cosigned, Frame
from ledger.core.hashing import sha256
from ledger.core.identifiers import NodeId
from tests.network.byzantine.habit import Habit


class TwoHeads(Habit):
    """It cosigns each head, and for one of the others a head of the same size with another root."""

    hopes = "that two people hold signed heads of two logs, and each believes to have the only one"
    faults = frozenset({"two-heads"})
    lies = frozenset({"head of another log"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if not isinstance(said, Cosigned):
            return (frame,)
        head = decode_cosignature(said.data)
        if self.hand.others.index(to) != head.size % len(self.hand.others):
            return (frame,)
        self.hand.lied("head of another log")
        forked = self.hand.pen.cosigns(head.size, sha256(head.root))
        return (self.hand.codec.encode(Cosigned(forked)),)
