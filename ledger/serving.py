"""Blocks for a peer that lacks them, in the bytes that every node keeps. Only reads."""

from ledger.block_store import BlockStore
from ledger.core.identifiers import Height

Served = tuple[bytes, bytes, bytes]
"""Header, payload, certificate."""


def served_blocks(blocks: BlockStore, heights: range, limit_bytes: int) -> tuple[Served, ...]:
    """The blocks of ascending heights, as far as there is room; the first is always there.

    Args:
        blocks: of the chain.
        heights: with step 1, up to the head.
        limit_bytes: the answer stops before it would exceed this.

    Returns:
        Nothing where the first is not kept here: whoever asks goes to somebody else.
    """
    served: list[Served] = []
    room = limit_bytes
    for height in heights:
        if height <= blocks.base:
            break
        header, certificate = blocks.block_bytes(Height(height))
        block = (header, blocks.payload(Height(height)), certificate)
        room -= sum(map(len, block))
        if served and room < 0:
            break
        served.append(block)
    return tuple(served)
