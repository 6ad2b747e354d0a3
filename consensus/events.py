"""What happened inside a driver that people may want to read: facts, not prose.

The driver logs nothing itself; whoever runs it takes the events and writes them down.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

EVENTS_MAX: Final = 1_000
"""Kept until taken; a driver that nobody listens to forgets the oldest."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a log."""

    name: str
    """``<what>.<happened>``, stable."""
    facts: Mapping[str, str | int]

    def __repr__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.name} {facts}"


class Events:
    """A bounded list of events; every part of one driver writes into the same one."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=EVENTS_MAX)

    def add(self, name: str, **facts: str | int) -> None:
        """Note that something happened."""
        self._kept.append(Event(name, facts))

    def take(self) -> tuple[Event, ...]:
        """Everything since the last call, in order."""
        taken = tuple(self._kept)
        self._kept.clear()
        return taken
