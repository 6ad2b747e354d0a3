"""Finds the entry of the log whose leaf hash is given, among the newest leaves.

A leaf hash says nothing of where it stands, so the lowest row of the tree is looked through, a tile
at a time; `LEAVES_MAX` is said in every "not found".
"""

from typing import Final

from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import Digest, LogIndex
from ledger.core.tiles import TILE_WIDTH, TilePath
from ledger.errors import StoreError

LEAVES_MAX: Final = 200_000
"""Leaves that are searched: reading them must not hold up the loop for long."""


def index_of_leaf(chain: Chain, leaf: Digest) -> LogIndex | None:
    """Where the newest leaf with this hash stands; None among `LEAVES_MAX`."""
    size = chain.head.log_size
    last, tiles = (size - 1) // TILE_WIDTH, LEAVES_MAX // TILE_WIDTH
    for tile in range(last, max(-1, last - tiles), -1):
        first = tile * TILE_WIDTH
        try:
            hashes = chain.tiles.read(TilePath(0, tile, min(TILE_WIDTH, size - first)), size)
        except StoreError as problem:
            if problem.code is not Code.BLOCK_NOT_KEPT:
                raise
            # The log begins above here, with a snapshot: whoever searches is told so.
            return None
        place = _place(hashes, leaf)
        if place is not None:
            return LogIndex(first + place)
    return None


def _place(hashes: bytes, leaf: Digest) -> int | None:
    """Which of the hashes it is; what begins inside of one, and ends in the next, is none."""
    found = hashes.find(leaf)
    while found > 0 and found % len(leaf):
        found = hashes.find(leaf, found + 1)
    return None if found < 0 else found // len(leaf)
