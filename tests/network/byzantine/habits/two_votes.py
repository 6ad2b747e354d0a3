"""Votes for two blocks of one slot."""

from collections.abc import Sequence

from consensus.core.messages import PrePrepare, Vote
from consensus.wire import Frame, Said
from ledger.core.hashing import sha256
from ledger.core.identifiers import HeaderHash, NodeId
from tests.network.byzantine.habit import Habit


class TwoVotes(Habit):
    """Beside each of its votes it says both votes of the same slot for a block that is not there."""

    hopes = "that its one voice counts twice, and makes a quorum of three out of two"
    faults = frozenset({"two-prepares", "two-commits"})
    lies = frozenset({"votes for another block"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if not isinstance(said, Said) or not isinstance(said.message, PrePrepare | Vote):
            return (frame,)
        told = said.message
        vote = told.prepare if isinstance(told, PrePrepare) else told
        another = HeaderHash(sha256(vote.header_hash))
        self.hand.lied("votes for another block")
        return (frame, *self.hand.said(*self.hand.pen.both_votes(vote.slot, another)))
