"""Owns the load that fills a network: a few submitters at each node keep its pool full.

A next bundle is sent when the last one's receipts are there. The clock starts after a warm-up, and
a second without a commit counts.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.progress import Progress

from bench.measures.http import Caller
from bench.measures.result import Terms
from bench.measures.settings import settings_of
from bench.measures.spent import Spent, spent_by
from bench.measures.supply import Supply, supplied
from bench.network import Network

RECORDS = 1_000
AT_ONCE = 2
"""Submitters at each node."""
MOST_PER_SECOND = 30
"""Bundles to be had for each second: half as much again as what is aimed at."""
WARM_UP_S = 10.0
SAMPLE_S = 1.0
PATH = "/v1/bundles?wait=30&receipts=none"
TYPE = {"Content-Type": "application/msgpack"}
CREATED = 201


@dataclass(frozen=True, slots=True)
class Flow:
    """What a load came to, after its warm-up."""

    records: int
    seconds: float
    done_s: tuple[float, ...]
    """When each bundle had its receipts, since the clock started."""
    rss_bytes: tuple[tuple[float, float], ...]
    """Of the largest node, about once a second."""
    figures: Mapping[str, float | str]

    @property
    def rate(self) -> float:
        """Records committed per second."""
        return len(self.done_s) * self.records / self.seconds

    @property
    def per_second(self) -> tuple[tuple[float, float], ...]:
        """Records committed in each second."""
        counts = [0] * (int(self.seconds) + 1)
        for each in self.done_s:
            counts[int(each)] += self.records
        return tuple((float(second), float(count)) for second, count in enumerate(counts))


@dataclass(slots=True)
class _Seen:
    done_s: list[float]
    rss_bytes: list[tuple[float, float]]
    before: Spent
    cpu_s: float = 0.0
    sign_s: float = 0.0
    seconds: float = 0.0


def flow(
    network: Network, terms: Terms, bars: Progress, key: str, members: range | None = None
) -> Flow:
    """Drive it for the run's seconds, and count.

    Args:
        network: that runs.
        terms: how long, and how small.
        bars: of the run.
        key: the measure's letter.
        members: whose nodes take part; all where it is None.
    """
    records = 50 if terms.quick else RECORDS
    warm_up_s = 0.2 if terms.quick else WARM_UP_S
    who = range(len(network.members)) if members is None else members
    total = max(8, int((warm_up_s + terms.seconds) * MOST_PER_SECOND))
    with supplied(network, who, records, total) as supply:
        supply.stock(bars, key)
        bar = bars.add_task(f"{key}: bundles committed", total=None)
        driven = _driven(
            network, supply, who, (warm_up_s, terms.seconds), lambda: bars.advance(bar)
        )
        seen = asyncio.run(driven)
        bars.stop_task(bar)
    spent, committed = spent_by(network.pids).since(seen.before), len(seen.done_s) * records
    figures: dict[str, float | str] = {
        "records": committed,
        "records a bundle": records,
        "seconds": seen.seconds,
        "warm-up s": warm_up_s,
        "load generator CPU s": seen.cpu_s,
        "signing CPU s while the clock ran": seen.sign_s,
        "times that a submitter waited for a signature": supply.waited,
        "load of the machine": os.getloadavg()[0],
    }
    figures |= spent.figures(committed) | settings_of(network)
    return Flow(records, seen.seconds, tuple(sorted(seen.done_s)), tuple(seen.rss_bytes), figures)


async def _driven(
    network: Network,
    supply: Supply,
    who: range,
    lasts_s: tuple[float, float],
    advance: Callable[[], None],
) -> _Seen:
    supply.open()
    begins = time.perf_counter() + lasts_s[0]
    ends = begins + lasts_s[1]
    seen = _Seen([], [], Spent(0.0, 0, 0))

    async def submitter(number: int) -> None:
        caller = Caller(network.members[number].url)
        try:
            while time.perf_counter() < ends:
                status, answer = await caller.post(PATH, await supply.bundle(number), TYPE)
                if status != CREATED:
                    raise RuntimeError(f"{status}: {answer[:300]!r}")
                if (at := time.perf_counter() - begins) >= 0:
                    seen.done_s.append(at)
                advance()
        finally:
            caller.close()

    async def watch() -> None:
        await asyncio.sleep(lasts_s[0])
        seen.before, seen.cpu_s = spent_by(network.pids), time.process_time()
        supply.start_clock()
        while True:
            rss = spent_by(network.pids).largest_rss_bytes
            seen.rss_bytes.append((time.perf_counter() - begins, float(rss)))
            await asyncio.sleep(SAMPLE_S)

    beside = [asyncio.create_task(watch()), asyncio.create_task(supply.refill())]
    async with asyncio.TaskGroup() as group:
        for number in [each for each in who for _ in range(AT_ONCE)]:
            group.create_task(submitter(number))
    seen.seconds = time.perf_counter() - begins
    seen.cpu_s, seen.sign_s = time.process_time() - seen.cpu_s, supply.cpu_s
    for each in beside:
        each.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    return seen
