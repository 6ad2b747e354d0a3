"""Measure b: bundles of one record from 64 clients, beside etcd and PostgreSQL in turns.

All three are up at the same time and take turns under the same clients, so that what else the
machine does meanwhile falls on each alike. Each put has a payload of its own, a bundle that was
signed before the turn's clock started, whoever's turn it is.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from rich.progress import Progress

from bench.load import signed_bundle
from bench.measures.http import Caller
from bench.measures.result import Bar, Result, Terms
from bench.measures.settings import settings_of
from bench.measures.spent import Spent, spent_by
from bench.network import Network, running_network
from bench.peers import Peer, Put, peers

CLIENTS = 64
ROUNDS = 3
MOST_PER_SECOND = 6_000
"""Bundles signed for each second of a turn: nobody is to run out of fresh ones."""
PATH = "/v1/bundles?wait=30&receipts=none"
TYPE = {"Content-Type": "application/msgpack"}
PEERS = ("etcd", "PostgreSQL")


@dataclass(slots=True)
class Score:
    """What one of them came to, over its turns so far."""

    puts: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    written_bytes: int = 0
    client_cpu_s: float = 0.0
    rss_bytes: int = 0
    rates: list[float] = field(default_factory=list)

    def add(self, puts: int, seconds: float, client_cpu_s: float, spent: Spent) -> None:
        """One turn more."""
        self.puts += puts
        self.seconds += seconds
        self.client_cpu_s += client_cpu_s
        self.cpu_s += spent.cpu_s
        self.written_bytes += spent.written_bytes
        self.rss_bytes = spent.largest_rss_bytes
        self.rates.append(puts / seconds)

    @property
    def rate(self) -> float:
        """Puts per second of all turns."""
        return self.puts / self.seconds if self.seconds else 0.0


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """Three rounds of turns."""
    rounds, clients = (1, 4) if terms.quick else (ROUNDS, CLIENTS)
    folder = terms.folder / "singles"
    folder.mkdir()
    with running_network(folder / "network") as network, peers(folder) as others:
        every = [_own(network), *others]
        scores = {each.name: Score() for each in every}
        bar = bars.add_task("b: turns", total=rounds * len(every))
        for _ in range(rounds):
            for each in every:
                _turn(each, network, scores[each.name], clients, terms.seconds / rounds)
                bars.advance(bar)
        settings = settings_of(network)
    versions = {each.name: each.version for each in every}
    return _results(scores, versions, {"clients": clients, **settings})


def _own(network: Network) -> Peer:
    async def connect(number: int) -> tuple[Put, Callable[[], Awaitable[None]]]:
        caller = Caller(network.members[number % len(network.members)].url)

        async def put(bundle: bytes) -> None:
            status, answer = await caller.post(PATH, bundle, TYPE)
            if status != 201:
                raise RuntimeError(f"{status}: {answer[:300]!r}")

        async def leave() -> None:
            caller.close()

        return put, leave

    return Peer("bidwitness", "", connect, lambda: network.pids)


def _turn(peer: Peer, network: Network, score: Score, clients: int, seconds: float) -> None:
    members = network.members
    each_s = max(clients, int(seconds * MOST_PER_SECOND)) // len(members) + 1
    bundles = [[signed_bundle(each, 1).encode() for _ in range(each_s)] for each in members]
    asyncio.run(_played(peer, score, bundles, clients, seconds))


async def _played(
    peer: Peer, score: Score, bundles: Sequence[list[bytes]], clients: int, seconds: float
) -> None:
    connected = [await peer.connect(number) for number in range(clients)]
    puts, ran_out = 0, False
    before, cpu_s, begins = spent_by(peer.pids()), time.process_time(), time.perf_counter()

    async def client(put: Put, own: list[bytes]) -> None:
        nonlocal puts, ran_out
        while time.perf_counter() < begins + seconds:
            if not own:
                ran_out = True
                return
            await put(own.pop())
            puts += 1

    async with asyncio.TaskGroup() as group:
        for number, (put, _) in enumerate(connected):
            group.create_task(client(put, bundles[number % len(bundles)]))
    took, cpu_s = time.perf_counter() - begins, time.process_time() - cpu_s
    if ran_out:
        raise RuntimeError(f"{peer.name} took all that was signed: raise MOST_PER_SECOND")
    score.add(puts, took, cpu_s, spent_by(peer.pids()).since(before))
    for _, leave in connected:
        await leave()


def _results(
    scores: dict[str, Score], versions: dict[str, str], settings: dict[str, float | str]
) -> list[Result]:
    figures = settings | {"load of the machine": os.getloadavg()[0]}
    for name, score in scores.items():
        thousand = max(score.puts, 1) / 1000
        figures[f"{name}: CPU s per 1,000"] = score.cpu_s / thousand
        figures[f"{name}: bytes written per put"] = score.written_bytes / max(score.puts, 1)
        figures[f"{name}: load generator CPU s per 1,000"] = score.client_cpu_s / thousand
        figures[f"{name}: each turn"] = " ".join(f"{rate:,.0f}" for rate in score.rates)
    etcd = scores.get("etcd")
    bar = (
        None
        if etcd is None
        else Bar(etcd.rate, at_least=True, words=f"≥ etcd's {etcd.rate:,.0f}; aim 1.5×")
    )
    own = Result(
        "b",
        f"bundles of 1, {settings['clients']} clients",
        "records/s",
        scores["bidwitness"].rate,
        bar,
        figures,
    )
    found = [own]
    for name in PEERS:
        if name in scores:
            told = f"{name} {versions[name]} under the same clients"
            found.append(Result("b", told, "puts/s", scores[name].rate, None))
        else:
            found.append(Result("b", f"{name}: not installed", "puts/s", 0.0, None))
    return found
