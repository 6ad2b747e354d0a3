"""Honest clients of one node, and how long each of their answers took.

One hands in a record and waits for its receipt; one asks for the network, a record and its receipt.
Each uses a fresh connection every second time, because hostility may be to connections. Their
address is none of the strangers', and not one that the node takes for its own machine's.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from cli.demo.processes import NodeProcess
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.real_network import RealNetwork

ADDRESS: Final = "127.0.0.2"
MEMBER: Final = "registry"
_ANSWER_S: Final = 30
_PAUSE_S: Final = 0.02
_PERCENT: Final = 100


@dataclass(slots=True)
class Times:
    """Of one sort of question."""

    took_ms: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Why there was no answer, or not the right one."""

    def percentile(self, percent: int) -> float:
        """0 where nothing was asked."""
        ordered = sorted(self.took_ms)
        last = len(ordered) - 1
        return ordered[min(last, last * percent // _PERCENT + 1)] if ordered else 0.0


@dataclass(slots=True)
class Measured:
    """What honest clients saw for a while."""

    submit: Times = field(default_factory=Times)
    read: Times = field(default_factory=Times)


class Honest:
    """Two clients at one node."""

    def __init__(self, network: RealNetwork, node: NodeProcess) -> None:
        self._network, self._node = network, node
        self._newest: RecordId | None = None

    async def measured(self, seconds: float) -> Measured:
        """Ask for so long; every answer is held to what it must be."""
        seen, end = Measured(), time.monotonic() + seconds
        async with self._client(kept=20) as kept, self._client(kept=0) as fresh:
            clients = (kept, fresh)
            if self._newest is None:
                await self._submit(kept)
            await asyncio.gather(
                self._again(end, seen.submit, self._submit, clients),
                self._again(end, seen.read, self._read, clients),
            )
        return seen

    async def _again(
        self,
        end: float,
        times: Times,
        ask: Callable[[httpx.AsyncClient], Awaitable[None]],
        clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
    ) -> None:
        number = 0
        while time.monotonic() < end:
            number += 1
            began = time.monotonic()
            try:
                await ask(clients[number % 2])
            except (httpx.HTTPError, AssertionError) as problem:
                times.failed.append(f"{type(problem).__name__} {problem}"[:300])
            times.took_ms.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(_PAUSE_S)

    async def _submit(self, client: httpx.AsyncClient) -> None:
        """One record, and its receipt in the same answer."""
        bundle = self._network.bundle(1, MEMBER)
        answer = await client.post(
            "/v1/bundles",
            params={"wait": _ANSWER_S, "receipts": "none"},
            content=bundle.encode(),
            headers={"content-type": "application/msgpack"},
        )
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self._newest = bundle.record_ids[0]

    async def _read(self, client: httpx.AsyncClient) -> None:
        """The network, the newest record, and its receipt, which verifies."""
        newest = self._newest
        assert newest is not None
        network = await client.get("/v1/network")
        assert network.status_code == httpx.codes.OK, network.text
        record = await client.get(f"/v1/records/{newest.hex()}")
        assert record.json()["record_id"] == newest.hex(), record.text
        receipt = await client.get(f"/v1/records/{newest.hex()}/receipt")
        assert receipt.status_code == httpx.codes.OK, receipt.text
        verified = verify_receipt(decode_receipt(receipt.content), self._network.trust)
        assert verified.record_id == newest

    def _client(self, kept: int) -> httpx.AsyncClient:
        limits = httpx.Limits(max_keepalive_connections=kept)
        line = httpx.AsyncHTTPTransport(local_address=ADDRESS, limits=limits)
        return httpx.AsyncClient(base_url=self._node.api, transport=line, timeout=_ANSWER_S)
