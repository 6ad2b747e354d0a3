"""View changes that forget what was committed."""

from collections.abc import Sequence
from dataclasses import replace

from consensus.core.messages import Phase, ViewChange, Vote
from consensus.wire import Frame, Said
from ledger.core.identifiers import NodeId, View
from tests.network.byzantine.habit import Habit


class LyingViewChanges(Habit):
    """With each Commit it asks for the next view as if it had prepared nothing.

    It says so too where it asks for a view because the others do.
    """

    hopes = "that a block which some have decided is left out of the next view, and replaced"
    faults = frozenset({"forgotten-commit"})
    lies = frozenset({"prepared nothing"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        match said:
            case Said(Vote(Phase.COMMIT, slot, _, node)) if node == self.hand.name:
                self.hand.lied("prepared nothing")
                later = replace(slot, view=View(slot.view + 1))
                return (frame, *self.hand.said(self.hand.pen.asks(later, None)))
            case Said(ViewChange(slot, parent, view)) if view is not None:
                self.hand.lied("prepared nothing")
                return self.hand.said(self.hand.pen.asks(slot, parent))
        return (frame,)
