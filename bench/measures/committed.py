"""Measure a: plain records in bundles of 1,000, committed per second by four nodes.

Bundles are signed before the clock starts, and a few submitters at each node keep the pool full:
a next bundle is sent when the last one's receipts are there. A second without a commit counts.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.progress import Progress

from bench.load import signed_bundle
from bench.measures.http import Caller
from bench.measures.result import Bar, Result, Terms
from bench.measures.spent import spent_by
from bench.network import Network, running_network

RECORDS = 1_000
AT_ONCE = 2
"""Submitters at each node."""
MOST_PER_SECOND = 6
"""Bundles signed for each second: more than this machine's nodes can take."""
PATH = "/v1/bundles?wait=30&receipts=none"
TYPE = {"Content-Type": "application/msgpack"}
BAR = Bar(15_000, at_least=True, words="≥ 15,000 (aim 20,000)")


@dataclass(frozen=True, slots=True)
class Flow:
    """What a load came to."""

    seconds: float
    done_s: tuple[float, ...]
    """When each bundle had its receipts, since the clock started."""
    client_cpu_s: float


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """Four nodes, and as much as they take."""
    records = 50 if terms.quick else RECORDS
    with running_network(terms.folder / "committed") as network:
        count = max(8, int(terms.seconds * MOST_PER_SECOND))
        bar = bars.add_task("a: bundles signed", total=count)
        bundles = []
        for number in range(count):
            member = network.members[number % len(network.members)]
            bundles.append(signed_bundle(member, records).encode())
            bars.advance(bar)
        before = spent_by(network.pids)
        flow = asyncio.run(_driven(network, bundles, terms.seconds, bars))
        spent = spent_by(network.pids).since(before)
    committed = len(flow.done_s) * records
    figures: dict[str, float | str] = {
        "records": committed,
        "records a bundle": records,
        "seconds": flow.seconds,
        "load generator CPU s": flow.client_cpu_s,
        "load of the machine": os.getloadavg()[0],
    }
    figures |= spent.figures(committed)
    rate = committed / flow.seconds
    curve = _per_second(flow.done_s, records)
    return [Result("a", "bundles of 1,000, committed", "records/s", rate, BAR, figures, curve)]


async def _driven(
    network: Network, bundles: Sequence[bytes], seconds: float, bars: Progress
) -> Flow:
    bar = bars.add_task("a: bundles committed", total=len(bundles))
    done = list[float]()
    queues = [list(bundles[each :: len(network.members)]) for each in range(len(network.members))]
    cpu_s, begins = time.process_time(), time.perf_counter()

    async def submitter(number: int) -> None:
        caller, own = Caller(network.members[number].url), queues[number]
        try:
            while own and time.perf_counter() < begins + seconds:
                status, answer = await caller.post(PATH, own.pop(), TYPE)
                if status != 201:
                    raise RuntimeError(f"{status}: {answer[:300]!r}")
                done.append(time.perf_counter() - begins)
                bars.advance(bar)
        finally:
            caller.close()

    async with asyncio.TaskGroup() as group:
        for number in range(len(network.members) * AT_ONCE):
            group.create_task(submitter(number % len(network.members)))
    took = time.perf_counter() - begins
    return Flow(took, tuple(sorted(done)), time.process_time() - cpu_s)


def _per_second(done_s: Sequence[float], records: int) -> tuple[tuple[float, float], ...]:
    if not done_s:
        return ()
    counts = [0] * (int(done_s[-1]) + 1)
    for each in done_s:
        counts[int(each)] += records
    return tuple((float(second), float(count)) for second, count in enumerate(counts))
