"""Chain: the ledger as one node holds it. Appends certified blocks, reads, issues receipts.

A block goes into the store in one durable batch or not at all, and only after every root of its
header was computed again from what is written. Never judges a record and never reads a clock; one
caller at a time. Spec: ``docs/spec/log.md``, ``docs/spec/store.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledger.append import (
    check_fits,
    check_new,
    check_records,
    check_roots,
    check_snapshot,
    head_after,
)
from ledger.block_rows import block_rows, leaf_hashes
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.block import Head
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.effects import BlockEffects
from ledger.core.epochs import Epochs, begins_epoch, epochs_of
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest, Height, NodeId, RecordId
from ledger.core.merkle import Frontier
from ledger.core.merkle_stored import consistency_path_from, root_from
from ledger.core.note import NoteKey, NoteSignature
from ledger.core.receipt import Receipt
from ledger.core.status import PREFIX, StatusTree, rows_under
from ledger.cosigned import CosignedHeads, Counted
from ledger.errors import InvariantBroken, StoreError
from ledger.link_maker import LinkMaker
from ledger.log_tree import LogTree
from ledger.lookup import Lookup
from ledger.opening import prepare, read_head
from ledger.outside_lines import OutsideLines
from ledger.receipts import ReceiptMaker
from ledger.serving import served_blocks
from ledger.snapshot_offers import SnapshotOffers
from ledger.snapshots import Snapshots
from ledger.stamped_heads import StampedHeads
from ledger.state_view import StateView
from ledger.status_history import StatusHistory, undo_rows
from ledger.store.api import Store, Write
from ledger.store.keys import Table
from ledger.store.rows import LastSigned, last_signed_from
from ledger.tiles import Tiles


class Chain:
    """The stored chain of one network.

    `blocks` reads blocks and records, `lookup` finds records, `heads` are the cosigned heads,
    `links` lead from epoch to epoch, `maker` makes receipts, `history` has the slow rows of every
    height, `outside` is what witnesses say of heads, `stamps` what time stamping authorities say,
    `tiles` are the log as files, `state` is what rules read, `snapshots` the state as it was,
    and `offers` hand it to nodes that join.
    """

    __slots__ = (
        "_frontier", "_head", "_store", "_tree", "blocks", "genesis", "heads", "history",
        "links", "lookup", "maker", "offers", "origin", "outside", "snapshots", "stamps",
        "state", "tiles",
    )  # fmt: skip

    def __init__(self, store: Store, genesis: Genesis, genesis_rows: Mapping[bytes, bytes]) -> None:
        """Open the chain in `store`, or begin it there.

        Args:
            store: stays the caller's to close; nobody else may write to it.
            genesis: of the network.
            genesis_rows: the state before the first block, as the contracts compute it.

        Raises:
            StoreError: `store.other_network`, `store.newer`, `store.damaged`, `store.io`.
        """
        prepare(store, genesis, genesis_rows)
        self._store = store
        self.genesis, self.origin = genesis, genesis.origin
        self.blocks = BlockStore(store)
        self.lookup = Lookup(store, self.blocks)
        self.state = StateView(store)
        self.snapshots = Snapshots(store, genesis.parameters)
        self._tree = LogTree(store)
        self.tiles = Tiles(store, self.blocks, self._tree)
        self.history = StatusHistory(store)
        status = self.history.newest
        epochs = epochs_of(status, genesis.committee)
        head = read_head(store, self.blocks, genesis, status, epochs.newest.epoch)
        self._head, self._frontier = head
        of_log = (epochs, self._tree, genesis.network_id)
        self.heads = CosignedHeads(store, self.blocks, self.origin, *of_log)
        self.outside = OutsideLines(store, self.blocks, self._tree, self.origin)
        self.stamps = StampedHeads(store, self.blocks, self._tree, self.origin)
        self.links = LinkMaker(store, self.blocks, self._tree, self.heads)
        kept = (self._tree, self.links, self.snapshots)
        self.offers = SnapshotOffers(store, self.blocks, *kept)
        parts = (self.blocks, self._tree, self.history, self.links)
        self.maker = ReceiptMaker(self._head.network_id, *parts)

    @property
    def head(self) -> Head:
        """The newest durable block."""
        return self._head

    @property
    def epochs(self) -> Epochs:
        """Every committee up to the one that certifies the next block."""
        return self.heads.epochs

    @property
    def committee(self) -> Committee:
        """Certifies the next block."""
        return self.epochs.newest

    @property
    def frontier(self) -> Frontier:
        """The right edge of the log after the newest block."""
        return self._frontier

    @property
    def status(self) -> StatusTree:
        """The slow rows after the newest block."""
        return self.history.newest

    def append(self, effects: BlockEffects, certificate: CommitCertificate) -> None:
        """Append a judged and certified block; when this returns, it survives any crash.

        Idempotent by height: a block at or below the head must be the one that is stored, and
        changes nothing.

        Args:
            effects: everything the block does.
            certificate: verified by the caller; that it is for this block is checked here.

        Raises:
            InvariantBroken: the block does not continue the head, or a root differs from what is
                computed here. Nothing was written.
            StoreError: `store.disk_full` or `store.io`; the store takes no further write.
        """
        header = effects.header
        if header.height <= self._head.height:
            if self.blocks.header(header.height) != header:
                raise InvariantBroken(f"two certified blocks at height {header.height}")
            return
        check_fits(self._head, effects, certificate)
        check_records(effects)
        check_new(self._store, effects)
        frontier, runs = self._frontier.grow(leaf_hashes(effects))
        slow = rows_under(effects.writes, PREFIX)
        status = self.history.newest.succeeded(slow)
        check_roots(header, self._head.state_hash, effects, frontier, status)
        check_snapshot(header, self.snapshots.stated_at(header.height))
        tree_rows = list(self._tree.rows(runs))
        writes: list[Write] = [*tree_rows, *block_rows(effects, certificate, frontier)]
        writes += undo_rows(self.history.newest, header.height, slow)
        writes += self.snapshots.rows_beside(header.height, effects.writes)
        state = Table.STATE.key()
        writes += [(state + key, value) for key, value in effects.writes]
        self._store.write(writes)
        self.snapshots.appended(header.height)
        self._tree.remember(tree_rows)
        self.history.advance(status)
        if begins_epoch(effects.writes):
            self.heads.epochs = epochs_of(status, self.genesis.committee)
        epoch = self.committee.epoch
        self._head, self._frontier = head_after(header, certificate, epoch), frontier

    def serve(
        self, from_height: Height, limit_bytes: int
    ) -> tuple[tuple[bytes, bytes, bytes], ...]:
        """Blocks for a peer that lacks them: (header, payload, certificate), ascending.

        Args:
            from_height: the first one wanted.
            limit_bytes: the answer stops before it would exceed this; its first block is always
                there, so that a large block can be served at all.

        Returns:
            Nothing where `from_height` is above the head, or its block is not kept here.
        """
        heights = range(max(from_height, 1), self._head.height + 1)
        return served_blocks(self.blocks, heights, limit_bytes)

    def add_cosignature(self, node_id: NodeId, size: int, root: Digest, line: str) -> Counted:
        """Count a node's cosignature of a head, this node's own included.

        Args:
            node_id: the node that is said to have cosigned.
            size: leaves of the log at that head.
            root: of the log at that head.
            line: its signature line, without newline.

        Raises:
            FormatError: `note.invalid`.
            VerificationError: `note.signature`; `checkpoint.conflict` for a line that holds and
                contradicts this log: evidence against the node.
            StoreError: a quorum could not be made durable.
        """
        return self.heads.add(node_id, size, root, line, self._head.height)

    def cosignatures(self, height: Height) -> Mapping[NodeId, NoteSignature]:
        """The verified cosignatures that a head without quorum has so far."""
        return self.heads.waiting(height)

    @property
    def cosigned_height(self) -> Height:
        """Height of the newest cosigned head; 0 before the first."""
        return self.heads.newest

    @property
    def cosigned_size(self) -> int:
        """Leaves of the log at the newest cosigned head, 0 before the first: all that is shown."""
        height = self.cosigned_height
        return self.blocks.header(height).log_size if height else 0

    def checkpoint(self) -> bytes:
        """The newest checkpoint with q cosignatures; its size never shrinks, restarts included.

        Raises:
            StoreError: `checkpoint.none` before the first.
        """
        note = self.heads.newest_note()
        if note is None:
            raise StoreError(Code.CHECKPOINT_NONE)
        return note

    def receipt(
        self,
        record_id: RecordId,
        witnesses: Sequence[NoteKey] = (),
        authorities: Sequence[str] = (),
    ) -> Receipt:
        """The receipt of a record, under the first cosigned head above it: always the same one.

        Args:
            record_id: of the record.
            witnesses: outside the committee; for each the first head that it cosigned, at or above
                the receipt's, is in the receipt once it is kept here.
            authorities: names of those who stamp time; for each the same.

        Raises:
            StoreError: `record.unknown`; `receipt.pending` with the height while no head above
                the record has q cosignatures.
        """
        record = self.blocks.record(record_id)
        if record is None:
            raise StoreError(Code.RECORD_UNKNOWN, record=record_id.hex())
        found = self.heads.head_for(record.place.height)
        if found is None:
            raise self.heads.pending(record.place.height, self.epochs)
        receipt = self.maker.make(record, *found)
        cosigned = self.outside.heads(witnesses, found[0])
        stamped = self.stamps.heads(authorities, found[0])
        return replace(receipt, cosignatures=cosigned, timestamps=stamped)

    def root_of(self, size: int) -> Digest:
        """The root of the first `size` leaves, at least one.

        Raises:
            InvariantBroken: more than the head's.
        """
        if not 0 < size <= self._frontier.size:
            raise InvariantBroken(f"no root of {size} leaves")
        return root_from(self._tree, size)

    def consistency(self, old_size: int, new_size: int) -> tuple[Digest, ...]:
        """The proof that the log of `new_size` leaves begins with that of `old_size`.

        Raises:
            InvariantBroken: sizes that are not 0 < old <= new <= the head's.
        """
        if new_size > self._frontier.size:
            raise InvariantBroken(f"no consistency up to {new_size}")
        return consistency_path_from(self._tree, old_size, new_size)

    @property
    def last_signed(self) -> LastSigned | None:
        """The newest head that this node promised to the outside; None before the first."""
        row = self._store.get(Table.LAST_SIGNED.key())
        return None if row is None else last_signed_from(row)

    def keep_last_signed(self, promise: LastSigned) -> None:
        """Make a promise durable before its cosignature leaves this node.

        Raises:
            InvariantBroken: smaller than the last promise, of equal size with another root, or
                earlier: an honest node never signs that.
            StoreError: it is not durable, and the cosignature must not leave.
        """
        last = self.last_signed
        if last is not None:
            smaller = promise.size < last.size or promise.time_s < last.time_s
            if smaller or (promise.size == last.size and promise.root != last.root):
                raise InvariantBroken(f"cosigning {promise.size} after {last.size}")
        self._store.write([(Table.LAST_SIGNED.key(), promise.encode())])
