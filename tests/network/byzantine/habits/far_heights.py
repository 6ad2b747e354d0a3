"""A flood of well-formed words about heights and views that are nowhere near."""

from collections.abc import Sequence
from dataclasses import replace

from consensus.core.messages import BlocksRequest, Message, PayloadRequest, Phase, Status
from consensus.wire import CosignatureRequest, Frame, Said
from ledger.core.certificate import Slot
from ledger.core.hashing import sha256
from ledger.core.identifiers import HeaderHash, Height, NodeId, View
from tests.network.byzantine.habit import Habit

FRAMES = 1_000
"""With each status: one a second to each of the others."""


class FarHeights(Habit):
    """A thousand signed frames a second to each of the others: votes, view changes and statuses of
    heights and views far off, and questions that cost their answers.
    """

    hopes = "that the others spend their time and memory on what can never count"
    may_follow = frozenset({"two-prepares", "two-commits", "forgotten-commit"})
    lies = frozenset({"flood of a second"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if not isinstance(said, Said) or not isinstance(said.message, Status):
            return (frame,)
        told = said.message
        frames = [each for number in range(FRAMES // 8) for each in self._eight(told, number)]
        self.hand.lied("flood of a second")
        return (frame, *frames)

    def _eight(self, told: Status, number: int) -> Sequence[bytes]:
        """Eight frames, each signed where its kind is signed."""
        dice, pen = self.hand.dice, self.hand.pen
        above = Height(told.slot.height + dice.between(1, 1 << dice.between(1, 40)))
        far = replace(told.slot, height=above)
        later = replace(told.slot, view=View(told.slot.view + dice.between(1, 1 << 60)))
        unheard_of = HeaderHash(sha256(number.to_bytes(8)))
        return (
            *self.hand.said(
                pen.vote(Phase.PREPARE, far, unheard_of),
                pen.vote(Phase.COMMIT, far, unheard_of),
                pen.vote(Phase.COMMIT, later, unheard_of),
                pen.asks(later, told.head_hash),
                *self._asked(told, far, unheard_of),
            ),
            self.hand.codec.encode(CosignatureRequest(told.slot.height)),
        )

    def _asked(self, told: Status, far: Slot, unheard_of: HeaderHash) -> Sequence[Message]:
        return (
            self.hand.pen.again(replace(told, slot=far)),
            PayloadRequest(told.slot.height, unheard_of),
            BlocksRequest(Height(1)),
        )
