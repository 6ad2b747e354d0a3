"""Events: what is new on the ledger, told while it happens, to each caller what it may see.

The id of an event is its place in the log, so whoever was cut off goes on behind the last one that
it has, at any node and after any restart. Rights are asked anew whenever something is sent, because
one can end while a stream lasts. Spec: ``docs/spec/events.md``.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from api.clock import now_ms
from api.engines.query import Query
from api.event import Event, Wanted
from api.news import newest, news
from api.service import LedgerService
from ledger.core.identifiers import LogIndex

HEARTBEAT_S: Final = 15.0
"""A line that says nothing, so that whoever left is noticed and proxies keep the line."""
LIFE_MS: Final = 15 * 60_000
"""Then the stream ends, and a new request proves anew who asks; clients resume by themselves."""
RETRY_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Following:
    """What one stream tells."""

    query: Query
    """Which records."""
    kinds: frozenset[str]
    """Of `api.event.KINDS`."""
    behind: LogIndex
    """Only what stands behind this index."""
    heartbeat_s: float = HEARTBEAT_S
    life_ms: int = LIFE_MS


async def stream(service: LedgerService, wanted: Following) -> AsyncIterator[bytes]:
    """The lines of a ``text/event-stream``, until its life ends or the node stops."""
    last, until_ms = wanted.behind, now_ms() + wanted.life_ms
    # An id without data is no event, and is kept: who is cut off before the first goes on from it.
    # Before the first entry there is no place to name, and the same request begins there again.
    name = f"id: {last}\n" if last >= 0 else ""
    yield f"retry: {RETRY_MS}\n{name}\n".encode()
    chosen = Wanted(wanted.query, wanted.kinds)
    while service.node.failure is None and now_ms() < until_ms:
        seen = service.seen_by(service.viewer.member)
        reached, events = await news(seen, chosen, last)
        if events:
            yield _lines(events)
        if reached == last:
            await service.node.moved(wanted.heartbeat_s)
            if newest(service) <= last:
                yield b": still here\n\n"
        last = reached
        await asyncio.sleep(0)


def _lines(events: Sequence[Event]) -> bytes:
    parts = []
    for at, event in enumerate(events):
        # An opening and what came out of it stand at one index: only the last event has the id, so
        # nobody who is cut off between them resumes behind both.
        ends = at + 1 == len(events) or events[at + 1].index != event.index
        name = f"id: {event.index}\n" if ends else ""
        text = json.dumps(event.form, ensure_ascii=False, separators=(",", ":"))
        parts.append(f"event: {event.kind}\n{name}data: {text}\n\n")
    return "".join(parts).encode()
