"""What a block's time may be, and whether this node's own clock may judge it.

Fresh blocks only: a block that NEW-VIEW chose is never compared with a clock, or it could be
refused for ever. The peers' clocks come with their statuses. A message that was slow makes its
sender's clock look late, never early, so the two directions have different bounds. Spec:
``docs/spec/consensus.md``, "Time, work, timers".
"""

from consensus.core.config import Config
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId, View

_OLD_AFTER_STATUSES = 10
"""A clock that was not heard of for so many status intervals is no longer compared."""


class ClockRule:
    """The last clock heard of every peer, and the three questions that are asked of time."""

    __slots__ = ("_config", "_heard")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._heard: dict[NodeId, tuple[int, int]] = {}

    def heard(self, peer: NodeId, clock_ms: int, now_ms: int) -> None:
        """Take a peer's clock from its status."""
        self._heard[peer] = (clock_ms - now_ms, now_ms)

    def trusted(self, committee: Committee, now_ms: int) -> bool:
        """False where this clock is out of bound with f + 1 others: at least one of them is right.

        Such a node votes only for blocks that NEW-VIEW chose, and does not cosign.
        """
        if committee.n == 1:
            return True
        oldest = now_ms - _OLD_AFTER_STATUSES * self._config.status_ms
        apart = sum(
            1
            for peer, (offset_ms, at_ms) in self._heard.items()
            if peer in committee and at_ms >= oldest and self._out_of_bound(offset_ms)
        )
        return apart < committee.weak

    def punctual(self, time_ms: int, arrived_ms: int, changes: int, committee: Committee) -> bool:
        """Whether a fresh block was not too old when it arrived.

        Args:
            time_ms: the block's time.
            arrived_ms: when its PRE-PREPARE came in, on this clock.
            changes: view changes at this height so far; each doubles the bound.
            committee: with one node no clocks are compared.
        """
        return committee.n == 1 or arrived_ms - time_ms <= self._behind_ms(changes)

    def votable_at(self, time_ms: int, committee: Committee) -> int:
        """The time from which a fresh block may be voted for; it is held until then."""
        return 0 if committee.n == 1 else time_ms - self._config.clock_ahead_ms

    def _behind_ms(self, changes: int) -> int:
        return doubled(self._config.clock_behind_ms, changes, self._config.clock_behind_max_ms)

    def _out_of_bound(self, offset_ms: int) -> bool:
        ahead, behind = self._config.clock_ahead_ms, self._config.clock_behind_ms
        return offset_ms > ahead or offset_ms < -behind


def doubled(base_ms: int, times: int, most_ms: int) -> int:
    """`base_ms` doubled `times` times, at most `most_ms`; a huge count costs nothing."""
    return min(base_ms << min(times, 32), most_ms)


def view_changes(start: View, view: View) -> int:
    """How many views lie between the one a height started in and the present one."""
    return max(0, view - start)
