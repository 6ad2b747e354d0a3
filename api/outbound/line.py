"""How every line to somebody outside is kept going: a step when one is due, and rest until then."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol


class Closing(Protocol):
    """A way out that can be closed."""

    async def close(self) -> None:
        """Nothing is sent any more."""
        ...


async def keep_going(
    step: Callable[[], Awaitable[int | None]],
    woken: asyncio.Event,
    post: Closing,
    moved: Callable[[], None] = lambda: None,
) -> None:
    """Make one step after the other, until cancelled; then the way out is closed.

    Args:
        step: makes an attempt if one is due; says how long to rest, ms, or None for until woken.
        woken: ends a rest.
        post: the way out.
        moved: is called after each step.
    """
    try:
        while True:
            rest_ms = await step()
            moved()
            woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if rest_ms is None else rest_ms / 1_000):
                    await woken.wait()
    finally:
        await post.close()
