"""Certificates in the names of others, and what was said long ago."""

from collections import deque
from collections.abc import Sequence

from consensus.core.messages import Decided, NewView, PrePrepare, Status, ViewChange
from consensus.wire import Frame, Kind, Said
from ledger.core.identifiers import NodeId
from tests.network.byzantine.habit import Habit
from tests.network.byzantine.hand import Hand

_KEPT = 256
_FORGED = PrePrepare | Decided | Status | ViewChange | NewView


class ForgedCertificates(Habit):
    """It signs parents, prepared blocks and decisions for everybody, and replays old frames."""

    hopes = "that a block counts as decided which no quorum ever voted for"
    lies = frozenset({"forged certificate", "replayed frame"})

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._heard: deque[bytes] = deque(maxlen=_KEPT)

    def hears(self, peer: NodeId, frame: bytes) -> None:
        if frame[0] == Kind.MESSAGE:
            self._heard.append(frame)

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        told: Sequence[bytes] = (frame,)
        if isinstance(said, Said) and isinstance(said.message, _FORGED):
            told = self.hand.said(*self.hand.forger.forged(said.message))
            if tuple(told) != (frame,):
                self.hand.lied("forged certificate")
        if not self._heard:
            return told
        self.hand.lied("replayed frame")
        return (*told, self.hand.dice.pick(self._heard))
