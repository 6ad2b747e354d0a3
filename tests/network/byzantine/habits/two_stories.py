"""Two proposals for one height."""

from collections.abc import Sequence

from consensus.core.messages import PrePrepare, Vote
from consensus.wire import Frame, Said
from ledger.core.identifiers import NodeId
from tests.network.byzantine.habit import Habit


class TwoStories(Habit):
    """As primary it tells one of the others this block, another one that block, and one both.

    Who hears both is another one at each height; the block that it hears first can be decided.
    """

    hopes = "that two honest nodes decide two blocks of one height"
    faults = frozenset({"two-prepares"})
    may_follow = frozenset({"two-commits"})
    lies = frozenset({"another block"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if not isinstance(said, Said) or not isinstance(said.message, PrePrepare | Vote):
            return (frame,)
        told = said.message
        others = self.hand.others
        place = (others.index(to) + told.slot.height) % len(others)
        if place == 0 or (isinstance(told, Vote) and told.node != self.hand.name):
            return (frame,)
        (other,) = self.hand.said(self.hand.forger.another_story(told, bad=False))
        if other == frame:
            return (frame,)
        self.hand.lied("another block")
        return (other,) if place == 1 else (frame, other)
