"""Attempts: when something that goes out is tried again, and what came of it so far.

One rule for everything: after the first failure a pause, twice as long after each further one, up
to a longest; a part of it is drawn, so that nodes that failed together do not come back together.
Never reads a clock and never draws: both are given.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How long to pause."""

    first_ms: int = 1_000
    """After the first failure."""
    longest_ms: int = 60_000
    """However often it failed: who was away for days is found within this when it is back."""

    def pause_ms(self, failures_count: int, draw: Callable[[int], int]) -> int:
        """The pause after so many failures in a row.

        Args:
            failures_count: at least 1.
            draw: an integer of 0 … its argument, from whatever is random.
        """
        # The exponent is bounded first: nobody waits for two to the power of a year's failures.
        doubled_ms = self.first_ms << min(failures_count - 1, _DOUBLINGS_MAX)
        whole_ms = min(doubled_ms, self.longest_ms)
        return whole_ms - draw(whole_ms // 2)


_DOUBLINGS_MAX: Final = 32
_PATIENT_COUNT: Final = 8
"""Rests in a row before they count like failures: other nodes may be faster for a while."""
REASON_MAX: Final = 200
"""Characters of why something failed."""


@dataclass(slots=True)
class Attempts:
    """The attempts of one line to the outside."""

    rule: RetryRule
    draw: Callable[[int], int]
    """As in `RetryRule.pause_ms`."""
    due_ms: int = 0
    """Not before this."""
    failed_count: int = 0
    """Since the node was started."""
    reason: str = ""
    """Why the last attempt failed; empty where it did not."""
    _in_a_row: int = field(default=0)
    _rests_in_a_row: int = field(default=0)

    def failed(self, now_ms: int, reason: str, rest_ms: int = 0) -> None:
        """It did not work: rest for a while, and for as long as was asked for."""
        self.failed_count += 1
        self._in_a_row += 1
        self.reason = reason[:REASON_MAX]
        pause_ms = self.rule.pause_ms(self._in_a_row, self.draw)
        self.due_ms = now_ms + max(pause_ms, rest_ms)

    def rest(self, now_ms: int, reason: str) -> None:
        """It could not work yet, and nobody failed: try again after a pause.

        Whoever is never ready, whatever it is shown, is asked less and less like one who fails.
        """
        self._rests_in_a_row += 1
        self.reason = reason[:REASON_MAX]
        beyond = max(1, self._rests_in_a_row - _PATIENT_COUNT)
        self.due_ms = now_ms + self.rule.pause_ms(beyond, lambda _: 0)

    def hurry(self) -> None:
        """What it rested for is there: the next attempt is due at once, for so many times."""
        if self._rests_in_a_row <= _PATIENT_COUNT:
            self.due_ms = 0

    def worked(self) -> None:
        """It worked: the next one is due at once."""
        self._in_a_row, self._rests_in_a_row, self.reason, self.due_ms = 0, 0, "", 0

    def left_ms(self, now_ms: int) -> int:
        """How long to rest; 0 where an attempt is due.

        A clock that was set back makes nobody wait longer than the longest pause.
        """
        return max(0, min(self.due_ms - now_ms, self.rule.longest_ms))
