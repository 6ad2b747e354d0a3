"""SnapshotOffers: what a node hands to one that joins: the newest stated snapshot, and its chunks.

Only reads. Spec: ``docs/spec/snapshot.md``.
"""

from ledger.block_store import BlockStore
from ledger.core.identifiers import Digest, Height
from ledger.core.snapshot_offer import SnapshotOffer, edge_starts
from ledger.link_maker import LinkMaker
from ledger.log_tree import LogTree
from ledger.snapshots import Snapshots
from ledger.store.api import Reader
from ledger.store.keys import Table
from ledger.store.rows import head_from, present


class SnapshotOffers:
    """The snapshots of one chain, for others."""

    __slots__ = ("_blocks", "_links", "_made", "_snapshots", "_store", "_tree")

    def __init__(
        self,
        store: Reader,
        blocks: BlockStore,
        tree: LogTree,
        links: LinkMaker,
        snapshots: Snapshots,
    ) -> None:
        self._store = store
        self._blocks = blocks
        self._tree = tree
        self._links = links
        self._snapshots = snapshots
        self._made: tuple[Height, bytes] | None = None

    def offer(self) -> bytes | None:
        """The newest snapshot that a certified header states; None before the first.

        Raises:
            StoreError: `store.*`.
        """
        head, _ = head_from(present(self._store.get(Table.HEAD.key()), "head"))
        height = self._snapshots.newest(head)
        if height is None:
            return None
        if self._made is None or self._made[0] != height:
            self._made = (height, self._of(height).encode())
        return self._made[1]

    def chunk(self, height: Height, place: int) -> tuple[bytes, tuple[Digest, ...]] | None:
        """A chunk and its path; None where that snapshot, or that chunk of it, is not kept here."""
        return self._snapshots.chunk(height, place)

    def _of(self, height: Height) -> SnapshotOffer:
        stating = self._snapshots.stating(height)
        header, certificate = self._blocks.block_bytes(height)
        stating_header, stating_certificate = self._blocks.block_bytes(stating)
        edge = edge_starts(self._blocks.header(height).log_size)
        links = self._links.up_to(self._blocks.header(stating).epoch)
        runs = (self._tree.run(level, *place) for level, place in enumerate(edge))
        return SnapshotOffer(
            header, certificate, stating_header, stating_certificate, links, tuple(runs)
        )
