"""The event loop of a process that serves for months: its clock never goes back.

Whoever waits in asyncio waits until a time of the monotonic clock. No kernel lets that clock step
back; what lies under or between may, and then every timer would be late by as much: a node would
neither dial again nor notice a deadline, for hours perhaps.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class SteadyLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands still where the machine's steps back, and goes on from there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen_s = clock()
        self._ahead_s = 0.0
        super().__init__()

    def time(self) -> float:
        """Seconds; a step ahead is taken along, since then timers come early only."""
        now_s = self._clock()
        if now_s < self._seen_s:
            self._ahead_s += self._seen_s - now_s
        self._seen_s = now_s
        return now_s + self._ahead_s


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` with such a loop."""
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        return runner.run(main)
