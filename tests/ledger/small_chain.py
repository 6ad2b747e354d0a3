"""A chain of the small network, with blocks that are put together here instead of by contracts.

Nothing is faked below: real keys, real certificates, real cosignatures, the shipped chain.
"""

from collections.abc import Iterator, Mapping, Sequence

from ledger.block_rows import leaf_hashes
from ledger.chain import Chain
from ledger.core.block import BlockBundle, Header, block_bundle
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.effects import BlockEffects, EnteredRecord, OpenedRecord
from ledger.core.hashing import Tag
from ledger.core.identifiers import Digest, Height, MemberId, NodeId, RecordId, View
from ledger.core.payload import bundles_root
from ledger.core.record import Record, decode_record
from ledger.core.sealed import OPENING_TYPE, sealed_of
from ledger.core.signing import Ed25519Signer, key_id, sign_tagged
from ledger.core.status import SINCE_GENESIS, KeyRow, key_row_key, state_hash
from ledger.cosigned import Counted
from ledger.store.api import Store
from tests.vectors.small_network import HOUR, SECOND, START_MS, signer, small_genesis

GENESIS = small_genesis()
ROWS = {
    b"status/" + key_row_key(member.member_id, key_id(key)): KeyRow(
        SINCE_GENESIS, member.member_id, key
    ).encode()
    for member in GENESIS.members
    for key in member.keys
}
NODES = tuple(GENESIS.committee)
NO_ROOT = Digest(bytes(32))


def make_bundle(records: Sequence[Record], issuer: str = "centre") -> Bundle:
    """A bundle of `records` under the member's key."""
    return sign_bundle(
        signer(f"member {issuer}"),
        GENESIS.network_id,
        MemberId(issuer),
        [record.encode() for record in records],
        START_MS,
        START_MS + HOUR,
        bytes(16),
    )


class SmallChain:
    """A chain and whatever is needed to make its next block."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.chain = Chain(store, GENESIS, ROWS)

    def reopen(self) -> None:
        """Forget everything that is in memory."""
        self.chain = Chain(self.store, GENESIS, ROWS)

    def effects(
        self,
        bundles: Sequence[Bundle] = (),
        derived: Sequence[Record] = (),
        writes: Mapping[bytes, bytes | None] | None = None,
        wrong: Mapping[str, object] | None = None,
    ) -> BlockEffects:
        """The next block; `wrong` replaces fields of its header by others."""
        head, known = self.chain.head, set[RecordId]()
        held = tuple(self._held(bundle, known) for bundle in bundles)
        records = [
            EnteredRecord(each, data, bundle.bundle_id)
            for bundle in held
            for each, data in zip(bundle.record_ids, bundle.records, strict=True)
            if data is not None
        ]
        records += [EnteredRecord(each.record_id, each.encode(), None) for each in derived]
        changes = tuple(sorted((writes or {}).items()))
        status = self.chain.status.succeeded(changes)
        facts: dict[str, object] = {
            "network_id": head.network_id,
            "height": head.height + 1,
            "previous": head.header_hash,
            "time_ms": START_MS + (head.height + 1) * SECOND,
            "proposer": GENESIS.committee.primary(View(0)),
            "epoch": head.epoch,
            "bundle_count": len(held),
            "bundles_root": bundles_root(held),
            "entry_count": len(records),
            "state_hash": state_hash(head.state_hash, changes),
            "status_size": status.size,
            "status_root": status.root,
            "snapshot": None,
            "log_size": head.log_size + len(records) + 1,
        }
        draft = Header(**(facts | {"log_root": NO_ROOT}))  # type: ignore[arg-type]
        opened = tuple(_opened(records))
        made = BlockEffects(draft, held, tuple(records), changes, opened)
        facts["log_root"] = self.chain.frontier.extend(leaf_hashes(made)).root()
        header = Header(**(facts | dict(wrong or {})))  # type: ignore[arg-type]
        return BlockEffects(header, held, tuple(records), changes, opened)

    def commit(
        self,
        bundles: Sequence[Bundle] = (),
        derived: Sequence[Record] = (),
        writes: Mapping[bytes, bytes | None] | None = None,
    ) -> BlockEffects:
        """Certify the next block and append it."""
        effects = self.effects(bundles, derived, writes)
        self.chain.append(effects, certify(effects.header))
        return effects

    def cosign(self, height: int, nodes: Sequence[NodeId] = NODES[:3]) -> list[Counted]:
        """Have `nodes` cosign the head after `height`."""
        header = self.chain.blocks.header(Height(height))
        return [
            self.chain.add_cosignature(node, header.log_size, header.log_root, line)
            for node, line in cosignature_lines(header, nodes)
        ]

    def _held(self, bundle: Bundle, known: set[RecordId]) -> BlockBundle:
        """The bundle as the next block holds it: without what is on the ledger already."""
        records = []
        for each, data in zip(bundle.record_ids, bundle.records, strict=True):
            there = each in known or self.chain.blocks.record_bytes(each) is not None
            records.append(None if there else data)
            known.add(each)
        return block_bundle(
            bundle.header_bytes, bundle.signature, bundle.record_ids, tuple(records)
        )


def _opened(records: Sequence[EnteredRecord]) -> Iterator[OpenedRecord]:
    """What comes out of every opening; here all of it holds its judgement."""
    for offset, entered in enumerate(records):
        if OPENING_TYPE.encode() not in entered.data:
            continue
        record = decode_record(entered.data)
        if record.type == OPENING_TYPE:
            sealed = sealed_of(record)
            yield OpenedRecord(sealed.record_id, sealed.record, offset)


def certify(header: Header, view: int = 0) -> CommitCertificate:
    """The commit certificate of the first q nodes."""
    slot = Slot(header.network_id, header.epoch, header.height, View(view))
    body = vote_body(slot, header.hash())
    return CommitCertificate(
        slot,
        header.hash(),
        tuple(
            (node, sign_tagged(node_signer(node), Tag.COMMIT, body))
            for node in NODES[: GENESIS.committee.q]
        ),
    )


def cosignature_lines(header: Header, nodes: Sequence[NodeId]) -> list[tuple[NodeId, str]]:
    """The signature lines of `nodes` over the head after `header`."""
    checkpoint = Checkpoint(GENESIS.origin, header.log_size, header.log_root)
    return [
        (
            node,
            cosign(
                node_signer(node),
                cosigner_name(GENESIS.origin, node),
                checkpoint,
                header.time_ms // SECOND,
            ).line(),
        )
        for node in nodes
    ]


def node_signer(node: NodeId) -> Ed25519Signer:
    """The node's voting key."""
    return signer(f"node {node.removeprefix('node-')}")
