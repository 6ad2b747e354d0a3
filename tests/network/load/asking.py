"""Asks running nodes, and knows when they were down: any other silence is a fault."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from cli.demo.processes import NodeProcess
from tests.network.load.book import Book

ANSWER_S = 60
_BUSY = frozenset({429, 503})
_AFTER_S = 1.0
"""A connection that was made while a node died may be refused a moment later."""


@dataclass(slots=True)
class Outages:
    """When each node was down; times of the monotonic clock."""

    _of: dict[str, list[list[float]]] = field(default_factory=dict)

    def begins(self, node: str) -> None:
        """It is about to be killed."""
        self._of.setdefault(node, []).append([time.monotonic(), float("inf")])

    def ends(self, node: str) -> None:
        """It answers again."""
        self._of[node][-1][1] = time.monotonic()

    def explain(self, node: str, since: float) -> bool:
        """Whether the node was down at some time since then."""
        return any(end + _AFTER_S >= since for _, end in self._of.get(node, ()))

    def is_down(self, node: str) -> bool:
        """Whether it is down now."""
        return any(end == float("inf") for _, end in self._of.get(node, ()))


class Asker:
    """Asks this node or that one, and keeps the time."""

    def __init__(self, nodes: list[NodeProcess], book: Book, seed: int) -> None:
        self.nodes, self.book, self.outages = nodes, book, Outages()
        self.random = random.Random(seed)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        timeout = httpx.Timeout(ANSWER_S, connect=10)
        self.http = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        self.stopped = False
        """Whether clients are to end."""

    def one(self) -> NodeProcess:
        """Any node, sometimes one that is down."""
        up = [each for each in self.nodes if not self.outages.is_down(each.node_id)]
        return self.random.choice(up if up and self.random.random() < 0.95 else self.nodes)

    async def get(
        self, route: str, node: NodeProcess, path: str, **params: str | int
    ) -> httpx.Response | None:
        """The answer to a question; as `ask`."""
        return await self.ask(route, node, "GET", path, params)

    async def ask(
        self,
        route: str,
        node: NodeProcess,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response | None:
        """The answer; None where there is none because the node was killed, or has no room.

        Raises:
            AssertionError: no answer, and the node was up; or 500.
        """
        began, tally = time.monotonic(), self.book.routes[route]
        headers = {} if content is None else {"content-type": "application/msgpack"}
        try:
            answer = await self.http.request(
                method, node.api + path, params=params, content=content, headers=headers
            )
        except httpx.HTTPError as problem:
            assert self.outages.explain(node.node_id, began), f"{route}: {problem!r}"
            tally.cut_off += 1
            await asyncio.sleep(0.05)
            return None
        tally.took_ms.append(round(1000 * (time.monotonic() - began)))
        tally.statuses[answer.status_code] += 1
        assert answer.status_code != 500, f"{node.node_id}: {route}: {answer.text[:500]}"
        if answer.status_code in _BUSY:
            await asyncio.sleep(0.2)
            return None
        return answer

    async def rest(self, least_s: float, most_s: float) -> None:
        """A pause between two questions."""
        await asyncio.sleep(self.random.uniform(least_s, most_s))
