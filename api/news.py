"""News: what is new on the ledger behind a place of its log, as one caller may see it.

The one place where events are made, for streams and for webhooks alike.
"""

from collections.abc import Iterator
from typing import Final

from api.alerts import alert_form
from api.engines.query import ALERT_TYPE
from api.event import Event, Wanted
from api.forms import header_form, stored_form
from api.listing import Shown
from api.queries.asking import answer_of
from api.service import LedgerService
from ledger.core.identifiers import Height, LogIndex

AT_ONCE: Final = 100


def newest(service: LedgerService) -> LogIndex:
    """The index of the newest block's leaf, behind which everything new stands; -1 for none."""
    return LogIndex(service.chain.head.log_size - 1)


def behind_height(service: LedgerService, height: Height) -> LogIndex:
    """The index of a block's leaf, -1 for none; of the newest where there is no such block yet."""
    if height >= service.chain.head.height:
        return newest(service)
    kept = Height(max(height, service.chain.blocks.base))
    return LogIndex(service.chain.blocks.header(kept).log_size - 1 if kept else -1)


async def news(
    service: LedgerService, wanted: Wanted, last: LogIndex, at_once: int = AT_ONCE
) -> tuple[LogIndex, tuple[Event, ...]]:
    """How far the log was looked through, and what there is to tell of that part.

    Args:
        service: as the caller may see it now.
        wanted: which news.
        last: only what stands behind this index.
        at_once: events of one kind at most, but whatever stands at one index comes together.
    """
    end = newest(service)
    if end <= last:
        return last, ()
    items: tuple[Shown, ...] = ()
    if wanted.records is not None:
        # Told while it happens: an index is a moment behind.
        answer = await answer_of(service, wanted.records, last, at_once, own=True)
        items = answer.items
        end = end if answer.reached is None else min(end, answer.reached)
    blocks = list(_blocks(service, last, end, at_once)) if "blocks" in wanted.kinds else []
    if len(blocks) > at_once:
        blocks = blocks[:at_once]
        end = LogIndex(blocks[-1].index)
    # Blocks that came while the records were found have their turn next.
    told = [_told(service, each) for each in items if wanted.tells(each.record.type)]
    ordered = sorted([*told, *blocks], key=lambda each: each.index)
    return end, tuple(each for each in ordered if each.index <= end)


def _blocks(service: LedgerService, last: LogIndex, end: LogIndex, at_once: int) -> Iterator[Event]:
    """The blocks whose leaf stands in (last, end], at most one more than is told at once."""
    blocks, head = service.chain.blocks, service.chain.head.height
    found = blocks.height_of(LogIndex(last + 1)) or head
    first = max(found, blocks.base + 1)
    for height in range(first, min(head, first + at_once) + 1):
        header = blocks.header(Height(height))
        index = header.log_size - 1
        if last < index <= end:
            yield Event("block", index, str(height), header.time_ms, header_form(header))


def _told(service: LedgerService, shown: Shown) -> Event:
    stored, record = shown.stored, shown.record
    is_alert = record.type == ALERT_TYPE
    form = alert_form if is_alert else stored_form
    told = form(stored, record, service.catalogue)
    time_ms = service.chain.blocks.header(stored.entry.height).time_ms
    kind = "alert" if is_alert else "record"
    return Event(kind, shown.index, stored.record_id.hex(), time_ms, told)
