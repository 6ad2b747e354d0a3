"""The inclusion path of a record as a figure: which hashes lead from its entry to the root.

Geometry only, in integers; the template draws it. Sides as in RFC 9162 section 2.1.3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.merkle import node_hash

RUNG: Final = 46
"""Height of one step, in the figure's own units."""
MIDDLE: Final = 200
REACH: Final = 140
"""From the path to a sibling."""
_MARGIN: Final = 26


@dataclass(frozen=True, slots=True)
class Rung:
    """One step upwards: the hash so far, its sibling, and what both make."""

    sibling: str
    """Hex."""
    on_left: bool
    """Whether the sibling is hashed before the running hash."""
    made: str
    """Hex of the node above."""
    x: int
    """Of the sibling."""
    y: int
    """Of the sibling and the running hash."""
    y_made: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A path, drawn from the leaf at the bottom to the root at the top."""

    leaf: str
    rungs: tuple[Rung, ...]
    width: int
    height: int
    y_leaf: int
    y_root: int


def drawn(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> Figure:
    """The figure of a path that was verified before.

    Args:
        leaf: the leaf's hash.
        index: of the leaf.
        size: of the tree.
        path: sibling hashes, from the leaf upwards.
    """
    y_leaf = _MARGIN + RUNG * len(path)
    rungs: list[Rung] = []
    fn, sn, running = index, size - 1, leaf
    for step, sibling in enumerate(path):
        on_left = bool(fn & 1) or fn == sn
        running = node_hash(sibling, running) if on_left else node_hash(running, sibling)
        while on_left and not fn & 1 and fn:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
        y = y_leaf - step * RUNG
        x = MIDDLE - REACH if on_left else MIDDLE + REACH
        rungs.append(Rung(sibling.hex(), on_left, running.hex(), x, y, y - RUNG))
    return Figure(leaf.hex(), tuple(rungs), 2 * MIDDLE, y_leaf + _MARGIN, y_leaf, _MARGIN)
