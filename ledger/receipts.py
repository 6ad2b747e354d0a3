"""ReceiptMaker: puts a record's receipt together from what the chain has stored.

Makes proofs and judges none: `ledger.verify` does, anywhere. The first receipt of a bundle builds
the tree over its record ids; the others of the same bundle and head are then cheap.
"""

from typing import Final

from ledger.block_store import BlockStore, StoredRecord
from ledger.codes import Code
from ledger.core.identifiers import Digest, Height, LogIndex, NetworkId
from ledger.core.merkle_stored import inclusion_path_from
from ledger.core.receipt import BundlePart, KeyPart, Receipt
from ledger.core.status import key_row_key
from ledger.errors import StoreError
from ledger.log_tree import LogTree
from ledger.status_history import StatusHistory
from ledger.store.rows import NO_BUNDLE

_LAST_PATHS_MAX: Final = 64


class ReceiptMaker:
    """Assembles receipts under cosigned heads."""

    __slots__ = ("_blocks", "_last_paths", "_network_id", "_status", "_tree")

    def __init__(
        self, network_id: NetworkId, blocks: BlockStore, tree: LogTree, status: StatusHistory
    ) -> None:
        self._network_id = network_id
        self._blocks = blocks
        self._tree = tree
        self._status = status
        self._last_paths: dict[int, tuple[Digest, ...]] = {}

    def make(self, record: StoredRecord, head: Height, note: bytes) -> Receipt:
        """The receipt of `record` under the cosigned head at height `head`.

        Args:
            record: on the ledger, at or below that head.
            head: height of the head.
            note: its cosigned checkpoint.

        Raises:
            StoreError: `store.damaged`.
        """
        header = self._blocks.header(head)
        size, index = header.log_size, record.place.index
        bundle, key = None, None
        if record.place.ordinal != NO_BUNDLE:
            bundle, key = self._bundle_part(record), self._key_part(record, head)
        return Receipt(
            network_id=self._network_id,
            record=record.data,
            entry=record.entry.leaf(),
            index=LogIndex(index),
            path=inclusion_path_from(self._tree, index, size),
            last_leaf=header.leaf(),
            last_path=self._last_path(size),
            checkpoint=note.decode(),
            bundle=bundle,
            key=key,
        )

    def _bundle_part(self, record: StoredRecord) -> BundlePart:
        place = record.place
        bundle = self._blocks.bundle(place.height, place.ordinal)
        return BundlePart(
            header=bundle.row.header,
            signature=bundle.row.signature,
            index=place.position,
            path=bundle.tree.path(place.position),
        )

    def _key_part(self, record: StoredRecord, head: Height) -> KeyPart:
        place = record.place
        header = self._blocks.bundle(place.height, place.ordinal).header
        status = self._status.at(head)
        key = key_row_key(header.issuer, header.key_id)
        row = status.get(key)
        if row is None:
            raise StoreError(Code.STORE_DAMAGED, what=f"status {key.decode()} at {head}")
        index = status.index(key)
        return KeyPart(row, index, status.path(index))

    def _last_path(self, size: int) -> tuple[Digest, ...]:
        """The path of the head's block leaf, the same for all receipts under that head."""
        path = self._last_paths.get(size)
        if path is None:
            if len(self._last_paths) >= _LAST_PATHS_MAX:
                self._last_paths.clear()
            path = self._last_paths[size] = inclusion_path_from(self._tree, size - 1, size)
        return path
