"""Sees every cosigned head that any node ever shows, and keeps it for the end."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

import httpx

from cli.demo.processes import NodeProcess
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from tests.network.nemesis.history import SEEN_MAX, HeadSeen, History
from tests.network.nemesis.world import World

_EVERY_S: Final = 0.2
_ANSWER_S: Final = 2


@dataclass
class Watcher:
    """Asks every node for its newest head, all the time."""

    world: World
    history: History
    notes: dict[tuple[int, str], bytes] = field(default_factory=dict)
    """Each head as it was signed, by size and root."""
    largest: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        timeout = httpx.Timeout(_ANSWER_S, connect=0.5)
        self.http = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def watch(self, node: NodeProcess) -> None:
        """Look at one node until stopped."""
        shown = 0
        while not self.stopped:
            await asyncio.sleep(_EVERY_S)
            try:
                answer = await self.http.get(f"{node.api}/checkpoint")
            except httpx.HTTPError:
                continue
            if answer.status_code == httpx.codes.OK:
                shown = self._saw(node, answer.content, shown)

    def _saw(self, node: NodeProcess, data: bytes, shown: int) -> int:
        checkpoint = parse_checkpoint(parse_note(data).text)
        key, now_s = (checkpoint.size, checkpoint.root.hex()), time.monotonic()
        head = HeadSeen(*key, node.node_id, now_s)
        assert len(self.history.shown) < SEEN_MAX
        self.history.heads.setdefault(key, head)
        self.notes.setdefault(key, data)
        if checkpoint.size != shown:
            self.history.shown.append(head)
        if checkpoint.size > self.largest:
            self.largest = checkpoint.size
            self.history.progress_s.append(now_s)
        return checkpoint.size

    async def close(self) -> None:
        await self.http.aclose()
