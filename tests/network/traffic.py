"""Members who submit without pause, and the book of what nodes have promised them.

Whatever some node answered with 201 or 202 is acknowledged, so it must be on the ledger at the end,
once, with a receipt that verifies offline from the genesis.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.client import Client
from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt
from ledger.errors import LedgerError
from ledger.verify import verify_receipt
from tests.network.real_network import RealNetwork

COMMIT_S = 120
"""A new bundle must be committed within this, one node down and its view changed included."""
CONVERGE_S = 180


@dataclass
class Traffic:
    """Submissions to one network through whoever answers."""

    network: RealNetwork
    nodes: list[NodeProcess]
    """Who is asked; the list may change meanwhile."""
    random: random.Random
    acknowledged: dict[RecordId, int] = field(default_factory=dict)
    """Last record of every bundle that some node answered with 201 or 202, and its count. A bundle
    is accepted whole or refused whole, so the last record speaks for the others."""
    all_records: list[RecordId] = field(default_factory=list)
    """Every record of those bundles."""

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(30, connect=2), trust_env=False)

    @property
    def records(self) -> int:
        """Records that were acknowledged."""
        return sum(self.acknowledged.values())

    async def flow(self, member: str, pause_s: float = 0.1) -> None:
        """Bundles of one member, one after the other, through whoever answers."""
        while True:
            await self.commit(self.network.bundle(self.random.randint(1, 20), member))
            await asyncio.sleep(self.random.uniform(0, pause_s))

    async def flow_by_sdk(self, member: str, pause_s: float = 0.1) -> None:
        """The same through the SDK, which waits for every receipt and verifies it."""
        while True:
            bundle = self.network.bundle(self.random.randint(1, 20), member)
            await asyncio.to_thread(self._submitted, bundle)
            self._promised(bundle)
            await asyncio.sleep(self.random.uniform(0, pause_s))

    async def commit(self, bundle: Bundle) -> None:
        """Submit until committed; whatever was acknowledged on the way is a promise."""
        until = time.monotonic() + COMMIT_S
        last = "nobody answered"
        while time.monotonic() < until:
            node = self.random.choice(self.nodes)
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
                self._promised(bundle)
            if answer.status_code == 201:
                return
            # 421: the node has no seat, not yet or no longer.
            assert answer.status_code in (202, 421, 429, 503), last
            await asyncio.sleep(0.05)
        raise AssertionError(f"a bundle was not committed within {COMMIT_S} s: {last}")

    async def converged(self) -> int:
        """Wait until all nodes stand on one cosigned head; its height."""
        until = time.monotonic() + CONVERGE_S
        states: list[tuple[int, str]] = []
        while time.monotonic() < until:
            states = [await self._head(node) for node in self.nodes]
            if len(set(states)) == 1 and states[0][1]:
                return states[0][0]
            await asyncio.sleep(0.2)
        raise AssertionError(f"no one head within {CONVERGE_S} s: {states}")

    async def receipt(self, node: NodeProcess, record_id: RecordId) -> bytes:
        """The receipt that a node gives of a record, verified from the genesis alone."""
        answer = await self.http.get(f"{node.api}/v1/records/{record_id.hex()}/receipt")
        lost = f"{node.node_id} lost {record_id.hex()}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code == 200, lost
        verified = verify_receipt(decode_receipt(answer.content), self.network.trust)
        assert verified.record_id == record_id
        return answer.content

    def _submitted(self, bundle: Bundle) -> None:
        until = time.monotonic() + COMMIT_S
        while True:
            urls = [node.api for node in self.nodes]
            self.random.shuffle(urls)
            try:
                with Client(urls, self.network.trust) as client:
                    client.submit(bundle, wait_s=COMMIT_S)
            except LedgerError:
                # Every node that it knew when it began may have left since.
                if time.monotonic() > until:
                    raise
                continue
            return

    def _promised(self, bundle: Bundle) -> None:
        if bundle.record_ids[-1] not in self.acknowledged:
            self.acknowledged[bundle.record_ids[-1]] = bundle.header.count
            self.all_records.extend(bundle.record_ids)

    async def network_told(self, node: NodeProcess) -> Any:
        """What a node says of the network; None where it does not answer."""
        try:
            return (await self.http.get(f"{node.api}/v1/network")).json()
        except httpx.HTTPError:
            return None

    async def ready(self, node: NodeProcess) -> bool:
        """Whether a node says that it is of use."""
        try:
            answer = await self.http.get(f"{node.api}/readyz")
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    async def _head(self, node: NodeProcess) -> tuple[int, str]:
        """(height, header hash) of a node's head; no hash while it is not cosigned."""
        try:
            network = (await self.http.get(f"{node.api}/v1/network")).json()
            height = int(network["height"])
            block = (await self.http.get(f"{node.api}/v1/blocks/{height}")).json()
        except httpx.HTTPError:
            return 0, ""
        return height, str(block["header"]["hash"]) if block["cosigned"] else ""
