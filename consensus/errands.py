"""Requests beside the one that an observer waits for: at most one to each upstream at a time.

Whoever never ends an answer to one of them holds nobody else up. What they bring is taken in by
whoever sent them, one after the other.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from ledger.core.identifiers import Height, NodeId
from ledger.follow import Chunk


@dataclass(frozen=True, slots=True)
class Errand:
    """One request that is on its way, or back."""

    name: NodeId
    """Of the upstream that is asked."""
    progress: tuple[Height, Height]
    """Where the observer stood when it was sent."""
    takes: bool
    """Blocks and heads are asked for; otherwise only where the upstream stands."""
    task: "asyncio.Task[Chunk]"


class Errands:
    """The requests of one observer."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: dict[NodeId, Errand] = {}

    def send(
        self,
        name: NodeId,
        progress: tuple[Height, Height],
        asked: Coroutine[object, object, Chunk],
        *,
        takes: bool,
    ) -> None:
        """Let a request go its way; where one is out to that upstream, nothing is asked."""
        if name in self._sent:
            asked.close()
            return
        self._sent[name] = Errand(name, progress, takes, asyncio.create_task(asked))

    async def back(self, wait_s: float) -> tuple[Errand, ...]:
        """Those that are back, after waiting for all of them, but not longer."""
        if self._sent:
            await asyncio.wait({each.task for each in self._sent.values()}, timeout=wait_s)
        found = tuple(each for each in self._sent.values() if each.task.done())
        for each in found:
            del self._sent[each.name]
        return found

    async def cancel(self) -> None:
        """Wait for nobody any more."""
        tasks = [each.task for each in self._sent.values()]
        self._sent = {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
