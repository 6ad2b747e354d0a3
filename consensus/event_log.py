"""Writes the driver's events to the log, and keeps a flood of them from filling the disk."""

import time
from collections.abc import Sequence
from typing import Final

import structlog

from consensus.events import Event
from ledger.core.identifiers import NodeId

LINES_PER_SECOND: Final = 50
"""Of one event's name; what is left out is counted in one line."""
_WARNINGS: Final = frozenset(
    {
        "fault.found",
        "frame.refused",
        "cosignature.refused",
        "journal.torn_tail_cut",
        "block.unfit",
        "signed.ahead",
        "signed.missing",
        "snapshot.donor_lied",
        "snapshot.donor_silent",
        "snapshot.given_up",
    }
)


class EventLog:
    """The log of one node."""

    __slots__ = ("_limit", "_log")

    def __init__(self, node_id: NodeId) -> None:
        self._log = structlog.get_logger("consensus").bind(node=node_id)
        self._limit = LineLimit()

    def write(self, events: Sequence[Event]) -> None:
        """Write events, each name at most `LINES_PER_SECOND` times a second."""
        for event in events:
            if self._limit.admits(event.name):
                write = self._log.warning if event.name in _WARNINGS else self._log.info
                write(event.name, **event.facts)


class LineLimit:
    """Counts the lines of each name in a second, and tells how many were left out."""

    __slots__ = ("_counts", "_log", "_second")

    def __init__(self) -> None:
        self._log = structlog.get_logger("consensus")
        self._second = 0.0
        self._counts: dict[str, int] = {}

    def admits(self, name: str) -> bool:
        """Whether one more line of that name may be written now."""
        now = time.monotonic()
        if now - self._second >= 1:
            for kept, count in self._counts.items():
                if count > LINES_PER_SECOND:
                    left_out = count - LINES_PER_SECOND
                    self._log.warning("log.left_out", name=kept, count=left_out)
            self._second, self._counts = now, {}
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name] <= LINES_PER_SECOND
