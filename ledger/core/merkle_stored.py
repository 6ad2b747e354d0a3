"""Paths out of an RFC 6962 tree whose complete nodes are stored and whose right edge is not.

Never stores anything itself: it asks a `NodeReader`, O(log n) times for each path. Spec: RFC 6962
sections 2.1.1 and 2.1.2.
"""

from typing import Protocol

from ledger.core.identifiers import Digest
from ledger.core.merkle import fold_peaks
from ledger.errors import InvariantBroken


class NodeReader(Protocol):
    """Where the complete nodes of one tree are kept."""

    def node(self, level: int, index: int) -> Digest:
        """The node over the leaves ``index << level`` to ``(index + 1) << level``.

        Promise: asked only for nodes that are complete in the size that the caller named.
        """
        ...


def root_from(reader: NodeReader, size: int) -> Digest:
    """The root of the first `size` leaves, at least one."""
    return _span(reader, 0, size)


def peaks_from(reader: NodeReader, size: int) -> tuple[Digest, ...]:
    """The peaks of the frontier of the first `size` leaves, the largest first."""
    return _peaks(reader, 0, size)


def inclusion_path_from(reader: NodeReader, index: int, size: int) -> tuple[Digest, ...]:
    """The path of the leaf at `index` in the tree of the first `size` leaves.

    Returns:
        Sibling hashes from the leaf upwards, as `merkle.verify_inclusion` takes them.

    Raises:
        InvariantBroken: no such leaf in that tree; the caller knows its own log.
    """
    if not 0 <= index < size:
        raise InvariantBroken(f"no leaf {index} in a log of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(reader, middle, end))
            end = middle
        else:
            path.append(_span(reader, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path_from(reader: NodeReader, old_size: int, new_size: int) -> tuple[Digest, ...]:
    """The proof that the first `new_size` leaves begin with the first `old_size`.

    Returns:
        As `merkle.verify_consistency` takes it; empty where the sizes are equal.

    Raises:
        InvariantBroken: not 0 < `old_size` <= `new_size`; the caller knows its own log.
    """
    if not 0 < old_size <= new_size:
        raise InvariantBroken(f"no consistency from {old_size} to {new_size}")
    if old_size == new_size:
        return ()
    path, start, end = [], 0, new_size
    # RFC 6962 section 2.1.2: descend to the right edge of the old tree; `start == 0` there says
    # that the verifier already holds this node as the old root.
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_span(reader, middle, end))
            end = middle
        else:
            path.append(_span(reader, start, middle))
            start = middle
    if start:
        path.append(_span(reader, start, end))
    return tuple(reversed(path))


def _span(reader: NodeReader, start: int, end: int) -> Digest:
    """The hash over leaves `start` to `end`, where `start` is a multiple of the first subtree."""
    return fold_peaks(_peaks(reader, start, end))


def _peaks(reader: NodeReader, start: int, end: int) -> tuple[Digest, ...]:
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(reader.node(level, start >> level))
        start += 1 << level
    return tuple(peaks)


def _split(count: int) -> int:
    """The largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
