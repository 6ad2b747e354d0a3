"""Makes snapshots beside everything else that a process does, a little at a time.

A step takes milliseconds, and the loop is given several times as long for its other work before the
next, the less the nearer the root is due: whatever is left then is done at once by
`Snapshots.stated_at`, and a node that is busy for that long is none for its peers.
"""

import asyncio
from time import perf_counter
from typing import Final

from consensus.runner import Runner
from ledger.chain import Chain

_IDLE_S: Final = 1.0
_LOOKS_S: Final = 0.2
_LEAST_S: Final = 0.005
_SHARE: Final = 4
"""The rest after a step, as a multiple of what the step took, where the root is far from due."""


async def make_snapshots(chain: Chain) -> None:
    """Work until cancelled.

    Raises:
        StoreError: `store.*`: the process must not go on.
    """
    while True:
        began_s = perf_counter()
        more = chain.snapshots.step()
        took_s = perf_counter() - began_s
        await asyncio.sleep(rest_s(chain, took_s) if more else _IDLE_S)


def rest_s(chain: Chain, took_s: float) -> float:
    """How long to rest after a step that took so long, seconds."""
    making = chain.snapshots.making
    if making is None:
        return max(_LEAST_S, _SHARE * took_s)
    due = chain.snapshots.stating(making)
    left = max(0, due - chain.head.height - 1) / (due - making)
    return max(_LEAST_S, left * _SHARE * took_s)


async def until_whole(runner: Runner) -> None:
    """Wait until a snapshot that the node fetches is whole; for ever where it fetches none."""
    while not runner.has_whole_snapshot:
        await runner.moved(_LOOKS_S)
        await asyncio.sleep(0)
