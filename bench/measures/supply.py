"""Owns the bundles of a load: signed in a process of their own, ahead of whoever sends them.

What a load needs is signed before its clock starts, as far as memory allows. Only of a long load is
the rest signed meanwhile, and what that costs is told apart.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from rich.progress import Progress

from bench.load import signed_bundle
from bench.measures.spent import spent_by
from bench.network import Network

AHEAD_MAX = 1_500
"""Bundles in memory: about 350 MB where each has 1,000 records."""
HEAD_START_S = 240
"""After so long the first bundles are sent, however few are there: they live for ten minutes."""
END_S = 5


class Supply:
    """Bundles of some members, by the members' numbers."""

    def __init__(self, who: range, source: Connection, pid: int, total: int) -> None:
        self._who, self._source, self._pid = who, source, pid
        self._left, self._number, self._before_s = total, 0, 0.0
        self._ready = {member: list[bytes]() for member in who}
        self._queues: dict[int, asyncio.Queue[bytes]] = {}
        self.waited = 0
        """How often somebody wanted a bundle that was not signed yet."""

    def stock(self, bars: Progress, key: str) -> None:
        """Take in what memory allows, before the clock starts."""
        ahead, until = min(AHEAD_MAX, self._left), time.monotonic() + HEAD_START_S
        bar = bars.add_task(f"{key}: bundles signed", total=ahead)
        while self._left and self._number < ahead and time.monotonic() < until:
            self._ready[self._next].append(self._source.recv_bytes())
            self._count()
            bars.advance(bar)

    def start_clock(self) -> None:
        """Count what signing costs from now on."""
        self._before_s = spent_by([self._pid]).cpu_s

    @property
    def cpu_s(self) -> float:
        """Of signing, since the clock started."""
        return max(0.0, spent_by([self._pid]).cpu_s - self._before_s)

    def open(self) -> None:
        """Bind it to the running loop."""
        for member, ready in self._ready.items():
            self._queues[member] = asyncio.Queue(AHEAD_MAX)
            for each in ready:
                self._queues[member].put_nowait(each)
            ready.clear()

    async def refill(self) -> None:
        """Bring the rest while the load runs; end it with the load."""
        while self._left:
            if not await asyncio.to_thread(self._source.poll, 0.2):
                continue
            bundle = await asyncio.to_thread(self._source.recv_bytes)
            await self._queues[self._next].put(bundle)
            self._count()

    async def bundle(self, member: int) -> bytes:
        """The next one of a member."""
        queue = self._queues[member]
        if queue.empty():
            self.waited += 1
        return await queue.get()

    @property
    def _next(self) -> int:
        return self._who[self._number % len(self._who)]

    def _count(self) -> None:
        self._number += 1
        self._left -= 1


@contextmanager
def supplied(network: Network, who: range, records: int, total: int) -> Iterator[Supply]:
    """Begin to sign so many bundles.

    Args:
        network: that they are for.
        who: numbers of the members that sign, in turns.
        records: in each bundle.
        total: of all bundles: more than the network can take, or somebody waits in vain.
    """
    context = multiprocessing.get_context("fork")
    source, sink = context.Pipe(duplex=False)
    process = context.Process(target=_sign, args=(network, who, records, total, sink), daemon=True)
    process.start()
    sink.close()
    try:
        yield Supply(who, source, process.pid or 0, total)
    finally:
        process.terminate()
        process.join(END_S)
        source.close()


def _sign(network: Network, who: range, records: int, total: int, sink: Connection) -> None:
    # The pipe holds less than a bundle, so this is never more than one ahead of whoever reads.
    with suppress(BrokenPipeError):
        for number in range(total):
            member = network.members[who[number % len(who)]]
            sink.send_bytes(signed_bundle(member, records).encode())
        # Who is gone has spent nothing: what signing cost is read while this process is there.
        time.sleep(24 * 3600)
