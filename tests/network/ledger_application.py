"""A small application over the shipped chain: any bundle with a known key and a new record is fit.

It has no contracts, so that a failing test here is about consensus and nothing else. Store, chain,
trees, keys and certificates are the real ones.
"""

from collections.abc import Sequence

from ledger.block_rows import leaf_hashes
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import BlockBundle, Head, Header, block_bundle
from ledger.core.bundle import Bundle, verify_header
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.effects import BlockEffects, EnteredRecord
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest, Height, NodeId, RecordId
from ledger.core.payload import bundles_root, encode_payload, rebuild
from ledger.core.signing import key_id
from ledger.core.status import SINCE_GENESIS, KeyRow, key_row_key, state_hash
from ledger.errors import FormatError, InvariantBroken, Rejected, VerificationError
from ledger.store.api import Store


class LedgerApplication:
    """Satisfies `consensus.application.Application`; `chain` is open to the test."""

    def __init__(self, store: Store, genesis: Genesis) -> None:
        self.keys = {key_id(key): key for member in genesis.members for key in member.keys}
        rows = {
            b"status/" + key_row_key(member.member_id, key_id(key)): KeyRow(
                SINCE_GENESIS, member.member_id, key
            ).encode()
            for member in genesis.members
            for key in member.keys
        }
        self.chain = Chain(store, genesis, rows)

    @property
    def head(self) -> Head:
        return self.chain.head

    @property
    def committee(self) -> Committee:
        return self.chain.committee

    def judge(self, bundle: Bundle, time_ms: int) -> object | Rejected:
        key = self.keys.get(bundle.header.key_id)
        if key is None or time_ms > bundle.header.expires_at_ms:
            return Rejected(Code.BUNDLE_SIGNATURE, {"issuer": bundle.header.issuer})
        try:
            bundle.verify(key)
        except VerificationError as problem:
            return problem.rejected()
        if all(self._known(each) for each in bundle.record_ids):
            return Rejected(Code.BUNDLE_KNOWN)
        return None

    def next_due_ms(self) -> int | None:
        return None

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        known: set[RecordId] = set()
        held = []
        for bundle in bundles:
            fresh = any(not self._known(each) and each not in known for each in bundle.record_ids)
            if fresh and not isinstance(self.judge(bundle, time_ms), Rejected):
                held.append(self._held(bundle, known))
        if not held:
            return None
        return self._effects(tuple(held), time_ms, proposer).header, encode_payload(held)

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        try:
            self._judged(header, payload)
        except (FormatError, VerificationError) as problem:
            return problem.rejected()
        return None

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        if header.height <= self.head.height:
            return None
        try:
            effects = self._judged(header, payload)
        except (FormatError, VerificationError) as problem:
            raise InvariantBroken(f"certified block {header.height} judges invalid") from problem
        self.chain.append(effects, certificate)
        return None

    def serve(self, from_height: Height, limit_bytes: int) -> Sequence[tuple[bytes, bytes, bytes]]:
        return self.chain.serve(from_height, limit_bytes)

    def _judged(self, header: Header, payload: bytes) -> BlockEffects:
        held = rebuild(header, payload)
        for bundle in held:
            key = self.keys.get(bundle.header.key_id, b"")
            verify_header(bundle.header, bundle.header_bytes, bundle.signature, key)
        effects = self._effects(held, header.time_ms, header.proposer)
        if effects.header != header or not held:
            raise FormatError(Code.BLOCK_INVALID, what="header")
        return effects

    def _known(self, record: RecordId) -> bool:
        return self.chain.blocks.record_bytes(record) is not None

    def _held(self, bundle: Bundle, known: set[RecordId]) -> BlockBundle:
        records = []
        for each, data in zip(bundle.record_ids, bundle.records, strict=True):
            records.append(None if each in known or self._known(each) else data)
            known.add(each)
        return block_bundle(
            bundle.header_bytes, bundle.signature, bundle.record_ids, tuple(records)
        )

    def _effects(
        self, held: tuple[BlockBundle, ...], time_ms: int, proposer: NodeId
    ) -> BlockEffects:
        head = self.head
        records = tuple(
            EnteredRecord(each, data, bundle.bundle_id)
            for bundle in held
            for each, data in zip(bundle.record_ids, bundle.records, strict=True)
            if data is not None
        )
        status = self.chain.status

        def header(log_root: Digest) -> Header:
            return Header(
                network_id=head.network_id,
                height=Height(head.height + 1),
                previous=head.header_hash,
                time_ms=time_ms,
                proposer=proposer,
                epoch=head.epoch,
                bundle_count=len(held),
                bundles_root=bundles_root(held),
                entry_count=len(records),
                state_hash=state_hash(head.state_hash, ()),
                status_size=status.size,
                status_root=status.root,
                snapshot=None,
                log_size=head.log_size + len(records) + 1,
                log_root=log_root,
            )

        draft = BlockEffects(header(Digest(bytes(32))), held, records, ())
        log_root = self.chain.frontier.extend(leaf_hashes(draft)).root()
        return BlockEffects(header(log_root), held, records, ())
