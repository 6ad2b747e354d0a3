"""The nemesis: kills real nodes at random moments while records flow, and counts what was promised.

Each round SIGKILLs one of four processes at a random moment, demands that the others go on
committing, and starts the victim again; every tenth round and the last one kill all four. At the
end all nodes stand on one head, and everything that any node has ever acknowledged is on the
ledger with its receipt.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.network.real_network import MEMBERS, READY_S, RealNetwork
from tests.network.traffic import Traffic

ALL_AT_ONCE_EVERY = 10
SAMPLE_MAX = 100
"""Receipts asked of each node and verified offline, drawn from all that was acknowledged."""


@dataclass
class Report:
    """What happened in all rounds."""

    rounds: int = 0
    kills: int = 0
    records: int = 0
    """Records that were acknowledged."""
    height: int = 0
    verified_receipts: int = 0
    recovery_s: list[float] = field(default_factory=list)
    """From each kill to the next commit of a bundle that was made after it."""


class Nemesis:
    """One campaign over one network."""

    def __init__(self, network: RealNetwork, seed: int, say: Callable[[str], None]) -> None:
        self.network = network
        self.random = random.Random(seed)
        self.say = say
        self.report = Report()
        self.traffic = Traffic(network, network.nodes, self.random)

    async def run(self, rounds: int) -> Report:
        """Play all rounds, then check that nothing was lost."""
        flow = [asyncio.create_task(self.traffic.flow(member)) for member in MEMBERS[:2]]
        try:
            for number in range(1, rounds + 1):
                await self._round(number, number == rounds or number % ALL_AT_ONCE_EVERY == 0)
                for task in flow:
                    if task.done():
                        task.result()
        finally:
            for task in flow:
                task.cancel()
            await asyncio.gather(*flow, return_exceptions=True)
        self.report.height = await self.traffic.converged()
        self.report.records = self.traffic.records
        await self._check_receipts()
        await self.traffic.http.aclose()
        return self.report

    async def _round(self, number: int, everybody: bool) -> None:
        """Kill one or everybody, demand progress, restart."""
        await asyncio.sleep(self.random.uniform(0, 1.5))
        victims = self.network.nodes if everybody else [self.random.choice(self.network.nodes)]
        for victim in victims:
            victim.kill()
        killed = time.monotonic()
        self.report.kills += len(victims)
        if everybody:
            for victim in victims:
                victim.start()
        await self.traffic.commit(self.network.bundle(1, "notary"))
        self.report.recovery_s.append(time.monotonic() - killed)
        if not everybody:
            await asyncio.sleep(self.random.uniform(0, 1))
            victims[0].start()
        for victim in victims:
            await asyncio.to_thread(victim.wait_ready, READY_S)
        self.report.rounds = number
        names = "all" if everybody else victims[0].node_id
        self.say(
            f"round {number}: killed {names}, committed again after "
            f"{self.report.recovery_s[-1]:.1f} s, {self.traffic.records} records acknowledged"
        )

    async def _check_receipts(self) -> None:
        """Everything acknowledged has its receipt, and every node has the same ones."""
        first, *_ = self.network.nodes
        promised = sorted(self.traffic.acknowledged)
        for record_id in promised:
            await self.traffic.receipt(first, record_id)
        for node in self.network.nodes:
            for record_id in self.random.sample(promised, min(SAMPLE_MAX, len(promised))):
                await self.traffic.receipt(node, record_id)
                self.report.verified_receipts += 1


def campaign(folder: Path, rounds: int, seed: int, say: Callable[[str], None]) -> Report:
    """Make a network in `folder`, torment it, stop it.

    Raises:
        AssertionError: a promise was broken.
    """
    network = RealNetwork(folder)
    try:
        network.start()
        return asyncio.run(Nemesis(network, seed, say).run(rounds))
    finally:
        network.stop()
