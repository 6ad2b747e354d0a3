"""BlockAudit: everything that one stored block must satisfy, given the blocks below it.

Pure but for reading. It looks at the block as a stranger would: bytes, links, signatures, trees,
and then every row that the chain must have written for it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.audit_finding import Finding, of_error, of_row
from ledger.block_rows import block_rows, leaf_hashes
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.block import BlockBundle, Header
from ledger.core.bundle import verify_header
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.committee_change import CHANGE_TYPE, change_from
from ledger.core.derived import recomputed_nonce
from ledger.core.effects import BlockEffects, EnteredRecord, OpenedRecord
from ledger.core.epochs import Epochs
from ledger.core.genesis import Genesis
from ledger.core.identifiers import NETWORK_MEMBER, HeaderHash, Height, RecordId
from ledger.core.merkle import Frontier
from ledger.core.payload import rebuild
from ledger.core.record import decode_record, record_id
from ledger.core.sealed import OPENING_TYPE, sealed_of
from ledger.core.status import StatusTree, key_row, key_row_key
from ledger.errors import FormatError, LedgerError, StoreError, VerificationError
from ledger.log_tree import LogTree
from ledger.store.api import Reader, Row
from ledger.store.keys import Table

_TABLES = {table.value: table for table in Table}
_OPENING = OPENING_TYPE.encode()
"""Stands in every opening; spares decoding whatever is none."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the blocks below say about the next one."""

    previous: HeaderHash | None
    """None where the block below could not be read."""
    time_ms: int
    frontier: Frontier | None
    """None where the log below could not be read."""
    epochs: Epochs
    """Every committee that the blocks below brought."""


