"""in_turns: asks a question of the ledger that gives the event loop away now and then."""

import asyncio

from contracts.turns import T, Turns


async def in_turns(turns: Turns[T]) -> T:
    """What is found; consensus and other readers have their turns in between."""
    while True:
        try:
            next(turns)
        except StopIteration as done:
            found: T = done.value
            return found
        await asyncio.sleep(0)
