"""Clients that submit signed bundles to whoever answers, and write down every question and answer."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from tests.network.nemesis.history import Answer, History, Outcome, Stands
from tests.network.nemesis.world import World

COMMIT_S: Final = 150
"""A bundle must be committed within this, whatever is done to the network."""
_WAIT_S: Final = 2
_RECORDS_MAX: Final = 12
_BUSY: Final = frozenset({421, 429, 503})
_MEDIA: Final = {"content-type": "application/msgpack"}


@dataclass
class Clients:
    """Members that submit until they are stopped."""

    world: World
    history: History
    chance: random.Random
    stopped: bool = False
    forgives: frozenset[str] = frozenset()
    """Codes of refusals by a node whose clock is wrong."""
    wrong_clocks: dict[str, float] = field(default_factory=dict)
    """Until when a node may take a bundle of now for one of another time."""

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(8, connect=1), trust_env=False)

    async def submit(self, member: str, pause_s: float) -> None:
        """Bundles of one member, each sent to one node after the other until it is committed."""
        while not self.stopped:
            await self.committed(
                self.world.network.bundle(self.chance.randint(1, _RECORDS_MAX), member)
            )
            await asyncio.sleep(self.chance.uniform(0, pause_s))

    async def committed(self, bundle: Bundle) -> None:
        """Send it until somebody says that it is committed.

        Raises:
            AssertionError: not in time, or somebody refused it whose clock is right.
        """
        key = bundle.pool_key.hex()
        self.history.bundles[key] = tuple(each.hex() for each in bundle.record_ids)
        end = time.monotonic() + COMMIT_S
        while time.monotonic() < end:
            node = self.chance.choice(list(self.world.nodes.values()))
            answer = await self._sent(node, bundle, key)
            self.history.answers.append(answer)
            if answer.outcome is Outcome.COMMITTED:
                self.history.progress_s.append(answer.answered_s)
                return
            if answer.outcome is not Outcome.ACKNOWLEDGED:
                await asyncio.sleep(0.1)
        raise AssertionError(f"bundle {key} was not committed within {COMMIT_S} s")

    async def _sent(self, node: NodeProcess, bundle: Bundle, key: str) -> Answer:
        asked_s = time.monotonic()
        try:
            said = await self.http.post(
                f"{node.api}/v1/bundles",
                params={"wait": _WAIT_S, "receipts": "none"},
                content=bundle.encode(),
                headers=_MEDIA,
            )
        except httpx.HTTPError:
            return Answer(key, node.node_id, asked_s, time.monotonic(), Outcome.LOST)
        return self._read(node.node_id, key, asked_s, said)

    def _read(self, node: str, key: str, asked_s: float, said: httpx.Response) -> Answer:
        told: Mapping[str, Any] = said.json()
        now_s, status = time.monotonic(), said.status_code
        if status == 201:
            stands = tuple(
                Stands(each["record_id"], each["height"], each["index"]) for each in told["records"]
            )
            return Answer(key, node, asked_s, now_s, Outcome.COMMITTED, stands=stands)
        if status == 202:
            word = told["acknowledgement"] or {}
            at_ms = word.get("received_at_ms")
            return Answer(key, node, asked_s, now_s, Outcome.ACKNOWLEDGED, at_ms)
        if status in _BUSY:
            return Answer(key, node, asked_s, now_s, Outcome.BUSY)
        code = str(told.get("code", ""))
        assert status == 422, f"{node}: {status} {said.text[:300]}"
        assert self.wrong_clocks.get(node, 0) > asked_s, f"{node} refused: {said.text[:300]}"
        return Answer(key, node, asked_s, now_s, Outcome.REFUSED, code=code)

    async def close(self) -> None:
        await self.http.aclose()
