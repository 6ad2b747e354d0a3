"""BlockHashes: finds a recent block by the hash of its header.

The store has no index of hashes, so the newest blocks are kept here, and `RECENT_MAX` is said in
every "not found". Nothing is decided by what stands here.
"""

from collections import OrderedDict
from typing import Final

from ledger.chain import Chain
from ledger.core.identifiers import HeaderHash, Height

RECENT_MAX: Final = 2_000
"""Blocks that are searched: reading their headers must not hold up the loop for long."""


class BlockHashes:
    """The hashes of the newest blocks; reads each header once."""

    __slots__ = ("_chain", "_heights", "_read")

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._heights: OrderedDict[HeaderHash, Height] = OrderedDict()
        self._read = Height(0)

    def height_of(self, header_hash: HeaderHash) -> Height | None:
        """The block with this hash, or None among the newest."""
        head = self._chain.head.height
        least = max(self._read, head - RECENT_MAX, self._chain.blocks.base - 1)
        for height in range(least + 1, head + 1):
            header = self._chain.blocks.header(Height(height))
            self._heights[header.hash()] = header.height
            if len(self._heights) > RECENT_MAX:
                self._heights.popitem(last=False)
        self._read = head
        return self._heights.get(header_hash)
