"""Projector: writes the blocks of one stored chain into an index, and goes over what stands there.

It follows no network by itself: the chain beside it grows, block by judged block. Position and rows
are one transaction, so it begins wherever the index ends. What is in the index is compared with the
chain again and again, a piece at a time, and a row that differs ends it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final, NoReturn

import structlog

from api.engines.index_check import IndexCheck
from api.engines.index_rows import IndexedBlock, indexed_block
from api.engines.postgres_link import IndexPosition, IndexUnusable
from api.engines.postgres_writer import IndexWriter
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import Height

ROWS_AT_ONCE: Final = 5_000
"""Of one transaction; a single larger block is one by itself."""
BLOCKS_AT_ONCE: Final = 256
WAIT_S: Final = 1.0
"""For news, between two pieces of the check."""
REST_S: Final = 2.0
"""Before an index that did not answer is asked again."""

Opening = Callable[[], AbstractAsyncContextManager[IndexWriter]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projector has come, for people."""

    height: Height
    head: Height


class Projector:
    """From one chain into one index."""

    def __init__(
        self,
        chain: Chain,
        opening: Opening,
        moved: Callable[[float], Awaitable[None]],
        *,
        anew: bool = False,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """A projector that has not begun.

        Args:
            chain: grows in the same event loop.
            opening: connects with the index.
            moved: waits for a new block, but not longer than so many seconds.
            anew: throw away what stands in the index.
            told: is called after each transaction.
        """
        self._chain = chain
        self._opening = opening
        self._moved = moved
        self._anew = anew
        self._told = told
        self._log = structlog.get_logger("projector")

    async def run(self) -> NoReturn:
        """Write until cancelled; where the index does not answer, try again.

        Raises:
            IndexUnusable: `index.disagrees`, `index.network`, `index.version`: nobody mends it by
                waiting.
            StoreError: `block.not_kept`: the chain does not begin at its first block.
        """
        while True:
            try:
                async with self._opening() as writer:
                    await self._work(writer)
            except IndexUnusable as problem:
                if problem.code not in (Code.INDEX_UNANSWERED, Code.INDEX_HELD):
                    raise
                told = {"code": problem.code.value, "facts": dict(problem.detail)}
                self._log.warning("projector.waits", **told)
            await asyncio.sleep(REST_S)

    async def catch_up(self) -> None:
        """Write what the chain has now, and end.

        Raises:
            IndexUnusable: whatever keeps it from that.
        """
        async with self._opening() as writer:
            at = await self._begin(writer)
            await self._fill(writer, at)

    async def check(self) -> None:
        """Go over everything that stands in the index, once, as far as the chain goes.

        Raises:
            IndexUnusable: `index.disagrees`, after which nobody asks it, and the others.
        """
        async with self._opening() as writer:
            at = await self._position(writer)
            end = min(at.height, self._chain.head.height)
            check = IndexCheck(self._chain, writer)
            while not await self._step(check, writer, end, at):
                self._told(Progress(check.height, end))
                await asyncio.sleep(0)
            self._told(Progress(end, end))

    async def _work(self, writer: IndexWriter) -> NoReturn:
        at = await self._begin(writer)
        self._log.info("projector.begins", height=at.height)
        check = IndexCheck(self._chain, writer)
        while True:
            at = await self._fill(writer, at)
            await self._step(check, writer, at.height, at)
            if self._chain.head.height == at.height:
                await self._moved(WAIT_S)

    async def _step(
        self, check: IndexCheck, writer: IndexWriter, end: Height, at: IndexPosition
    ) -> bool:
        """One piece of the check; whether it was the last one."""
        try:
            return await check.step(end, is_whole=end == at.height)
        except IndexUnusable as problem:
            if problem.code is Code.INDEX_DISAGREES:
                await self._blame(writer, problem)
            raise

    async def _begin(self, writer: IndexWriter) -> IndexPosition:
        """Where the index stands; the chain has come as far."""
        at = await self._position(writer)
        while self._chain.head.height < at.height:
            # Another store filled it, which was further than this one is.
            await self._moved(WAIT_S)
        return await self._position(writer)

    async def _position(self, writer: IndexWriter) -> IndexPosition:
        """Where the index stands; it must be of this chain, as far as that goes."""
        self._chain.blocks.require_kept(Height(1))
        at = await writer.begin(self._chain.head.network_id, anew=self._anew)
        self._anew = False
        if at.fault:
            raise IndexUnusable(Code.INDEX_DISAGREES, height=at.height, what=at.fault)
        known = 0 < at.height <= self._chain.head.height
        if known and self._chain.blocks.header(at.height).log_root != at.log_root:
            problem = IndexUnusable(Code.INDEX_DISAGREES, height=at.height, what="log root")
            await self._blame(writer, problem)
            raise problem
        return at

    async def _fill(self, writer: IndexWriter, at: IndexPosition) -> IndexPosition:
        """Write whatever the chain has beyond a position; returns where the index stands then."""
        while at.height < self._chain.head.height:
            blocks = [each async for each in self._blocks(at.height)]
            await writer.write(blocks)
            header = blocks[-1].header
            at = replace(at, height=header.height, log_root=header.log_root)
            self._told(Progress(at.height, self._chain.head.height))
        if not at.is_built:
            await writer.built()
            self._log.info("projector.built", height=at.height)
        return replace(at, is_built=True)

    async def _blocks(self, above: Height) -> AsyncIterator[IndexedBlock]:
        """The next blocks for one transaction."""
        rows = 0
        for height in range(above + 1, min(above + BLOCKS_AT_ONCE, self._chain.head.height) + 1):
            block = indexed_block(self._chain, Height(height))
            rows += len(block.records)
            yield block
            if rows >= ROWS_AT_ONCE:
                return
            # The chain grows in the same event loop.
            await asyncio.sleep(0)

    async def _blame(self, writer: IndexWriter, problem: IndexUnusable) -> None:
        """Keep every reader from it; what was found is told in any case."""
        self._log.critical("projector.disagrees", facts=dict(problem.detail))
        try:
            await writer.blame(str(problem.detail.get("what", "")))
        except IndexUnusable as failed:
            self._log.warning("projector.not_told", facts=dict(failed.detail))
