"""RFC 6962 Merkle trees over given leaf hashes: roots, paths, and the verification of paths.

Never reads a store and never decides what a leaf means; a tree's size must come from the same
hashed or signed bytes as its root, or a path does not bind the index. Trees that live in a store
are in `merkle_stored`. Spec: RFC 6962 section 2.1; the verification follows RFC 9162 sections
2.1.3.2 and 2.1.4.2, which say the same trees in algorithms that check every length.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.errors import FormatError, InvariantBroken, VerificationError

LEAF_PREFIX: Final = b"\x00"
EMPTY_ROOT: Final = Digest(sha256(b"").digest())
"""The root of the tree without leaves, RFC 6962 section 2.1."""

SIZE_MAX: Final = 2**63 - 1
"""Largest tree size: what a canonical integer and a checkpoint can both say."""


def leaf_hash(data: bytes) -> Digest:
    """The hash of a leaf: SHA-256 of 0x00 and its data."""
    return Digest(sha256(LEAF_PREFIX + data).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """The hash of an inner node: SHA-256 of 0x01 and its two children."""
    return Digest(sha256(b"\x01" + left + right).digest())


def root(leaf_hashes: Iterable[bytes]) -> Digest:
    """The root over `leaf_hashes`, 32 bytes each, in order; `EMPTY_ROOT` where there are none."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _level_above(level)
    return Digest(level[0]) if level else EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class NodeRun:
    """Neighbouring complete nodes of one level."""

    level: int
    """0 holds the leaves; a node at level k spans 2**k leaves."""
    first: int
    """Index of the first node, counted from the left at its level."""
    digests: tuple[bytes, ...]
    """32 bytes each, at least one."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs: the roots of the complete subtrees along the right edge."""

    size: int = 0
    """Leaves so far."""
    peaks: tuple[Digest, ...] = ()
    """One per set bit of `size`, the largest (leftmost) first."""

    def __post_init__(self) -> None:
        fits = 0 <= self.size <= SIZE_MAX and len(self.peaks) == self.size.bit_count()
        if not fits or any(len(peak) != DIGEST_BYTES for peak in self.peaks):
            raise FormatError(Code.FORMAT_SHAPE, what="frontier")

    def append(self, leaf: bytes) -> "Frontier":
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """The frontier with more leaf hashes, in order."""
        return self.grow(leaf_hashes)[0]

    def grow(self, leaf_hashes: Iterable[bytes]) -> "tuple[Frontier, list[NodeRun]]":
        """Append leaves and say which nodes became complete.

        Args:
            leaf_hashes: 32 bytes each, in order.

        Returns:
            The new frontier, and every new complete node, the leaves among them, as one run for
            each level that has any: fewer than twice as many nodes as leaves plus one per level.
            These are the only nodes that a stored tree must keep.
        """
        new: Sequence[bytes] = tuple(leaf_hashes)
        size, waiting = self.size + len(new), list(self.peaks)
        peaks: list[Digest] = []
        runs: list[NodeRun] = []
        level = 0
        while new or waiting:
            if new:
                runs.append(NodeRun(level, self.size >> level, tuple(new)))
            # The old right edge ends with a lone node wherever the old size has a bit.
            pairs = [waiting.pop(), *new] if self.size >> level & 1 else new
            if len(pairs) & 1:
                peaks.append(Digest(pairs[-1]))
            new = _parents(pairs)
            level += 1
        return Frontier(size, tuple(reversed(peaks))), runs

    def root(self) -> Digest:
        """The root of the tree of `size` leaves."""
        return fold_peaks(self.peaks) if self.peaks else EMPTY_ROOT


def fold_peaks(peaks: Sequence[bytes]) -> Digest:
    """The hash over neighbouring complete subtrees, the largest first, at least one."""
    folded = Digest(peaks[-1])
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded


