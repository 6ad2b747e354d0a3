"""Tiles: the log cut into files that never change, and the names under which they are found.

A hash tile holds up to 256 neighbouring nodes of one level, an entry bundle the data of as many
leaves. Reads and stores nothing. Spec: C2SP tlog-tiles 0.1.0 (``docs/spec/tiles.md``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.merkle import SIZE_MAX
from ledger.errors import FormatError, InvariantBroken

TILE_HEIGHT: Final = 8
"""Levels of the tree that one tile spans."""
TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile, and leaves in a full entry bundle."""
LEVEL_MAX: Final = 63
INDEX_MAX: Final = SIZE_MAX // TILE_WIDTH
LEAF_BYTES_MAX: Final = 1024
"""Longest leaf of a log, whose data an entry bundle holds."""
PATH_MAX: Final = 64
"""Longest path, in characters."""
_ENTRIES: Final = "entries"
_LENGTH_BYTES: Final = 2
_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """Which tile, or which entry bundle."""

    level: int | None
    """Of the tile, 0 over the leaves; None for an entry bundle."""
    index: int
    """From the left within the level."""
    width: int = TILE_WIDTH
    """Hashes or leaves in it: fewer than `TILE_WIDTH` where it is partial."""

    def __str__(self) -> str:
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[start : start + 3] for start in range(0, len(digits), 3)]
        named = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        kind = _ENTRIES if self.level is None else str(self.level)
        return f"tile/{kind}/{named}" + (f".p/{self.width}" if self.is_partial else "")

    @property
    def is_partial(self) -> bool:
        """Whether it will grow into a full one, under another path."""
        return self.width < TILE_WIDTH

    @property
    def first(self) -> int:
        """The node of its level, or the leaf, that it begins with."""
        return self.index * TILE_WIDTH

    def fits(self, size: int) -> bool:
        """Whether a log of `size` leaves has all of it."""
        return self.first + self.width <= size >> TILE_HEIGHT * (self.level or 0)


def parse_tile_path(text: str) -> TilePath:
    """The path that `text` spells, without the log's prefix and without a first slash.

    Raises:
        FormatError: `tile.path` for every other spelling.
    """
    found = _PATH.fullmatch(text) if len(text) <= PATH_MAX else None
    if found is None:
        raise FormatError(Code.TILE_PATH, path=text[:PATH_MAX])
    kind, named, width = found.groups()
    path = TilePath(
        None if kind == _ENTRIES else int(kind),
        int(named.replace("x", "").replace("/", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if str(path) != text or (path.level or 0) > LEVEL_MAX or path.index > INDEX_MAX:
        raise FormatError(Code.TILE_PATH, path=text)
    return path


def tiles_of(size: int) -> Iterator[TilePath]:
    """The hash tiles of a log of `size` leaves, level by level, the last of each maybe partial."""
    level = 0
    while nodes := size >> TILE_HEIGHT * level:
        yield from _cut(level, nodes)
        level += 1


def bundles_of(size: int) -> Iterator[TilePath]:
    """The entry bundles of a log of `size` leaves."""
    yield from _cut(None, size)


def _cut(level: int | None, count: int) -> Iterator[TilePath]:
    for index in range(-(-count // TILE_WIDTH)):
        yield TilePath(level, index, min(TILE_WIDTH, count - index * TILE_WIDTH))


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """The entry bundle of `leaves`: each behind its length, 2 bytes big-endian.

    Raises:
        InvariantBroken: a leaf that is too long for it; no leaf of a log is.
    """
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) >> 8 * _LENGTH_BYTES:
            raise InvariantBroken(f"a leaf of {len(leaf)} bytes")
        parts += (len(leaf).to_bytes(_LENGTH_BYTES), leaf)
    return b"".join(parts)


def split_bundle(data: bytes, width: int) -> list[bytes]:
    """The data of the `width` leaves in an entry bundle.

    Raises:
        FormatError: `tile.bundle` where it holds more, fewer, half of one, or one that is too long.
    """
    leaves: list[bytes] = []
    place = 0
    while place < len(data) and len(leaves) < width:
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(data[place:start])
        leaves.append(data[start:place])
    longest = max(map(len, leaves), default=0)
    if len(leaves) != width or place != len(data) or longest > LEAF_BYTES_MAX:
        raise FormatError(Code.TILE_BUNDLE, found=len(leaves), expected=width)
    return leaves
