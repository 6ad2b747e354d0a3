"""Pages of a query as its caller may see them.

An answer is what it would be if the records that are not shown were not there: full pages, cursors
at records that are shown. Only where a question costs more than its share of work does a page end
early, at a place of the log; its cursor goes on from there. Spec: ``docs/spec/queries.md``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from api.engines.leveldb import LevelEngine
from api.engines.query import Query
from api.engines.span import reaches_below
from api.errors import ApiError
from api.kept import first_index, log_not_kept
from api.listing import LOOKED_AT_MAX, Shown
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.lookup import Found

CUT_BATCHES_MAX: Final = 2
"""Batches that an engine ended early, for one page."""
_BATCH_LEAST: Final = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of a query."""

    items: tuple[Shown, ...]
    reached: LogIndex | None
    """Where the next page starts; None where there is nothing more."""
    height: Height
    """Of the newest block that the answer knows."""


async def answer_of(
    service: LedgerService,
    query: Query,
    after: LogIndex | None,
    limit: int,
    *,
    newest_first: bool = False,
    own: bool = False,
    wanted: Callable[[RecordId], bool] = lambda _: True,
) -> Answer:
    """A page of a query.

    Args:
        service: as the caller may see it.
        query: what is asked.
        after: where the page starts; None for the first.
        limit: items on it; one more where an opening and what came out of it end it together.
        newest_first: against the log's order.
        own: ask the node's own rows: an index beside them is a moment behind.
        wanted: which of those that fit; the others are looked at without being read, and left out.
    """
    asked = LevelEngine(service.chain) if own else service.engine
    items: list[Shown] = []
    looked = cut = 0
    height: Height | None = None
    while True:
        count = max(limit + 1 - len(items), _BATCH_LEAST)
        batch = await asked.batch(query, after, count, newest_first=newest_first)
        # What was found first may be older than what was found last.
        height = batch.height if height is None else min(height, batch.height)
        for found in batch.found:
            shown = shown_record(service, found) if wanted(found.record_id) else None
            if shown is None:
                continue
            if len(items) >= limit and shown.index != items[-1].index:
                return Answer(tuple(items), items[-1].index, height)
            items.append(shown)
        looked, cut = looked + len(batch.found), cut + (len(batch.found) < count)
        spent = looked >= LOOKED_AT_MAX or cut >= CUT_BATCHES_MAX
        if batch.reached is None or spent:
            return Answer(tuple(items), batch.reached, height)
        after = batch.reached
        # Rights, unlike rows, are asked without giving the event loop away.
        await asyncio.sleep(0)


async def page_of(
    service: LedgerService,
    query: Query,
    after: LogIndex | None,
    limit: int,
    *,
    newest_first: bool = False,
    own: bool = False,
    wanted: Callable[[RecordId], bool] = lambda _: True,
) -> Answer:
    """As `answer_of`, for whoever turns pages: refused where it would leave out what is not here.

    Raises:
        ApiError: `api.behind`.
        StoreError: `log.not_kept`.
    """
    found = await answer_of(
        service, query, after, limit, newest_first=newest_first, own=own, wanted=wanted
    )
    require_known(service, after, found.height)
    require_kept(service, query, after, newest_first=newest_first)
    return replace(
        found, reached=reached_of(service, query, found.reached, newest_first=newest_first)
    )


def require_known(service: LedgerService, after: LogIndex | None, height: Height) -> None:
    """Refuse to go on from a place that is beyond what an answer knows.

    A cursor of a node that is further would be answered from this one's end: what lies between
    would be left out without a word.

    Args:
        service: whose ledger it is.
        after: where the page starts.
        height: of the newest block that the answer knows.

    Raises:
        ApiError: `api.behind`.
    """
    size = service.chain.blocks.header(height).log_size if height else 0
    if after is not None and after >= size:
        raise ApiError(Code.API_BEHIND, index=after, size=size)


def require_kept(
    service: LedgerService, query: Query, after: LogIndex | None, *, newest_first: bool = False
) -> None:
    """Refuse a page that would leave out, without a word, what this node does not keep.

    Args:
        service: whose ledger it is.
        query: what is asked.
        after: where the page starts; None for the first.
        newest_first: against the log's order.

    Raises:
        StoreError: `log.not_kept`.
    """
    if not reaches_below(service.chain, query):
        return
    begins = first_index(service.chain)
    if newest_first:
        gone = after is not None and after <= begins
    else:
        gone = after is None or after < begins - 1
    if gone:
        raise log_not_kept(service.chain)


def reached_of(
    service: LedgerService, query: Query, reached: LogIndex | None, *, newest_first: bool
) -> LogIndex | None:
    """Where the next page starts: among what is not kept here, where this node has nothing more."""
    if reached is None and newest_first and reaches_below(service.chain, query):
        return first_index(service.chain)
    return reached


def shown_record(service: LedgerService, found: Found) -> Shown | None:
    """A record as the caller may see it; None where it may not."""
    stored = service.stored(found.record_id)
    record = service.decoded(stored)
    return Shown(found.index, stored, record) if service.viewer.may_see(record) else None
