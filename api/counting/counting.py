"""Counting: keeps `Counts` in step with one chain, beside whatever else the event loop does.

Nothing is counted until somebody asks. From then on only the blocks that came since are read, a few
records at a time, because consensus votes in the same loop. Counts are of one process and are made
anew by the next: they can be computed from the blocks, and nobody need trust a file.
"""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Final

import structlog

from api.counting.counts import BIDS_MAX, Counts, day_of
from api.engines.opened import let_out
from api.engines.query import ALERT_TYPE
from api.kept import first_height
from api.readers import readers
from api.rights import Viewer
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.block import Header
from ledger.core.identifiers import Height, RecordId
from ledger.core.record import Record, decode_record
from ledger.errors import InvariantBroken, LedgerError
from ledger.stored_parts import head_of_record

AT_ONCE: Final = 32
"""Records that are read before others have their turn."""
WAIT_S: Final = 0.03
"""How long somebody who asks waits for what is new."""
_BID: Final = "tender.bid_submitted"
_RESULT: Final = "tender.result_published"
_LOOKED_INTO: Final = (ALERT_TYPE, _RESULT)


class Counting:
    """The counts of one node's chain."""

    def __init__(self, service: LedgerService) -> None:
        self._service = service
        self._counts = Counts(height=service.chain.blocks.base)
        self._first = first_height(service.chain)
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("counting")

    @property
    def first_height(self) -> int:
        """Of the blocks that are counted: a chain that began at a snapshot has no older ones."""
        return self._first

    async def counts(self) -> Counts:
        """What is counted now; where much is new, up to a block behind the head.

        Not to be changed, and not to be kept: it goes on.
        """
        if self._counts.height < self._service.chain.head.height:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._catch_up())
            await asyncio.wait({self._task}, timeout=WAIT_S)
        return self._counts

    def end(self) -> None:
        """The node stops, and its store closes."""
        if self._task is not None:
            self._task.cancel()

    async def _catch_up(self) -> None:
        try:
            while self._counts.height < self._service.chain.head.height:
                await self._next()
        except LedgerError as problem:
            # A page without figures is better than none; the next reader tries again.
            self._log.warning("counting.failed", code=problem.code.value)

    async def _next(self) -> None:
        """Count one block; what is counted of it shows at its end."""
        header = self._service.chain.blocks.header(Height(self._counts.height + 1))
        more, viewer = Counts(height=header.height), self._service.public
        day = day_of(header.time_ms)
        for place, (record_id, data, is_entry) in enumerate(self._records(header)):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            public = self._count(more, header, viewer, record_id, data)
            if is_entry:
                more.entered(day, 1, public=public)
        # A block without records takes its turn as well.
        await asyncio.sleep(0)
        self._counts.add(more)

    def _records(self, header: Header) -> Iterator[tuple[RecordId, bytes, bool]]:
        """Everything in a block, and whether it has an entry of its own."""
        chain = self._service.chain
        for record_id in chain.blocks.entry_ids(header.height):
            found = chain.blocks.record_bytes(record_id)
            if found is None:
                raise InvariantBroken(f"an entry names {record_id.hex()}, which is not there")
            yield record_id, found[1], True
            inside = let_out(chain, record_id, found[1])
            if inside is not None:
                yield inside.record_id, inside.data, False

    def _count(
        self, more: Counts, header: Header, viewer: Viewer, record_id: RecordId, data: bytes
    ) -> bool:
        """Count a record of the block of `header` where it is public; returns whether it is."""
        type_key, issuer, subject = head_of_record(data, record_id)
        whole = type_key in readers().about or type_key in _LOOKED_INTO
        record = decode_record(data, self._service.chain.genesis.parameters) if whole else None
        if not (
            viewer.may_see_type(type_key, subject) if record is None else viewer.may_see(record)
        ):
            return False
        more.types[type_key] += 1
        more.issuers[issuer] += 1
        if type_key == _BID:
            more.bidders[issuer] += 1
        elif record is not None and type_key == ALERT_TYPE:
            code, severity = (str(record.fields.get(name, "")) for name in ("alert", "severity"))
            more.alerts[code, severity] += 1
        elif record is not None and type_key == _RESULT:
            self._result(more, header, record_id, record)
        return True

    def _result(self, more: Counts, header: Header, record_id: RecordId, record: Record) -> None:
        """A section's first result in force: how many bids it had, and who won it.

        As of its own block, whatever has come since: a node that counted it then and a process
        that counts it years later show the same.
        """
        state = State(Overlay(self._service.chain.state))
        as_of = Times(header.log_size, header.time_ms)
        if next(state.records(record.subject, _RESULT, as_of), None) != record_id:
            return
        bids = (
            bid
            for bid in state.records(record.subject, _BID, as_of)
            if self._is_there(bid, header.height)
        )
        more.bids[sum(1 for _ in islice(bids, BIDS_MAX))] += 1
        more.winners[str(record.fields.get("winner", ""))] += 1

    def _is_there(self, bid: RecordId, height: Height) -> bool:
        """Whether a bid was opened by the block at `height`; in effect it is since its sealing.

        What this node does not keep came with its snapshot, and so before any block that it counts.
        """
        found = self._service.chain.blocks.record_bytes(bid)
        return found is None or found[0].height <= height
