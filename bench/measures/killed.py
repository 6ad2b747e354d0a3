"""Measure i: how long nothing is committed after the primary's process is killed.

Records are sent at a light, steady rate to the nodes that live on. Counted is the time from SIGKILL
to the first acknowledged commit of a record that was sent after it.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field

from rich.progress import Progress

from bench.figures import percentile
from bench.load import signed_bundle
from bench.measures.flow import CREATED, PATH, TYPE
from bench.measures.http import Caller
from bench.measures.result import Bar, Result, Terms
from bench.measures.settings import VIEW_TIMEOUT_MS, settings_of
from bench.network import Member, Network, running_network

ROUNDS = 5
PAUSE_S = 0.1
"""Between two records."""
BEFORE_S = 2.0
"""Of load before the kill."""
GIVE_UP_S = 60.0
TOGETHER_S = 60.0
BAR = Bar(
    2 * VIEW_TIMEOUT_MS, at_least=False, words=f"≤ {2 * VIEW_TIMEOUT_MS:,} ms, 2× the timeout"
)


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """Several primaries, one after the other; each comes back before the next is killed."""
    rounds = 1 if terms.quick else ROUNDS
    took = list[float]()
    with running_network(terms.folder / "killed") as network:
        bar = bars.add_task("i: primaries killed", total=rounds)
        for _ in range(rounds):
            primary = _primary(network)
            took.append(asyncio.run(_after_the_kill(network, primary)))
            network.begin_again(primary)
            network.wait_ready(primary)
            _wait_together(network)
            bars.advance(bar)
        settings = settings_of(network)
    figures = settings | {
        "each round, ms": " ".join(f"{each:,.0f}" for each in took),
        "records/s of load": 1 / PAUSE_S,
        "load of the machine": os.getloadavg()[0],
    }
    name = "first commit after the primary is killed, median"
    return [Result("i", name, "ms", percentile(sorted(took), 50), BAR, figures)]


def _primary(network: Network) -> int:
    """The number of the node that leads now."""
    leads = network.status(0)["primary"]
    committee = network.members[0].trust.committee.nodes
    member = next(each.member_id for each in committee if each.node_id == leads)
    return [each.name for each in network.folders].index(member)


def _wait_together(network: Network) -> None:
    """All nodes stand at one height, so that the next kill leaves a quorum that is up to date."""
    until = time.monotonic() + TOGETHER_S
    while len({network.status(each)["height"] for each in range(len(network.nodes))}) > 1:
        if time.monotonic() > until:
            raise RuntimeError(f"a node that was killed lags behind after {TOGETHER_S} s")
        time.sleep(0.1)


@dataclass(slots=True)
class _Kill:
    at: float | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    first: float = 0.0

    def acknowledged(self, sent: float) -> None:
        if self.at is not None and sent >= self.at and not self.over.is_set():
            self.first = time.perf_counter()
            self.over.set()


async def _after_the_kill(network: Network, primary: int) -> float:
    """Milliseconds."""
    alive = [each for number, each in enumerate(network.members) if number != primary]
    kill, tasks = _Kill(), set[asyncio.Task[None]]()
    driver = asyncio.create_task(_load(alive, kill, tasks))
    try:
        await asyncio.sleep(BEFORE_S)
        network.nodes[primary].kill()
        kill.at = time.perf_counter()
        await asyncio.wait_for(kill.over.wait(), GIVE_UP_S)
    finally:
        driver.cancel()
        await asyncio.gather(driver, return_exceptions=True)
        _done, left = await asyncio.wait(tasks, timeout=GIVE_UP_S)
        for each in left:
            each.cancel()
        network.nodes[primary].wait()
    for each in tasks:
        each.result()
    return (kill.first - kill.at) * 1000


async def _load(members: list[Member], kill: _Kill, tasks: set[asyncio.Task[None]]) -> None:
    number = 0
    while True:
        member = members[number % len(members)]
        tasks.add(asyncio.create_task(_submitted(member, kill)))
        number += 1
        await asyncio.sleep(PAUSE_S)


async def _submitted(member: Member, kill: _Kill) -> None:
    caller, bundle = Caller(member.url), signed_bundle(member, 1).encode()
    sent = time.perf_counter()
    try:
        status, answer = await caller.post(PATH, bundle, TYPE)
    finally:
        caller.close()
    if status != CREATED:
        raise RuntimeError(f"{status}: {answer[:300]!r}")
    kill.acknowledged(sent)