class Tree:
    """A list of leaf hashes with every level kept, for many paths out of one tree in memory."""

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        # A node without right neighbour moves up unchanged: this gives RFC 6962's tree.
        self._levels = [list(leaf_hashes)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_level_above(self._levels[-1]))

    def leaves(self) -> list[bytes]:
        """A copy of the leaf hashes."""
        return list(self._levels[0])

    def edited(self, leaf_hashes: list[bytes], first: int, touched: Iterable[int]) -> "Tree":
        """The tree over other leaves, of which those below `first` stand where they stood.

        Args:
            leaf_hashes: all of them; they become the new tree's.
            first: from here on anything may have changed.
            touched: places below `first` whose hash changed.
        """
        made = Tree(())
        made._levels = levels = [leaf_hashes]
        dirty = set(touched)
        while len(levels[-1]) > 1:
            below, known = levels[-1], self._levels[len(levels)] if first > 1 else []
            first >>= 1
            # Both children of a node below `first` stand below twice of it, as they did before.
            above = known[:first] + _level_above(below[2 * first :])
            dirty = {each >> 1 for each in dirty if each >> 1 < first}
            for each in dirty:
                above[each] = node_hash(below[2 * each], below[2 * each + 1])
            levels.append(above)
        return made

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    @property
    def root(self) -> Digest:
        """The root; `EMPTY_ROOT` where there are no leaves."""
        return Digest(self._levels[-1][0]) if self.size else EMPTY_ROOT

    def path(self, index: int) -> tuple[Digest, ...]:
        """The inclusion path of the leaf at `index`, from the leaf upwards.

        Raises:
            InvariantBroken: no such leaf; the caller knows its own tree.
        """
        if not 0 <= index < self.size:
            raise InvariantBroken(f"no leaf {index} in a tree of {self.size}")
        path = []
        for level in self._levels[:-1]:
            if (index ^ 1) < len(level):
                path.append(Digest(level[index ^ 1]))
            index >>= 1
        return tuple(path)


def inclusion_path(leaf_hashes: Iterable[bytes], index: int) -> tuple[Digest, ...]:
    """RFC 6962 section 2.1.1: the path of one leaf, from the leaf upwards."""
    return Tree(leaf_hashes).path(index)


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root_hash: bytes
) -> None:
    """Check that `leaf` stands at `index` of the tree of `size` leaves with this root.

    Args:
        leaf: the leaf's hash, 32 bytes.
        index: from 0.
        size: the size that was hashed or signed together with `root_hash`.
        path: sibling hashes, from the leaf upwards.
        root_hash: 32 bytes.

    Raises:
        VerificationError: `proof.inclusion`; the detail names what does not fit.
    """
    _check_hashes(Code.PROOF_INCLUSION, (leaf, root_hash, *path))
    if not 0 <= index < size <= SIZE_MAX:
        raise VerificationError(Code.PROOF_INCLUSION, reason="index")
    # RFC 9162 section 2.1.3.2.
    fn, sn, folded = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            raise VerificationError(Code.PROOF_INCLUSION, reason="length")
        if fn & 1 or fn == sn:
            folded = node_hash(sibling, folded)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            folded = node_hash(folded, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise VerificationError(Code.PROOF_INCLUSION, reason="length")
    if folded != root_hash:
        raise VerificationError(Code.PROOF_INCLUSION, reason="root")


def verify_consistency(
    old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of `new_size` begins with the leaves of the tree of `old_size`.

    A proof from the empty tree says nothing and is refused.

    Args:
        old_size: at least 1.
        new_size: at least `old_size`.
        path: RFC 6962 section 2.1.2.
        old_root: 32 bytes.
        new_root: 32 bytes.

    Raises:
        VerificationError: `proof.consistency`; the detail names what does not fit.
    """
    _check_hashes(Code.PROOF_CONSISTENCY, (old_root, new_root, *path))
    if not 0 < old_size <= new_size <= SIZE_MAX:
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="sizes")
    if old_size == new_size:
        if path:
            raise VerificationError(Code.PROOF_CONSISTENCY, reason="length")
        if old_root != new_root:
            raise VerificationError(Code.PROOF_CONSISTENCY, reason="root")
        return
    folded_old, folded_new = fold_consistency(old_size, new_size, path, old_root)
    if folded_old != old_root:
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="old_root")
    if folded_new != new_root:
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="root")


def fold_consistency(
    old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """Both roots as a path gives them, not yet compared: RFC 9162 section 2.1.4.2, steps 2 to 6."""
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="length")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    folded_old = folded_new = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise VerificationError(Code.PROOF_CONSISTENCY, reason="length")
        if fn & 1 or fn == sn:
            folded_old, folded_new = node_hash(step, folded_old), node_hash(step, folded_new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            folded_new = node_hash(folded_new, step)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="length")
    return folded_old, folded_new


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """The parents of neighbours; a last node without neighbour moves up unchanged."""
    above = _parents(level)
    return [*above, level[-1]] if len(level) & 1 else above


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """The parents of neighbours; a last node without neighbour has none yet."""
    return [
        sha256(b"\x01" + level[left] + level[left + 1]).digest()
        for left in range(0, len(level) - 1, 2)
    ]


def _check_hashes(code: Code, hashes: Iterable[bytes]) -> None:
    if any(len(digest) != DIGEST_BYTES for digest in hashes):
        raise VerificationError(code, reason="digest")
