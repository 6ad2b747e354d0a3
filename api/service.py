"""LedgerService: the use cases behind the routes, over the chain and the running node.

Answers with values and raises `LedgerError`; knows nothing of HTTP. A bundle that is on the ledger
already is answered with the same receipts, however often it comes.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace

from api.block_hashes import BlockHashes
from api.catalogues import Catalogues, Rules
from api.clock import now_ms
from api.deposit_store import DepositStore
from api.diagnose import diagnose
from api.engines.leveldb import LevelEngine
from api.engines.query import Engine
from api.feed import Feed
from api.finding import Standing
from api.kept import require_all_kept, require_kept, require_origin_kept
from api.node import Node
from api.outbound.hooks import Hooks
from api.outbound.outbound import Outbound
from api.outbound.time_stamp import StampStanding
from api.outbound.witness import WitnessStanding
from api.outcomes import WAIT_MS_MAX, Done, NotTaken, Outcome, Waiting
from api.patience import LOOK_MS, Patience
from api.published import Published
from api.rights import Viewer
from consensus.depths import HostFacts
from consensus.fates import Committed, Pending, Refused
from contracts.tables import Catalogue
from ledger.block_store import StoredRecord
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle
from ledger.core.bundle import pool_key as bundle_key
from ledger.core.identifiers import Digest, Height, MemberId, RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record
from ledger.core.signing import Signer
from ledger.core.status import key_row, key_row_key
from ledger.core.status_answer import Stating
from ledger.core.tlog_proof import TlogProof, tlog_proof
from ledger.errors import LedgerError, Rejected, StoreError, VerificationError


class LedgerService:
    """One node's ledger, as people ask for it."""

    def __init__(
        self,
        chain: Chain,
        catalogue: Catalogue,
        node: Node,
        log_signer: Signer | None,
        *,
        show_all: bool = False,
        host: Callable[[], HostFacts | None] = lambda: None,
        outbound: Outbound | None = None,
        hooks: Hooks | None = None,
        deposits: DepositStore | None = None,
        rules: Rules | None = None,
        stating: Stating | None = None,
        engine: Engine | None = None,
    ) -> None:
        """A node's service.

        Args:
            chain: its ledger.
            catalogue: the only one, where `rules` is None.
            node: its part in consensus.
            log_signer: holds its log key; None where it shows the signatures of nodes it follows.
            show_all: show every visibility class: for tests.
            host: asks its machine for what only `diagnose` wants to know.
            outbound: shows its heads to witnesses, and decides which one is published.
            hooks: tells receivers what is new.
            deposits: what it keeps for others; None where it keeps nothing.
            rules: knows the versions of the catalogue; its executor.
            stating: signs status answers; None without a key of the committee.
            engine: answers queries; None: from the rows of the chain.
        """
        self.stating, self.chain = stating, chain
        self.catalogues = Catalogues(chain, catalogue, rules)
        self._show_all, self._host, self._outbound = show_all, host, outbound
        self._viewer: Viewer | None = None
        self.node, self.deposits, self.hooks = node, deposits, hooks or Hooks()
        self.published = Published(chain, log_signer) if outbound is None else outbound.published
        self.feed = Feed(chain, node, self.published)
        self.block_hashes, self.patience = BlockHashes(chain), Patience()
        self.engine: Engine = LevelEngine(chain) if engine is None else engine

    @property
    def catalogue(self) -> Catalogue:
        """By which types, alerts and deadlines are named and shown."""
        return self.catalogues.words

    @property
    def viewer(self) -> Viewer:
        """The rights of whom this service is seen by; the public's until `seen_by` says whose."""
        return self.public if self._viewer is None else self._viewer

    @property
    def public(self) -> Viewer:
        """The public's rights, by which everything is made that is handed on to others."""
        return Viewer(self.catalogue, self.chain, None, self._show_all)

    def seen_by(self, member: MemberId | None) -> "LedgerService":
        """The same service for one request of a caller: its rights are those of the head now."""
        seen = copy(self)
        seen._viewer = Viewer(self.catalogue, self.chain, member, self._show_all)
        return seen

    async def submit(self, bundle: Bundle, wait_ms: int) -> Outcome:
        """Take in a bundle and wait at most `wait_ms` for its receipts.

        Raises:
            LedgerError: `api.stopped`, `api.no_quorum` (nothing taken in), `store.*`, `*.not_kept`.
        """
        if self._height_of_all(bundle.record_ids) is not None:
            refusal = self._signature_fault(bundle)
            return NotTaken(refusal, None) if refusal else await self._receipts(bundle, wait_ms)
        if not isinstance(self.node.fate(bundle.pool_key), Pending):
            self._check_working()
        if (refusal := self.catalogues.refusal(bundle)) is not None:
            return NotTaken(refusal, None)
        answer = self.node.submit(bundle)
        if isinstance(answer, Rejected) and answer.code is not Code.BUNDLE_KNOWN:
            return NotTaken(answer, None, self.catalogues.faults(bundle, now_ms()))
        if isinstance(answer, Rejected):
            require_all_kept(self.chain, bundle.record_ids)
        acknowledgement = answer if isinstance(answer, Acknowledgement) else None
        return await self._receipts(bundle, wait_ms, acknowledgement)

    def outcome(self, pool_key: Digest) -> Pending | Committed | Refused:
        """What became of a bundle that this node took in.

        Raises:
            LedgerError: `api.not_found`.
        """
        fate = self.node.fate(pool_key)
        if isinstance(fate, Pending | Committed | Refused):
            return fate
        raise LedgerError(Code.API_NOT_FOUND, query=pool_key.hex(), searched="bundle 批次")

    def stored(self, record_id: RecordId) -> StoredRecord:
        """A record on the ledger.

        Raises:
            StoreError: `record.unknown`, `record.not_kept`.
        """
        found = self.chain.blocks.record(record_id)
        if found is None:
            require_kept(self.chain, record_id)
            raise StoreError(Code.RECORD_UNKNOWN, record=record_id.hex())
        return found

    def decoded(self, stored: StoredRecord) -> Record:
        """What the member said, whoever may see it."""
        return decode_record(stored.data, self.chain.genesis.parameters)

    def receipt(self, record_id: RecordId) -> Receipt:
        """The receipt of a record that the caller may see.

        Raises:
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`.
        """
        self.viewer.require(self.decoded(self.stored(record_id)))
        return self.receipt_of(record_id)

    def receipt_of(self, record_id: RecordId) -> Receipt:
        """The receipt of a record, for whoever is shown it or sent it in.

        Raises:
            StoreError: `record.unknown`, `record.not_kept`, `receipt.pending`.
        """
        require_origin_kept(self.chain, record_id)
        out = self._outbound
        return self.chain.receipt(record_id, *(() if out is None else (out.keys, out.authorities)))

    @property
    def witnesses(self) -> tuple[WitnessStanding, ...]:
        """How each witness does that this node shows its heads to."""
        return () if self._outbound is None else self._outbound.standings

    @property
    def stamping(self) -> tuple[StampStanding, ...]:
        """How each authority does that stamps this node's heads."""
        return () if self._outbound is None else self._outbound.stamping

    def tlog_proof(self, record_id: RecordId) -> TlogProof:
        """The receipt as a C2SP proof, its checkpoint signed by this node's log key as well.

        Raises:
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`.
        """
        receipt = self.receipt(record_id)
        signed = self.published.signed(receipt.checkpoint.encode()).decode()
        return tlog_proof(replace(receipt, checkpoint=signed))

    def bundle_of(self, record_id: RecordId) -> tuple[RecordId, ...]:
        """The records that came in one bundle with this one, in the bundle's order.

        Raises:
            StoreError: `record.unknown`.
        """
        stored = self.stored(record_id)
        if stored.entry.bundle_id is None:
            return (record_id,)
        place = stored.place
        return self.chain.blocks.bundle(place.height, place.ordinal).row.record_ids

    def records_of(self, pool_key: Digest, height: Height) -> tuple[RecordId, ...]:
        """The records of a committed bundle; none where they entered by other bundles."""
        for row in self.chain.blocks.bundle_rows(height):
            if pool_key == bundle_key(row.header, row.signature):
                return row.record_ids
        return ()

    @property
    def standing(self) -> Standing:
        """All that is known about how this node does."""
        status = self.node.status
        # Before the first block there is nothing to cosign.
        height = status.head.height
        signed = self.chain.cosignatures(height) if height else status.committee
        unsigned = [node for node in status.committee if node not in signed]
        outside = (self.witnesses, self.stamping, self.engine.standing, self.hooks.standings)
        return Standing(status, unsigned, self.node.failure, self._host(), *outside)

    def words(self, language: str) -> list[str]:
        """How the node and its network do, in sentences."""
        return diagnose(self.standing, language)

    async def _receipts(
        self, bundle: Bundle, wait_ms: int, acknowledgement: Acknowledgement | None = None
    ) -> Outcome:
        """Wait until every record has its receipt, the bundle is refused, or time is over."""
        with self.patience.place(bundle.header.issuer) as found:
            until_ms = now_ms() + (min(wait_ms, WAIT_MS_MAX) if found else 0)
            return await self._settled(bundle, until_ms, acknowledgement)

    async def _settled(
        self, bundle: Bundle, until_ms: int, acknowledgement: Acknowledgement | None
    ) -> Outcome:
        height: Height | None = None
        while True:
            fate = self.node.fate(bundle.pool_key)
            if isinstance(fate, Committed):
                height = fate.height
            elif height is None and not isinstance(fate, Pending):
                # Its records may have entered by other bundles, or before a restart.
                height = self._height_of_all(bundle.record_ids)
            if height is not None and self.chain.cosigned_height >= height:
                return Done(bundle.record_ids)
            now = now_ms()
            if height is None and isinstance(fate, Refused):
                return NotTaken(fate.verdict, fate.signed, self.catalogues.faults(bundle, now))
            left_ms = until_ms - now
            if left_ms <= 0 or self.node.failure is not None or self.patience.ended:
                return Waiting(bundle.pool_key, acknowledgement, height)
            await self.node.moved(min(left_ms, LOOK_MS) / 1000)

    def _height_of_all(self, record_ids: Sequence[RecordId]) -> Height | None:
        """The height at which the last of these records entered; None where one has not."""
        highest = Height(0)
        for record_id in record_ids:
            found = self.chain.blocks.record_bytes(record_id)
            if found is None:
                return None
            highest = max(highest, found[0].height)
        return highest

    def _signature_fault(self, bundle: Bundle) -> Rejected | None:
        """Why a bundle of known records is not its issuer's; its expiry no longer matters."""
        header = bundle.header
        if header.network_id != self.chain.head.network_id:
            return Rejected(Code.BUNDLE_NETWORK, {"network": header.network_id.hex()})
        row = self.chain.status.get(key_row_key(header.issuer, header.key_id))
        if row is None:
            facts = {"issuer": header.issuer, "key": header.key_id.hex()[:16]}
            return Rejected(Code.BUNDLE_KEY, facts)
        try:
            bundle.verify(key_row(row).public_key)
        except VerificationError as problem:
            return problem.rejected()
        return None

    def _check_working(self) -> None:
        """A node that cannot commit says so before it takes anything in."""
        if self.node.failure is not None:
            raise LedgerError(Code.API_STOPPED, reason=str(self.node.failure))
        status = self.node.status
        # An observer says itself where submissions go.
        if status.following is None and not status.has_quorum:
            here = status.committee.n - len(status.missing)
            raise LedgerError(Code.API_NO_QUORUM, found=here, needed=status.committee.q)
