"""ReceiptMaker: puts a record's receipt together from what the chain has stored.

Makes proofs and judges none: `ledger.verify` does, anywhere. The first receipt of a bundle builds
the tree over its record ids; the others of the same bundle and head are then cheap.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ledger.block_store import BlockStore, StoredBundle, StoredRecord
from ledger.codes import Code
from ledger.core.bundle import BundleHeader, decode_header
from ledger.core.identifiers import Digest, Height, NetworkId
from ledger.core.merkle_stored import inclusion_path_from
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import BundlePart, KeyPart, SealedPart
from ledger.core.record import decode_record
from ledger.core.sealed import sealed_of
from ledger.core.status import StatusTree, key_row_key
from ledger.errors import FormatError, StoreError
from ledger.link_maker import LinkMaker
from ledger.log_tree import LogTree
from ledger.status_history import StatusHistory
from ledger.store.rows import NO_BUNDLE

_HEADS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class _HeadPart:
    """What all receipts under one head share."""

    size: int
    leaf: bytes
    """Data of the head's block leaf."""
    path: tuple[Digest, ...]
    """Of that leaf, which is the last one."""
    checkpoint: str
    status: StatusTree


class ReceiptMaker:
    """Assembles receipts under cosigned heads."""

    __slots__ = ("_blocks", "_heads", "_links", "_network_id", "_status", "_tree")

    def __init__(
        self,
        network_id: NetworkId,
        blocks: BlockStore,
        tree: LogTree,
        status: StatusHistory,
        links: LinkMaker,
    ) -> None:
        self._network_id = network_id
        self._blocks = blocks
        self._tree = tree
        self._status = status
        self._links = links
        self._heads: OrderedDict[Height, _HeadPart] = OrderedDict()

    def make(self, record: StoredRecord, head: Height, note: bytes) -> Receipt:
        """The receipt of `record` under the cosigned head at height `head`.

        Args:
            record: on the ledger, at or below that head.
            head: height of the head.
            note: its cosigned checkpoint.

        Raises:
            StoreError: `store.damaged`.
        """
        part = self._head_part(head, note)
        index = record.place.index
        bundle, key = None, None
        if record.place.ordinal != NO_BUNDLE:
            stored = self._blocks.bundle(record.place.height, record.place.ordinal)
            bundle = _bundle_part(stored, record.place.position)
            key = _key_part(stored.header, part.status)
        return Receipt(
            network_id=self._network_id,
            record=record.data,
            entry=record.entry.leaf(),
            index=index,
            path=inclusion_path_from(self._tree, index, part.size),
            last_leaf=part.leaf,
            last_path=part.path,
            checkpoint=part.checkpoint,
            bundle=bundle,
            key=key,
            sealed=self._sealed_part(record, part),
            epochs=self._links.up_to(self._blocks.header(head).epoch),
        )

    def _sealed_part(self, record: StoredRecord, part: _HeadPart) -> SealedPart | None:
        if record.came_from is None:
            return None
        opening, commitment = record.came_from.opening, record.came_from.commitment
        if commitment is None:
            named = record.came_from.commitment_id.hex()
            raise StoreError(Code.STORE_DAMAGED, what=f"commitment {named}")
        index = commitment.place.index
        try:
            author = decode_header(sealed_of(decode_record(opening.data)).header)
        except FormatError as problem:
            named = opening.record_id.hex()
            raise StoreError(Code.STORE_DAMAGED, what=f"opening {named}") from problem
        return SealedPart(
            opening=opening.data,
            commitment=commitment.data,
            entry=commitment.entry.leaf(),
            index=index,
            path=inclusion_path_from(self._tree, index, part.size),
            key=_key_part(author, part.status),
        )

    def _head_part(self, head: Height, note: bytes) -> _HeadPart:
        part = self._heads.get(head)
        if part is None:
            header = self._blocks.header(head)
            size = header.log_size
            path = inclusion_path_from(self._tree, size - 1, size)
            status = self._status.at(head)
            part = _HeadPart(size, header.leaf(), path, note.decode(), status)
            self._heads[head] = part
            if len(self._heads) > _HEADS_MAX:
                self._heads.popitem(last=False)
        return part


def _bundle_part(bundle: StoredBundle, position: int) -> BundlePart:
    return BundlePart(
        header=bundle.row.header,
        signature=bundle.row.signature,
        index=position,
        path=bundle.tree.path(position),
    )


def _key_part(header: BundleHeader, status: StatusTree) -> KeyPart:
    """Of the key that signed the bundle with this header."""
    key = key_row_key(header.issuer, header.key_id)
    row = status.get(key)
    if row is None:
        raise StoreError(Code.STORE_DAMAGED, what=f"status {key.decode()}")
    index = status.index(key)
    return KeyPart(row, index, status.path(index))
