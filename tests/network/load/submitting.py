"""Members under load: they submit, wait or ask what became of it, and verify every receipt."""

import asyncio
import time

from api.client import Client
from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from ledger.core.receipt import receipt_from
from ledger.errors import LedgerError
from ledger.verify import verify_receipt
from tests.network.load.asking import Asker
from tests.network.load.book import STATES
from tests.network.real_network import RealNetwork

COMMIT_S = 240
RECORDS_MAX = 12


class Members:
    """Everybody who submits."""

    def __init__(self, network: RealNetwork, asker: Asker) -> None:
        self.network, self.asker, self.book = network, asker, asker.book

    async def waiting(self, member: str) -> None:
        """Submits and waits in the same request, through any node, until the receipts are there."""
        while not self.asker.stopped:
            bundle = self._bundle(member)
            until = time.monotonic() + COMMIT_S
            while not await self._waited(bundle):
                assert time.monotonic() < until, "a bundle was not committed"
            await self.asker.rest(0.05, 0.4)

    async def following(self, member: str) -> None:
        """Submits without waiting, and asks every node what became of it until all know."""
        while not self.asker.stopped:
            bundle = self._bundle(member)
            taker = await self._handed_in(bundle)
            until = time.monotonic() + COMMIT_S
            left = list(self.asker.nodes)
            while left:
                assert time.monotonic() < until, f"{[n.node_id for n in left]} do not know a bundle"
                node = self.asker.random.choice(left)
                if await self._state(node, bundle, took_it_in=node is taker) == 3:
                    left.remove(node)
                await self.asker.rest(0.02, 0.3)

    async def by_sdk(self, member: str) -> None:
        """The same as a program would with the client library, in a thread of its own."""
        while not self.asker.stopped:
            bundle = self._bundle(member)
            began = time.monotonic()
            await asyncio.to_thread(self._submitted, bundle)
            tally = self.book.routes["SDK submit"]
            tally.took_ms.append(round(1000 * (time.monotonic() - began)))
            tally.statuses[201] += 1
            self.book.acknowledged(bundle)
            await self.asker.rest(0.1, 0.6)

    def _bundle(self, member: str) -> Bundle:
        return self.network.bundle(self.asker.random.randint(1, RECORDS_MAX), member)

    async def _waited(self, bundle: Bundle) -> bool:
        """Whether the receipts came; every one of them is verified from the genesis."""
        answer = await self.asker.ask(
            "POST /v1/bundles?wait",
            self.asker.one(),
            "POST",
            "/v1/bundles",
            {"wait": 5, "receipts": "all"},
            content=bundle.encode(),
        )
        if answer is None:
            return False
        assert answer.status_code in (201, 202), answer.text[:500]
        self.book.acknowledged(bundle)
        if answer.status_code == 202:
            return False
        said = answer.json()
        for place, value in zip(said["records"], said["receipts"], strict=True):
            verified = verify_receipt(receipt_from(value), self.network.trust)
            assert verified.record_id.hex() == place["record_id"]
            assert (verified.index, verified.height) == (place["index"], place["height"])
            self.book.place(place["record_id"], place["index"], place["height"])
            self.book.verified["receipts"] += 1
        found = [place["record_id"] for place in said["records"]]
        assert found == [each.hex() for each in bundle.record_ids]
        return True

    async def _handed_in(self, bundle: Bundle) -> NodeProcess:
        """The node that acknowledged it."""
        until = time.monotonic() + COMMIT_S
        while time.monotonic() < until:
            node = self.asker.one()
            answer = await self.asker.ask(
                "POST /v1/bundles", node, "POST", "/v1/bundles", content=bundle.encode()
            )
            if answer is not None:
                assert answer.status_code in (201, 202), answer.text[:500]
                self.book.acknowledged(bundle)
                return node
        raise AssertionError("nobody took a bundle in")

    async def _state(self, node: NodeProcess, bundle: Bundle, *, took_it_in: bool) -> int:
        """How far a node says that a submission is."""
        key, record = bundle.pool_key.hex(), bundle.record_ids[-1].hex()
        route = "GET /v1/bundles/{bundle}"
        answer = await self.asker.get(route, node, f"/v1/bundles/{key}", record=record)
        if answer is None:
            return 0
        assert answer.status_code in (200, 202, 404), answer.text[:500]
        reached = 0 if answer.status_code == 404 else STATES[answer.json()["status"]]
        lost_at = 0 if took_it_in else STATES["pending"]
        self.book.state(node.node_id, key, reached, lost_at)
        return reached

    def _submitted(self, bundle: Bundle) -> None:
        urls = [node.api for node in self.asker.nodes]
        until = time.monotonic() + COMMIT_S
        while True:
            try:
                with Client(urls, self.network.trust) as client:
                    receipts = client.submit(bundle, wait_s=60)
            except LedgerError:
                # All four may be down at once.
                assert time.monotonic() < until, "the SDK got no receipts"
                time.sleep(0.2)
                continue
            assert [RecordId(each.record_id) for each in receipts] == list(bundle.record_ids)
            self.book.verified["receipts"] += len(receipts)
            return
