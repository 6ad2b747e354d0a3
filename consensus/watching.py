"""Those who wait for a node to move: woken all at once, or when their own time is over."""

import asyncio


class Watching:
    """The waiting requests of one node, in its event loop."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._futures)

    async def moved(self, timeout_s: float) -> None:
        """Wait for the next `rouse`, but not longer."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            if future in self._futures:
                self._futures.remove(future)

    def rouse(self) -> None:
        """Let everybody look again."""
        futures, self._futures = self._futures, []
        for future in futures:
            if not future.done():
                future.set_result(None)
