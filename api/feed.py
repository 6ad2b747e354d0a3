"""Feed: the blocks of this chain and the heads kept for them, chunk by chunk, for whoever follows.

Reads only what is durable, so a follower never has what its upstream may lose. Spec:
``docs/spec/follow.md``.
"""

from typing import Final

from api.clock import now_ms
from api.node import Node
from api.published import Published
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.follow import BLOCKS_MAX, CHUNK_BYTES, NOTES_MAX, Chunk, FollowedBlock, KeptNote

WAIT_MS_MAX: Final = 30_000
WAITING_MAX: Final = 64
"""Requests that are held open at once; one more is answered as things stand."""


class Feed:
    """What one node hands to its followers."""

    __slots__ = ("_chain", "_node", "_published", "_waiting_count")

    def __init__(self, chain: Chain, node: Node, published: Published) -> None:
        self._chain = chain
        self._node = node
        self._published = published
        self._waiting_count = 0

    async def chunk(self, from_height: Height, noted: Height, wait_ms: int) -> Chunk:
        """The next chunk; where there is nothing new, wait for it, but not longer.

        Args:
            from_height: of the first block that the follower lacks.
            noted: height of the newest cosigned head that it has; 0 for none.
            wait_ms: how long to wait, at most `WAIT_MS_MAX`.

        Raises:
            StoreError: `block.not_kept`: another node is to be asked.
        """
        if 0 < from_height <= self._chain.blocks.base:
            self._chain.blocks.require_kept(from_height)
        if self._waiting_count >= WAITING_MAX:
            return self._now(from_height, noted)
        until_ms = now_ms() + min(wait_ms, WAIT_MS_MAX)
        self._waiting_count += 1
        try:
            while True:
                chunk = self._now(from_height, noted)
                left_ms = until_ms - now_ms()
                if chunk.blocks or chunk.notes or left_ms <= 0 or self._node.failure is not None:
                    return chunk
                await self._node.moved(left_ms / 1000)
        finally:
            self._waiting_count -= 1

    def _now(self, from_height: Height, noted: Height) -> Chunk:
        chain = self._chain
        served = chain.serve(from_height, CHUNK_BYTES)[:BLOCKS_MAX]
        # A head is told once its block is there: nothing of it could be checked before.
        known = Height(min(from_height + len(served) - 1, chain.head.height))
        heads = chain.heads.between(noted, known, NOTES_MAX)
        return Chunk(
            chain.head.network_id,
            chain.head.height,
            tuple(FollowedBlock(*each) for each in served),
            tuple(
                KeptNote(height, self._published.signed(note).decode()) for height, note in heads
            ),
        )
