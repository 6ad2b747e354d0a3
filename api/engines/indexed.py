"""IndexedEngine: asks an index beside the ledger, and where it cannot answer the node's own rows.

An index is there to carry load and is nobody's truth: a node never refuses a question because of
it. A cursor is a place in the log, so a list that one engine began goes on with the other.
"""

import asyncio
from typing import Final, Protocol

import structlog

from api.engines.postgres_link import IndexUnusable
from api.engines.query import Batch, Engine, IndexStanding, Query
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex

EVERY_S: Final = 5.0
"""How often an index is asked where it stands."""


class Index(Protocol):
    """An index that may fail; `api.engines.postgres.PostgresIndex` fits by shape."""

    async def height(self) -> Height:
        """As `Engine.height`; raises `IndexUnusable`."""
        ...

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        """As `Engine.batch`; raises `IndexUnusable`."""
        ...


class IndexedEngine:
    """The engine of a node that has an index."""

    def __init__(self, index: Index, own: Engine, chain: Chain) -> None:
        self._index = index
        self._own = own
        self._chain = chain
        self._height: Height | None = None
        self._head_before = chain.head.height
        self._lag_blocks = 0
        self._reason: IndexUnusable | None = None
        self._answered = self._passed_on = 0
        self._log = structlog.get_logger("index")

    @property
    def standing(self) -> IndexStanding | None:
        """As it was last heard of."""
        reason = self._reason
        return IndexStanding(
            self._height,
            usable=reason is None and self._height is not None,
            is_faulty=reason is not None and reason.code is Code.INDEX_DISAGREES,
            lag_blocks=self._lag_blocks,
            reason=reason,
            answered=self._answered,
            passed_on=self._passed_on,
        )

    async def height(self) -> Height:
        """As `Engine.height`."""
        try:
            self._heard(await self._index.height())
        except IndexUnusable as problem:
            self._failed(problem)
            return await self._own.height()
        return self._height or Height(0)

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        """As `Engine.batch`."""
        try:
            batch = await self._index.batch(query, after, limit, newest_first=newest_first)
        except IndexUnusable as problem:
            self._failed(problem)
            self._passed_on += 1
            return await self._own.batch(query, after, limit, newest_first=newest_first)
        self._heard(batch.height)
        self._answered += 1
        return batch

    async def watch(self) -> None:
        """Ask the index where it stands, again and again until cancelled."""
        while True:
            head = self._chain.head.height
            await self.height()
            if self._height is not None:
                # What came since the last look is on its way.
                self._lag_blocks = max(0, self._head_before - self._height)
            self._head_before = head
            await asyncio.sleep(EVERY_S)

    def _heard(self, height: Height) -> None:
        if self._reason is not None:
            self._log.info("index.answers", height=height)
        self._height, self._reason = height, None

    def _failed(self, problem: IndexUnusable) -> None:
        if self._reason is None or self._reason.code is not problem.code:
            self._log.warning("index.unusable", code=problem.code.value, facts=dict(problem.detail))
        self._reason = problem
