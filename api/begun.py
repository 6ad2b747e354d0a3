"""Begun: how many requests a node works on at a time, and whose turn is next where more are there.

Everything runs in one loop, so each request that has begun makes all others later. Addresses take
turns: who asks once waits for one request of each of the others, and not for all that they asked.
Most requests are answered in one step of the loop. Were a turn handed on within it, all that ask at
once would be answered before the loop looks at anything else, so it is handed on in the next.
"""

import asyncio
from collections import deque
from typing import Final

WORKED_ON_MAX: Final = 4
WORK_S: Final = 0.02
PASSES: Final = 16
"""A request that is not answered after so long, nor when the loop has come by so often, waits for
something else most of the time, and makes room. On a busy machine time alone says nothing."""


class Begun:
    """The requests that are worked on, and those that wait for their turn."""

    __slots__ = ("_waiting", "free_count", "work_s")

    def __init__(self, most: int = WORKED_ON_MAX, work_s: float = WORK_S) -> None:
        self.free_count, self.work_s = most, work_s
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By address, in the order of their turns; whoever asks bounds how many wait."""

    async def take(self, address: str) -> None:
        """Wait for a turn of `address`; `give` it back once."""
        if self.free_count:
            self.free_count -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                # The turn came just when nobody wanted it any more.
                self.give()
            raise

    def give(self) -> None:
        """Hand a turn on, when the loop has looked at everything else."""
        asyncio.get_running_loop().call_soon(self._pass_on)

    def _pass_on(self) -> None:
        """The next turn is another address's, where others wait."""
        while self._waiting:
            address, waiting = next(iter(self._waiting.items()))
            del self._waiting[address]
            first = waiting.popleft()
            if waiting:
                self._waiting[address] = waiting
            if not first.done():
                first.set_result(None)
                return
        self.free_count += 1


class Turn:
    """One request: begun once, and ended whatever becomes of it."""

    __slots__ = ("_address", "_asked", "_begun", "_held", "_passes", "_timer")

    def __init__(self, begun: Begun, address: str) -> None:
        self._begun, self._address = begun, address
        self._asked = self._held = False
        self._passes = PASSES
        self._timer: asyncio.Handle | None = None

    async def begin(self) -> None:
        """Wait for the turn; the second time there is nothing to wait for."""
        if self._asked:
            return
        self._asked = True
        await self._begun.take(self._address)
        self._held = True
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._begun.work_s, self._look)

    def end(self) -> None:
        """Hand the turn on, if it is held."""
        if self._timer is not None:
            self._timer.cancel()
        if self._held:
            self._held = False
            self._begun.give()

    def _look(self) -> None:
        self._passes -= 1
        if self._passes:
            self._timer = asyncio.get_running_loop().call_soon(self._look)
        else:
            self.end()
