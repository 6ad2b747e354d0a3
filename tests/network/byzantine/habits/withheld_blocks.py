"""Proposals whose block is shown to one of the others only."""

from collections.abc import Sequence
from dataclasses import replace

from consensus.core.messages import PayloadAnswer, PrePrepare
from consensus.wire import Frame, Relayed, Said
from ledger.core.identifiers import NodeId
from tests.bits import flipped
from tests.network.byzantine.habit import Habit


class WithheldBlocks(Habit):
    """As primary it shows its block to one node, tells another its vote alone, and breaks the copy
    of the third; it serves no block that is asked for, and relays no bundle that it took in.
    """

    hopes = (
        "that a quorum prepares what only it can serve, so that it decides when the others go on"
    )
    lies = frozenset({"block kept back", "broken copy"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        match said:
            case Relayed():
                self.hand.lied("bundle kept back")
                return ()
            case Said(PayloadAnswer()):
                self.hand.lied("block kept back")
                return ()
            case Said(PrePrepare() as told):
                place = self.hand.others.index(to)
                if place == 0:
                    return (frame,)
                self.hand.lied("block kept back" if place == 1 else "broken copy")
                broken = replace(told, payload=flipped(told.payload))
                return self.hand.said(told.prepare if place == 1 else broken)
        return (frame,)
