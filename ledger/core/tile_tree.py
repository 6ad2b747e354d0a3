"""TileTree: the right edge of a growing log, as the open tile of each level.

Takes leaf hashes and gives every tile that becomes full; says the root at any size. TileNodes reads
the other way: proofs out of tiles that someone keeps. Spec: C2SP tlog-tiles 0.1.0.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.core.merkle import EMPTY_ROOT, root
from ledger.core.tiles import TILE_HEIGHT, TILE_WIDTH, TilePath
from ledger.errors import FormatError

ReadTile: TypeAlias = Callable[[TilePath], bytes]
"""The bytes of a tile; a longer one that begins with them will do."""


class TileTree:
    """A log's hashes from its right edge on."""

    __slots__ = ("_open", "size")

    def __init__(self) -> None:
        self._open: list[list[bytes]] = [[]]
        self.size = 0
        """Leaves so far."""

    @classmethod
    def resumed(cls, size: int, read: ReadTile) -> "TileTree":
        """The tree of the first `size` leaves, out of the tiles that they left.

        Raises:
            FormatError: `tile.hashes` for a tile that is too short; and whatever `read` raises.
        """
        tree = cls()
        tree.size = size
        tree._open = []
        while nodes := size >> TILE_HEIGHT * len(tree._open):
            level, width = len(tree._open), nodes % TILE_WIDTH
            path = TilePath(level, nodes // TILE_WIDTH, width)
            tree._open.append(hashes_of(read(path), width) if width else [])
        tree._open.append([])
        return tree

    def add(self, leaf_hashes: Iterable[bytes]) -> list[tuple[TilePath, bytes]]:
        """Append leaves, 32 bytes each, and say which tiles became full, lower levels first."""
        full: list[tuple[TilePath, bytes]] = []
        for leaf in leaf_hashes:
            self._open[0].append(leaf)
            self.size += 1
            level = 0
            while len(self._open[level]) == TILE_WIDTH:
                index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
                full.append((TilePath(level, index), b"".join(self._open[level])))
                if level + 1 == len(self._open):
                    self._open.append([])
                self._open[level + 1].append(root(self._open[level]))
                self._open[level] = []
                level += 1
        return full

    def partials(self) -> Iterator[tuple[TilePath, bytes]]:
        """The tiles at the right edge that are not full."""
        for level, hashes in enumerate(self._open):
            if hashes:
                index = self.size >> TILE_HEIGHT * (level + 1)
                yield TilePath(level, index, len(hashes)), b"".join(hashes)

    def root(self) -> Digest:
        """The root of the whole log; `EMPTY_ROOT` without leaves."""
        # What a level lacks to its next node stands behind its nodes like a last, lone one, and a
        # lone node moves up unchanged: RFC 6962's tree.
        right: list[bytes] = []
        for hashes in self._open:
            nodes = [*hashes, *right]
            right = [root(nodes)] if nodes else []
        return Digest(right[0]) if right else EMPTY_ROOT


class TileNodes:
    """A `merkle_stored.NodeReader` over the tiles of a log of `size` leaves."""

    __slots__ = ("_read", "_size")

    def __init__(self, size: int, read: ReadTile) -> None:
        self._size = size
        self._read = read

    def node(self, level: int, index: int) -> Digest:
        """The complete node at `index` of `level` of the tree."""
        tile_level, above = divmod(level, TILE_HEIGHT)
        first, count = index << above, 1 << above
        nodes = self._size >> TILE_HEIGHT * tile_level
        tile = first // TILE_WIDTH
        width = min(TILE_WIDTH, nodes - tile * TILE_WIDTH)
        hashes = hashes_of(self._read(TilePath(tile_level, tile, width)), width)
        start = first % TILE_WIDTH
        return root(hashes[start : start + count])


def hashes_of(data: bytes, width: int) -> list[bytes]:
    """The first `width` hashes of a tile.

    Raises:
        FormatError: `tile.hashes` where it is too short.
    """
    if len(data) < width * DIGEST_BYTES:
        raise FormatError(Code.TILE_HASHES, found=len(data), expected=width * DIGEST_BYTES)
    return [data[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] for place in range(width)]
