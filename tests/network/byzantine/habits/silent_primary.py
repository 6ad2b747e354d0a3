"""A primary that never proposes."""

from collections.abc import Sequence

from consensus.core.messages import PrePrepare
from consensus.wire import Frame, Said
from ledger.core.identifiers import NodeId
from tests.network.byzantine.habit import Habit


class SilentPrimary(Habit):
    """It votes, relays and cosigns as it must, and keeps every proposal to itself."""

    hopes = "that nothing is decided for as long as it is primary, while nobody can say it is away"
    lies = frozenset({"proposal kept back"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if isinstance(said, Said) and isinstance(said.message, PrePrepare):
            self.hand.lied("proposal kept back")
            return ()
        return (frame,)
