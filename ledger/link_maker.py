"""LinkMaker: puts the links between epochs together from what the chain has stored.

Makes proofs and judges none: `ledger.epoch_links` does, anywhere. A link never changes, so each is
made once. Spec: ``docs/spec/committee.md``.
"""

from ledger.block_store import BlockStore, StoredRecord
from ledger.codes import Code
from ledger.core.canonical import decode_stored
from ledger.core.committee_change import CHANGE_TYPE
from ledger.core.epoch_link import EpochLink
from ledger.core.identifiers import Height
from ledger.core.merkle_stored import inclusion_path_from
from ledger.core.record import decode_record
from ledger.core.snapshot_offer import link_from
from ledger.cosigned import CosignedHeads
from ledger.errors import StoreError
from ledger.log_tree import LogTree
from ledger.store.api import Reader
from ledger.store.keys import Table


class LinkMaker:
    """The links from the genesis's committee to later ones."""

    __slots__ = ("_blocks", "_heads", "_made", "_tree")

    def __init__(
        self, store: Reader, blocks: BlockStore, tree: LogTree, heads: CosignedHeads
    ) -> None:
        self._blocks = blocks
        self._tree = tree
        self._heads = heads
        # Of epochs that ended below the snapshot with which this store began, the links came along.
        taken = store.scan(*Table.LINK.range())
        self._made = [link_from(decode_stored(value)) for _, value in taken]

    def up_to(self, epoch: int) -> tuple[EpochLink, ...]:
        """The links that lead to an epoch, at most to the newest.

        Raises:
            StoreError: `store.damaged`.
        """
        ended_at = self._heads.epochs.ended_at[:epoch]
        for size in ended_at[len(self._made) :]:
            self._made.append(self._link(size))
        return tuple(self._made[:epoch])

    def _link(self, ended_at: int) -> EpochLink:
        """The link out of the epoch whose closing block ends the log at that size."""
        height = self._blocks.height_of_size(ended_at)
        record = None if height is None else self._change(height)
        if height is None or record is None:
            raise StoreError(Code.STORE_DAMAGED, what=f"closing block {ended_at}")
        header, certificate = self._blocks.block_bytes(height)
        index = record.place.index
        return EpochLink(
            record=record.data,
            entry=record.entry.leaf(),
            index=index,
            path=inclusion_path_from(self._tree, index, ended_at),
            header=header,
            certificate=certificate,
        )

    def _change(self, height: Height) -> StoredRecord | None:
        """The change that closed a block: the last record that entered by a bundle."""
        rows = list(self._blocks.bundle_rows(height))
        if not rows:
            return None
        ids = [each for i, each in enumerate(rows[-1].record_ids) if rows[-1].has_entered(i)]
        found = self._blocks.record(ids[-1]) if ids else None
        return found if found and decode_record(found.data).type == CHANGE_TYPE else None
