"""Events: what is new on the ledger, told while it happens, to each caller what it may see.

The id of an event is its place in the log, so whoever was cut off goes on behind the last one that
it has, at any node and after any restart. Rights are asked anew whenever something is sent, because
one can end while a stream lasts. Spec: ``docs/spec/events.md``.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Final

from api.alerts import alert_form
from api.clock import now_ms
from api.engines.leveldb import LevelEngine
from api.engines.query import ALERT_TYPE, Query
from api.forms import Json, header_form, stored_form
from api.listing import Shown
from api.queries.asking import answer_of
from api.service import LedgerService
from ledger.core.identifiers import Height, LogIndex

KINDS: Final = ("blocks", "records", "alerts")
HEARTBEAT_S: Final = 15.0
"""A line that says nothing, so that whoever left is noticed and proxies keep the line."""
LIFE_MS: Final = 15 * 60_000
"""Then the stream ends, and a new request proves anew who asks; clients resume by themselves."""
RETRY_MS: Final = 2_000
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Following:
    """What one stream tells."""

    query: Query
    """Which records."""
    kinds: frozenset[str]
    """Of `KINDS`."""
    behind: LogIndex
    """Only what stands behind this index."""
    heartbeat_s: float = HEARTBEAT_S
    life_ms: int = LIFE_MS

    @property
    def records(self) -> Query | None:
        """The query that its kinds leave; None where no record is wanted."""
        wanted, alerts = self.query, frozenset({ALERT_TYPE})
        if "records" in self.kinds:
            return wanted
        if "alerts" not in self.kinds:
            return None
        return replace(wanted, types=alerts if wanted.types is None else wanted.types & alerts)

    def tells(self, shown: Shown) -> bool:
        """Whether a record is of a kind that is wanted."""
        kind = "alerts" if shown.record.type == ALERT_TYPE else "records"
        return kind in self.kinds


def newest(service: LedgerService) -> LogIndex:
    """The index of the newest block's leaf, behind which everything new stands; -1 for none."""
    return LogIndex(service.chain.head.log_size - 1)


def behind_height(service: LedgerService, height: Height) -> LogIndex:
    """The index of a block's leaf, -1 for none; of the newest where there is no such block yet."""
    if height >= service.chain.head.height:
        return newest(service)
    kept = Height(max(height, service.chain.blocks.base))
    return LogIndex(service.chain.blocks.header(kept).log_size - 1 if kept else -1)


async def stream(service: LedgerService, wanted: Following) -> AsyncIterator[bytes]:
    """The lines of a ``text/event-stream``, until its life ends or the node stops."""
    last, until_ms = wanted.behind, now_ms() + wanted.life_ms
    # An id without data is no event, and is kept: who is cut off before the first goes on from it.
    # Before the first entry there is no place to name, and the same request begins there again.
    name = f"id: {last}\n" if last >= 0 else ""
    yield f"retry: {RETRY_MS}\n{name}\n".encode()
    while service.node.failure is None and now_ms() < until_ms:
        seen = service.seen_by(service.viewer.member)
        reached, lines = await _next(seen, wanted, last)
        if lines:
            yield lines
        if reached == last:
            await service.node.moved(wanted.heartbeat_s)
            if newest(service) <= last:
                yield b": still here\n\n"
        last = reached
        await asyncio.sleep(0)


async def _next(
    service: LedgerService, wanted: Following, last: LogIndex
) -> tuple[LogIndex, bytes]:
    """How far the log was looked through, and what there is to tell of that part."""
    end = newest(service)
    if end <= last:
        return last, b""
    items: tuple[Shown, ...] = ()
    if wanted.records is not None:
        # Told while it happens: an index is a moment behind.
        own = LevelEngine(service.chain)
        answer = await answer_of(service, wanted.records, last, _AT_ONCE, engine=own)
        items = answer.items
        end = end if answer.reached is None else min(end, answer.reached)
    blocks = list(_blocks(service, last, end)) if "blocks" in wanted.kinds else []
    if len(blocks) > _AT_ONCE:
        blocks = blocks[:_AT_ONCE]
        end = LogIndex(blocks[-1][0])
    # Blocks that came while the records were found have their turn next.
    told = [(each.index, _told(service, each)) for each in items if wanted.tells(each)]
    ordered = sorted([*told, *blocks], key=lambda each: each[0])
    return end, _lines([each for each in ordered if each[0] <= end])


def _blocks(
    service: LedgerService, last: LogIndex, end: LogIndex
) -> Iterator[tuple[int, tuple[str, Json]]]:
    """The blocks whose leaf stands in (last, end], at most one more than is told at once."""
    blocks, head = service.chain.blocks, service.chain.head.height
    found = blocks.height_of(LogIndex(last + 1)) or head
    first = max(found, blocks.base + 1)
    for height in range(first, min(head, first + _AT_ONCE) + 1):
        header = blocks.header(Height(height))
        if last < header.log_size - 1 <= end:
            yield header.log_size - 1, ("block", header_form(header))


def _told(service: LedgerService, shown: Shown) -> tuple[str, Json]:
    if shown.record.type == ALERT_TYPE:
        return "alert", alert_form(shown.stored, shown.record, service.catalogue)
    return "record", stored_form(shown.stored, shown.record, service.catalogue)


def _lines(events: list[tuple[int, tuple[str, Json]]]) -> bytes:
    parts = []
    for at, (index, (kind, data)) in enumerate(events):
        # An opening and what came out of it stand at one index: only the last event has the id, so
        # nobody who is cut off between them resumes behind both.
        ends = at + 1 == len(events) or events[at + 1][0] != index
        name = f"id: {index}\n" if ends else ""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        parts.append(f"event: {kind}\n{name}data: {text}\n\n")
    return "".join(parts).encode()
