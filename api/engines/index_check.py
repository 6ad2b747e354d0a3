"""IndexCheck: goes over an index from its first row on and compares it with a chain.

The leaves of the log are hashed anew from what the index holds, and their tree must end in the root
that each certified header names; beyond that, every column must be what the record says.
"""

from typing import Final

from api.engines.index_rows import IndexedRecord, indexed_block
from api.engines.postgres_link import IndexUnusable
from api.engines.postgres_writer import IndexWriter, block_row
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.entry import entry_hashes
from ledger.core.identifiers import Height
from ledger.core.merkle import Frontier, leaf_hash

RECORDS_AT_ONCE: Final = 200
BLOCKS_AT_ONCE: Final = 32


class IndexCheck:
    """One pass over one index, and after its end the next."""

    def __init__(self, chain: Chain, writer: IndexWriter) -> None:
        self._chain = chain
        self._writer = writer
        self._frontier = Frontier()
        self.height = Height(0)
        """Of the last block that was compared."""

    async def step(self, end: Height, *, is_whole: bool = True) -> bool:
        """Compare the next few blocks.

        Args:
            end: up to which block.
            is_whole: whether the index ends there, by its writer: then nothing stands beyond.

        Returns:
            Whether this ended a pass: the next step begins a new one.

        Raises:
            IndexUnusable: `index.disagrees` with height and place.
        """
        headers = self._next(end)
        if headers:
            await self._compare(headers)
        if self.height < end:
            return False
        beyond = await self._writer.beyond(self._frontier.size) if is_whole else None
        if beyond is not None:
            raise _disagrees(end, f"row at {beyond}")
        self.height, self._frontier = Height(0), Frontier()
        return True

    def _next(self, end: Height) -> list[Header]:
        headers: list[Header] = []
        count = 0
        for height in range(self.height + 1, min(self.height + BLOCKS_AT_ONCE, end) + 1):
            headers.append(self._chain.blocks.header(Height(height)))
            count += headers[-1].entry_count
            if count >= RECORDS_AT_ONCE:
                break
        return headers

    async def _compare(self, headers: list[Header]) -> None:
        blocks, records = await self._writer.kept(headers)
        by_height: dict[Height, list[IndexedRecord]] = {}
        for each in records:
            by_height.setdefault(each.height, []).append(each)
        if len(blocks) != len(headers):
            raise _disagrees(headers[0].height, "blocks")
        for header, row in zip(headers, blocks, strict=True):
            if row != block_row(header):
                raise _disagrees(header.height, "block")
            self._compare_block(header, by_height.pop(header.height, []))
            self.height = header.height
        for height in by_height:
            raise _disagrees(headers[-1].height, f"row of block {height}")

    def _compare_block(self, header: Header, found: list[IndexedRecord]) -> None:
        wanted = indexed_block(self._chain, header.height).records
        for kept, due in zip(found, wanted, strict=False):
            if kept != due:
                raise _disagrees(header.height, f"row at {due.log_index}")
        if len(found) != len(wanted):
            raise _disagrees(header.height, "rows")
        own = [(each.bundle_id, each.record_id) for each in found if not each.within]
        time_ms = header.time_ms
        leaves = [*entry_hashes(header.height, time_ms, own), leaf_hash(header.leaf())]
        self._frontier = self._frontier.extend(leaves)
        if self._frontier.root() != header.log_root:
            raise _disagrees(header.height, "log root")


def _disagrees(height: Height, what: str) -> IndexUnusable:
    return IndexUnusable(Code.INDEX_DISAGREES, height=height, what=what)
