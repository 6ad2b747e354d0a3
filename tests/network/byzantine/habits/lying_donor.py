"""Blocks and snapshots for those who lack them, but others than were decided."""

from collections.abc import Sequence

from consensus.core.messages import Blocks, PayloadAnswer, Status
from consensus.snapshot_frames import ChunkGiven, Offered
from consensus.wire import Frame, Said
from ledger.core.identifiers import NodeId
from tests.bits import flipped
from tests.network.byzantine.habit import Habit


class LyingDonor(Habit):
    """Who asks it for blocks or a snapshot gets changed ones; it claims to have more than anybody."""

    hopes = "that a node which was away comes back with a history of its making"
    comes_back = True
    lies = frozenset({"changed blocks", "higher than it is"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        match said:
            case Offered() | ChunkGiven():
                self.hand.lied("changed snapshot")
                return (flipped(frame),)
            case Said(Blocks() | PayloadAnswer() as told):
                self.hand.lied("changed blocks")
                return self.hand.said(self.hand.forger.donated(told))
            case Said(Status() as told):
                self.hand.lied("higher than it is")
                return self.hand.said(self.hand.forger.donated(told))
        return (frame,)
