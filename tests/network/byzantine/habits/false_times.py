"""Proposals from the future and from the past."""

from collections.abc import Sequence
from dataclasses import replace

from consensus.application import Application
from consensus.core.messages import Status
from consensus.wire import Frame, Said
from ledger.core.block import Header
from ledger.core.bundle import Bundle
from ledger.core.identifiers import NodeId
from tests.network.byzantine.habit import Habit
from tests.network.byzantine.hand import Hand
from tests.network.byzantine.other_application import OtherApplication

AHEAD_MS = 600_000


class FalseTimes(Habit):
    """As primary it dates its blocks ten minutes ahead, then as far back as the chain lets it.

    Its statuses say that its clock shows the same ten minutes more.
    """

    hopes = (
        "that a bid that came too late is dated in time, or a deadline is passed by a false clock"
    )
    as_primary = True
    lies = frozenset({"block from the future", "block from the past", "false clock"})

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        if isinstance(said, Said) and isinstance(said.message, Status):
            told = replace(said.message, clock_ms=said.message.clock_ms + AHEAD_MS)
            self.hand.lied("false clock")
            return self.hand.said(self.hand.pen.again(told))
        return (frame,)

    def executes(self, true: Application) -> Application:
        return _Misdating(true, self.hand)


class _Misdating(OtherApplication):
    """Assembles blocks that are right but for their time."""

    def __init__(self, true: Application, hand: Hand) -> None:
        super().__init__(true)
        self._hand = hand

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        past = self._hand.tally["block from the future"] > 0
        time_ms = self.true.head.time_ms + 1 if past else time_ms + AHEAD_MS
        made = self.true.assemble(bundles, time_ms, proposer)
        if made is not None:
            self._hand.lied("block from the past" if past else "block from the future")
        return made
