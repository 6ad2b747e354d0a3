"""The nemesis: kills real nodes at random moments while records flow, and counts what was promised.

Each round SIGKILLs one of four processes (every tenth round all four) at a random moment, demands
that the others go on committing, and starts the victim again. At the end all nodes stand on one
head, and everything that any node has ever acknowledged is on the ledger with its receipt.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.real_network import MEMBERS, READY_S, RealNetwork

ALL_AT_ONCE_EVERY = 10
COMMIT_S = 120
"""A new bundle must be committed within this, one node down and its view changed included."""
CONVERGE_S = 180
SAMPLE_MAX = 100
"""Receipts asked of each node and verified offline, drawn from all that was acknowledged."""


@dataclass
class Report:
    """What happened in all rounds."""

    rounds: int = 0
    kills: int = 0
    acknowledged: dict[RecordId, int] = field(default_factory=dict)
    """Last record of every bundle that some node answered with 201 or 202, and its count. A bundle
    is accepted whole or refused whole, so the last record speaks for the others."""
    height: int = 0
    verified_receipts: int = 0
    recovery_s: list[float] = field(default_factory=list)
    """From each kill to the next commit of a bundle that was made after it."""

    @property
    def records(self) -> int:
        """Records that were acknowledged."""
        return sum(self.acknowledged.values())


class Nemesis:
    """One campaign over one network."""

    def __init__(self, network: RealNetwork, seed: int, say: Callable[[str], None]) -> None:
        self.network = network
        self.random = random.Random(seed)
        self.say = say
        self.report = Report()
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(30, connect=2), trust_env=False)

    async def run(self, rounds: int) -> Report:
        """Play all rounds, then check that nothing was lost."""
        flow = [asyncio.create_task(self._flow(member)) for member in MEMBERS[:2]]
        try:
            for number in range(1, rounds + 1):
                await self._round(number)
                for task in flow:
                    if task.done():
                        task.result()
        finally:
            for task in flow:
                task.cancel()
            await asyncio.gather(*flow, return_exceptions=True)
        await self._converge()
        await self._check_receipts()
        await self.http.aclose()
        return self.report

    async def _round(self, number: int) -> None:
        """Kill, demand progress, restart."""
        await asyncio.sleep(self.random.uniform(0, 1.5))
        everybody = number % ALL_AT_ONCE_EVERY == 0
        victims = self.network.nodes if everybody else [self.random.choice(self.network.nodes)]
        for victim in victims:
            victim.kill()
        killed = time.monotonic()
        self.report.kills += len(victims)
        if everybody:
            for victim in victims:
                victim.start()
        await self._commit(self.network.bundle(1, "notary"))
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
            f"{self.report.recovery_s[-1]:.1f} s, {self.report.records} records acknowledged"
        )

    async def _flow(self, member: str) -> None:
        """Bundles of one member, one after the other, through whoever answers."""
        while True:
            await self._commit(self.network.bundle(self.random.randint(1, 20), member))
            await asyncio.sleep(self.random.uniform(0, 0.1))

    async def _commit(self, bundle: Bundle) -> None:
        """Submit until committed; whatever was acknowledged on the way is a promise."""
        until = time.monotonic() + COMMIT_S
        last = "nobody answered"
        while time.monotonic() < until:
            node = self.random.choice(self.network.nodes)
            try:
                answer = await self.http.post(
                    f"{node.api}/v1/bundles",
                    params={"wait": 3, "receipts": "none"},
                    content=bundle.encode(),
                    headers={"content-type": "application/msgpack"},
                )
            except httpx.HTTPError:
                # Most often the node that was killed; the bundle is the same, so ask another one.
                await asyncio.sleep(0.05)
                continue
            last = f"{node.node_id}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code in (201, 202):
                self.report.acknowledged[bundle.record_ids[-1]] = bundle.header.count
            if answer.status_code == 201:
                return
            assert answer.status_code in (202, 429, 503), last
            await asyncio.sleep(0.05)
        raise AssertionError(f"a bundle was not committed within {COMMIT_S} s: {last}")

    async def _converge(self) -> None:
        """All nodes stand on one cosigned head."""
        until = time.monotonic() + CONVERGE_S
        states: list[tuple[int, str]] = []
        while time.monotonic() < until:
            states = [await self._head(node) for node in self.network.nodes]
            if len(set(states)) == 1 and states[0][1]:
                self.report.height = states[0][0]
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"no one head within {CONVERGE_S} s: {states}")

    async def _head(self, node: NodeProcess) -> tuple[int, str]:
        """(height, header hash) of a node's head; no hash while it is not cosigned."""
        try:
            network = (await self.http.get(f"{node.api}/v1/network")).json()
            height = int(network["height"])
            block = (await self.http.get(f"{node.api}/v1/blocks/{height}")).json()
        except httpx.HTTPError:
            return 0, ""
        return height, str(block["header"]["hash"]) if block["cosigned"] else ""

    async def _check_receipts(self) -> None:
        """Everything acknowledged has its receipt, and every node has the same ones."""
        first, *_ = self.network.nodes
        for record_id in self.report.acknowledged:
            await self._receipt(first, record_id)
        promised = sorted(self.report.acknowledged)
        for node in self.network.nodes:
            for record_id in self.random.sample(promised, min(SAMPLE_MAX, len(promised))):
                receipt = decode_receipt(await self._receipt(node, record_id))
                verified = verify_receipt(receipt, self.network.trust)
                assert verified.record_id == record_id
                self.report.verified_receipts += 1

    async def _receipt(self, node: NodeProcess, record_id: RecordId) -> bytes:
        answer = await self.http.get(f"{node.api}/v1/records/{record_id.hex()}/receipt")
        assert answer.status_code == 200, f"{node.node_id} lost {record_id.hex()}"
        return answer.content


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
