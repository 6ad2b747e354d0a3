"""Measure c: from sending a record to its verified receipt, at a steady rate.

Records are due at fixed moments, whether or not earlier ones have come back, and the time is
counted from when each was due: a network that falls behind cannot hide it.
"""

import asyncio
import os
import time

from rich.progress import Progress

from bench.figures import percentile
from bench.load import signed_bundle
from bench.measures.http import Caller
from bench.measures.result import Bar, Result, Terms
from bench.measures.settings import settings_of
from bench.measures.spent import spent_by
from bench.network import Member, Network, running_network
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt

RATE = 100
PATH = "/v1/bundles?wait=30&receipts=all"
HEADERS = {"Content-Type": "application/msgpack", "Accept": "application/jsonl"}
P50 = Bar(12, at_least=False, words="p50 ≤ 12 ms")
P99 = Bar(60, at_least=False, words="p99 ≤ 60 ms")


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """Four nodes, and a record every ten milliseconds."""
    rate = 10 if terms.quick else RATE
    with running_network(terms.folder / "waited") as network:
        before, cpu_s = spent_by(network.pids), time.process_time()
        took = sorted(asyncio.run(_paced(network, rate, terms.seconds, bars)))
        spent = spent_by(network.pids).since(before)
        figures: dict[str, float | str] = {
            "records": len(took),
            "records/s asked for": rate,
            "load generator CPU s, verifying included": time.process_time() - cpu_s,
            "load of the machine": os.getloadavg()[0],
        }
        figures |= spent.figures(len(took)) | settings_of(network)
    name = f"submit → verified receipt at {rate} records/s"
    p50, p99 = percentile(took, 50), percentile(took, 99)
    return [
        Result("c", f"{name}, p50", "ms", p50, P50, figures),
        Result("c", f"{name}, p99", "ms", p99, P99),
    ]


async def _paced(network: Network, rate: int, seconds: float, bars: Progress) -> list[float]:
    count = max(4, int(rate * seconds))
    bar = bars.add_task("c: receipts verified", total=count)
    took = list[float]()
    idle: dict[str, list[Caller]] = {each.url: [] for each in network.members}
    begins = time.perf_counter() + 0.5

    async def submitted(member: Member, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        bundle = signed_bundle(member, 1)
        caller = idle[member.url].pop() if idle[member.url] else Caller(member.url)
        status, answer = await caller.post(PATH, bundle.encode(), HEADERS)
        if status != 201:
            raise RuntimeError(f"{status}: {answer[:300]!r}")
        verify_receipt(decode_receipt(answer.strip()), member.trust)
        took.append((time.perf_counter() - due) * 1000)
        idle[member.url].append(caller)
        bars.advance(bar)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            member = network.members[number % len(network.members)]
            group.create_task(submitted(member, begins + number / rate))
    for callers in idle.values():
        for caller in callers:
            caller.close()
    return took
