"""When a node must ask for the next view: two clocks, and nothing else.

The view's clock runs while work waits in an active view, and, once a node has asked for a view,
only from when q nodes ask for it (PBFT, OSDI '99, §4.5.2: otherwise nodes that are slow chase one
another through the views). It doubles with each change, starts anew at each height, and stands
still while a block is executed. The second, much longer clock runs for a bundle that is passed
over; a commit does not stop it.
"""

from typing import TypeAlias

from consensus.core.clock_rule import doubled
from consensus.core.config import Config
from ledger.core.identifiers import Height, View

Stretch: TypeAlias = tuple[Height, View, bool]
"""(height, view, active): the clock starts anew whenever one of them changes."""


class Pacemaker:
    """The two clocks of one node; times in ms."""

    __slots__ = (
        "_config",
        "_passed_over_ms",
        "_patience_ms",
        "_paused_ms",
        "_started_ms",
        "_stretch",
    )

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stretch: Stretch | None = None
        self._started_ms = 0
        self._patience_ms = 0
        self._paused_ms: int | None = None
        self._passed_over_ms: int | None = None

    def run(self, stretch: Stretch, changes: int, now_ms: int) -> None:
        """Let the view's clock run; it goes on where it already runs for this stretch."""
        if stretch == self._stretch:
            return
        self._stretch = stretch
        self._started_ms = now_ms
        most = self._config.view_timeout_max_ms
        self._patience_ms = doubled(self._config.view_timeout_ms, changes, most)
        if self._paused_ms is not None:
            self._paused_ms = now_ms

    def stop(self) -> None:
        """Nothing waits here: patience is whole again when something does."""
        self._stretch = None

    def pause(self, now_ms: int) -> None:
        """A block is being executed."""
        if self._paused_ms is None:
            self._paused_ms = now_ms

    def resume(self, now_ms: int) -> None:
        """The execution is over; the time it took does not count."""
        if self._paused_ms is not None:
            self._started_ms += max(0, now_ms - self._paused_ms)
            self._paused_ms = None

    def passed_over(self, yes: bool, now_ms: int) -> None:
        """Whether a bundle waits here while later ones of its member were committed."""
        if not yes:
            self._passed_over_ms = None
        elif self._passed_over_ms is None:
            self._passed_over_ms = now_ms

    def rewind(self, by_ms: int) -> None:
        """The clock stepped back: patience that was left is still left."""
        self._started_ms -= by_ms
        if self._paused_ms is not None:
            self._paused_ms -= by_ms
        if self._passed_over_ms is not None:
            self._passed_over_ms -= by_ms

    def view_left(self, now_ms: int) -> None:
        """Another primary gets the whole long patience."""
        if self._passed_over_ms is not None:
            self._passed_over_ms = now_ms

    @property
    def running(self) -> bool:
        """Whether the view's clock runs."""
        return self._stretch is not None

    @property
    def since_ms(self) -> int | None:
        """When the present patience began, executions left out; None while no clock runs."""
        return None if self._stretch is None else self._started_ms

    @property
    def deadline_ms(self) -> int | None:
        """When patience ends, if it can."""
        ends = []
        if self._stretch is not None and self._paused_ms is None:
            ends.append(self._started_ms + self._patience_ms)
        if self._passed_over_ms is not None:
            ends.append(self._passed_over_ms + self._config.passed_over_ms)
        return min(ends, default=None)

    def expired(self, now_ms: int) -> bool:
        """Whether patience has ended."""
        deadline = self.deadline_ms
        return deadline is not None and now_ms >= deadline