class BlockAudit:
    """One block under audit."""

    header: Header
    certificate: CommitCertificate
    payload: bytes

    def __init__(self, store: Reader, genesis: Genesis, status: StatusTree, height: Height) -> None:
        self._store = store
        self._genesis = genesis
        self._status = status
        self.height = height
        self.counts: Counter[Table] = Counter()
        """Rows that this block must have, by table; tree rows and state aside."""
        self.lacks: frozenset[Table] = frozenset()
        """Tables that a store of an older layout does not have."""
        self._bundles: tuple[BlockBundle, ...] = ()
        self._records: tuple[EnteredRecord, ...] = ()
        self._frontier: Frontier | None = None

    def read(self, blocks: BlockStore) -> None:
        """Decode the block and rebuild it from its parts.

        Raises:
            LedgerError: whatever does not decode, is missing, or does not rebuild the header.
        """
        self.header = blocks.header(self.height)
        self.certificate = blocks.certificate(self.height)
        self._records = blocks.entered(self.height)
        count = self.header.entry_count
        wrong = {
            "height": self.header.height != self.height,
            "entries": count != len(self._records),
            "log size": count >= self.header.log_size,
        }
        for what in (name for name, is_wrong in wrong.items() if is_wrong):
            raise StoreError(Code.AUDIT_LINK, height=self.height, what=what)
        for record in self._records:
            if record_id(record.data) != record.record_id:
                named = record.record_id.hex()
                raise StoreError(Code.AUDIT_RECORD, height=self.height, record=named, what="id")
        self.payload = blocks.payload(self.height)
        self._bundles = rebuild(self.header, self.payload, self._genesis.parameters)

    def findings(self, known: Known, tree: LogTree) -> Iterator[Finding]:
        """Everything that is not as it must be; first what others signed, then our own rows."""
        yield from self._links(known)
        yield from self._certified(known.epochs.newest)
        for bundle in self._bundles:
            yield from self._signed(bundle)
        for record in self._records:
            yield from self._record(record)
        effects = BlockEffects(self.header, self._bundles, self._records, (), self._opened())
        if known.frontier is None:
            return
        self._frontier, runs = known.frontier.grow(leaf_hashes(effects))
        if self._frontier.size != self.header.log_size:
            yield self._root("log size")
        if self._frontier.root() != self.header.log_root:
            yield self._root("log root")
        rows = block_rows(effects, self.certificate, self._frontier)
        yield from self._rows(row for row in rows if row[0][:1] != Table.HEAD.value)
        try:
            yield from self._tree_rows(list(tree.rows(runs)))
        except LedgerError as problem:
            yield of_error(problem, self.height)

    def known_after(self, known: Known) -> Known:
        """What this block says about the next one."""
        epochs, change = known.epochs, self._change()
        if change is not None and change.epoch == epochs.newest.epoch + 1:
            epochs = epochs.then(change, self.header.log_size)
        return Known(self.header.hash(), self.header.time_ms, self._frontier, epochs)

    def _change(self) -> Committee | None:
        """The committee that the last submitted record brings, where it changes the committee."""
        entered = next((each for each in reversed(self._records) if each.bundle_id), None)
        if entered is None or CHANGE_TYPE.encode() not in entered.data:
            return None
        try:
            return change_from(decode_record(entered.data, self._genesis.parameters))
        except (FormatError, VerificationError):
            return None

    def _opened(self) -> tuple[OpenedRecord, ...]:
        """What came out of the block's openings, as the store says; judging again tells whether."""
        opened: list[OpenedRecord] = []
        for offset, entered in enumerate(self._records):
            if _OPENING not in entered.data:
                continue
            try:
                sealed = sealed_of(decode_record(entered.data, self._genesis.parameters))
            except FormatError:
                continue
            if self._stored(Table.OPENED.key(sealed.record_id)) == entered.record_id:
                opened.append(OpenedRecord(sealed.record_id, sealed.record, offset))
        return tuple(opened)

    def _links(self, known: Known) -> Iterator[Finding]:
        header = self.header
        wrong = {
            "network": header.network_id != self._genesis.network_id,
            "previous": known.previous is not None and header.previous != known.previous,
            "time": header.time_ms <= known.time_ms,
        }
        for what in (name for name, is_wrong in wrong.items() if is_wrong):
            yield Finding(Code.AUDIT_LINK, self.height, {"height": self.height, "what": what})

    @property
    def is_certificates_own(self) -> bool:
        """Whether the certificate is for this block, whoever signed it."""
        slot, header = self.certificate.slot, self.header
        bound = (slot.network_id, slot.epoch, slot.height, self.certificate.header_hash)
        return bound == (header.network_id, header.epoch, header.height, header.hash())

    def _certified(self, committee: Committee) -> Iterator[Finding]:
        if not self.is_certificates_own:
            detail: dict[str, str | int] = {"what": "slot"}
            yield Finding(Code.CERTIFICATE_INVALID, self.height, detail)
        try:
            self.certificate.verify(self._genesis.network_id, committee)
        except LedgerError as problem:
            yield of_error(problem, self.height)

    def _signed(self, bundle: BlockBundle) -> Iterator[Finding]:
        """The bundle's signature, under the key that the slow rows name for its key id."""
        header = bundle.header
        try:
            row = self._status.get(key_row_key(header.issuer, header.key_id))
            key = key_row(row).public_key if row else b""
            verify_header(header, bundle.header_bytes, bundle.signature, key)
        except LedgerError as problem:
            yield of_error(problem, self.height)

    def _record(self, entered: EnteredRecord) -> Iterator[Finding]:
        """Strict bytes, the right issuer, and, where rules concluded it, its nonce."""
        try:
            record = decode_record(entered.data, self._genesis.parameters)
            is_derived = entered.bundle_id is None
            nonce = recomputed_nonce(record) if is_derived else record.nonce
        except LedgerError as problem:
            yield self._wrong_record(entered.record_id, problem.code.value)
            return
        if is_derived != (record.issuer == NETWORK_MEMBER):
            yield self._wrong_record(entered.record_id, "issuer")
        if record.nonce != nonce:
            yield self._wrong_record(entered.record_id, Code.RECEIPT_NONCE.value)

    def _rows(self, rows: Iterator[Row]) -> Iterator[Finding]:
        """Each row is there and says what the block says."""
        for key, value in rows:
            table = _TABLES[key[:1]]
            if table in self.lacks:
                continue
            self.counts[table] += 1
            stored = self._stored(key)
            if stored is None:
                yield of_row(Code.AUDIT_MISSING, table, key, self.height)
            elif stored != value:
                yield of_row(Code.AUDIT_ROW, table, key, self.height)

    def _tree_rows(self, rows: list[Row]) -> Iterator[Finding]:
        """Each tree row begins with these nodes; later blocks may have gone on in it."""
        for key, value in rows:
            if not (self._stored(key) or b"").startswith(value):
                yield of_row(Code.AUDIT_ROW, Table.NODE, key, self.height)

    def _stored(self, key: bytes) -> bytes | None:
        return self._store.get(key)

    def _root(self, what: str) -> Finding:
        return Finding(Code.AUDIT_ROOT, self.height, {"height": self.height, "what": what})

    def _wrong_record(self, record: RecordId, what: str) -> Finding:
        detail: dict[str, str | int] = {"height": self.height, "record": record.hex(), "what": what}
        return Finding(Code.AUDIT_RECORD, self.height, detail)
