"""The one virtual clock of a run: what happens when, in an order that no machine changes."""

import heapq
from collections.abc import Callable
from itertools import count

STEPS_MAX = 400_000
"""A run that has not ended after so many events never ends."""


class Agenda:
    """Actions by true time; those of one instant happen in the order in which they were entered."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms
        self._order = count()
        self._events: list[tuple[int, int, Callable[[], None]]] = []

    def at(self, time_ms: int, action: Callable[[], None]) -> None:
        """Have something happen at a time, or now where that is over."""
        heapq.heappush(self._events, (max(time_ms, self.now_ms), next(self._order), action))

    def play(self, end_ms: int, until: Callable[[], bool]) -> bool:
        """Let events happen up to a time, or until something holds; whether it holds."""
        for _ in range(STEPS_MAX):
            if until():
                return True
            if not self._events or self._events[0][0] > end_ms:
                self.now_ms = end_ms
                return until()
            self.now_ms, _, action = heapq.heappop(self._events)
            action()
        raise AssertionError("the run does not end")
