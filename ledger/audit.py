"""Audit: goes over a whole stored chain and says, block by block, what is not as it must be.

Reads only, trusts nothing but the genesis, and never stops at a finding. It yields progress and
findings as they come, so that whoever runs it draws the bar. What a rule concludes is judged again
by a port that is passed in, because the ledger does not know the rules. Spec:
``docs/spec/store.md``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ledger.audit_base import known_at_base, rows_of_base
from ledger.audit_block import BlockAudit, Known
from ledger.audit_finding import Finding, of_error, of_row
from ledger.audit_snapshots import snapshot_findings
from ledger.audit_tables import (
    compare_state,
    cosigned_findings,
    count_findings,
    last_signed_findings,
    log_line_findings,
    meta_findings,
    node_findings,
    outside_findings,
    stamp_findings,
    status_findings,
    strange_findings,
)
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate
from ledger.core.epochs import Epochs
from ledger.core.genesis import Genesis
from ledger.core.identifiers import HeaderHash, Height
from ledger.core.merkle import Frontier
from ledger.core.merkle_stored import peaks_from
from ledger.errors import LedgerError, Rejected
from ledger.log_tree import LogTree
from ledger.opening import meta_rows
from ledger.status_history import StatusHistory
from ledger.store.api import Reader
from ledger.store.keys import LAYOUT, Table
from ledger.store.rows import head_from, present
from ledger.upgrading import LAYOUT_KEY, OLDER, is_older, lacking


class Judge(Protocol):
    """Judges blocks again over a second, empty store of its own."""

    @property
    def reader(self) -> Reader:
        """The second store: what state the blocks so far give."""
        ...

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        """Judge the block that follows those committed so far."""
        ...

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        """Go on to the next height; only after `check` found no fault."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an audit is."""

    height: Height
    """Blocks gone over."""
    blocks_count: int
    """Blocks in all."""
    base: int = 0
    """The snapshot with which the store began: above it the rules were not asked again."""


Event: TypeAlias = Progress | Finding


def audit(
    store: Reader, genesis: Genesis, genesis_rows: Mapping[bytes, bytes], judge: Judge | None
) -> Iterator[Event]:
    """Go over every row of the store.

    Args:
        store: of a node that does not write meanwhile.
        genesis: of the network: all that is trusted.
        genesis_rows: the state before the first block, as the contracts compute it.
        judge: judges each block again; None leaves verdicts and state unjudged.

    Yields:
        A `Progress` after each block, and each `Finding` where it is met.
    """
    return _Audit(store, genesis, genesis_rows, judge).run()


class _Audit:
    """One run: what is known of the chain up to the block that is looked at."""

    def __init__(
        self,
        store: Reader,
        genesis: Genesis,
        genesis_rows: Mapping[bytes, bytes],
        judge: Judge | None,
    ) -> None:
        self._store = store
        self._genesis = genesis
        self._judge = judge
        self._blocks = BlockStore(store)
        self._tree = LogTree(store)
        epochs = Epochs((genesis.committee,))
        self._known = Known(
            HeaderHash(genesis.network_id), genesis.created_at_ms, Frontier(), epochs
        )
        older = is_older(store.get(LAYOUT_KEY))
        self._meta = meta_rows(genesis, genesis_rows, OLDER if older else LAYOUT)
        self._lacking = lacking(store) if older else None
        """Rows that a store of the older layout has of those that it need not have."""
        self._base = self._blocks.base
        self._counts: Counter[Table] | None = Counter(
            {Table.META: len(self._meta), Table.HEAD: 1, Table.LAST_SIGNED: 1}
        ) + (self._lacking or Counter())
        """Rows that the blocks so far must have; None once a block could not be read."""

    def run(self) -> Iterator[Event]:
        try:
            height, frontier = head_from(present(self._store.get(Table.HEAD.key()), "head"))
            status = StatusHistory(self._store).newest
        except LedgerError as problem:
            yield of_error(problem, None)
            return
        if self._base:
            yield from self._begin_above()
        for at in range(self._base + 1, height + 1):
            block = BlockAudit(self._store, self._genesis, status, Height(at))
            if self._lacking is not None:
                block.lacks = frozenset({Table.MARK})
            yield from self._block(block)
            yield Progress(Height(at), height, self._base)
        if self._known.frontier != frontier:
            yield of_row(Code.AUDIT_ROW, Table.HEAD, Table.HEAD.key(), height)
        yield from self._tables(height)

    def _begin_above(self) -> Iterator[Finding]:
        """Go on from the snapshot's block; its state is gone, so nothing can be judged on it."""
        self._judge = None
        if self._counts is not None:
            self._counts.update(rows_of_base())
        try:
            self._known = known_at_base(self._store, self._blocks, self._tree, self._genesis)
        except LedgerError as problem:
            yield of_error(problem, self._base)
            self._counts, self._known = None, Known(None, 0, None, self._known.epochs)

    def _block(self, block: BlockAudit) -> Iterator[Finding]:
        """All about one block; where it cannot be read, go on from what the tree rows say."""
        try:
            block.read(self._blocks)
        except LedgerError as problem:
            yield of_error(problem, block.height)
            self._judge = self._counts = None
            self._skip(block)
            return
        yield from block.findings(self._known, self._tree)
        self._known = block.known_after(self._known)
        if self._counts is not None:
            self._counts.update(block.counts)
        yield from self._judged(block)

    def _judged(self, block: BlockAudit) -> Iterator[Finding]:
        if self._judge is None:
            return
        header, payload = block.header, block.payload
        verdict = self._judge.check(header, payload)
        if verdict is None and block.is_certificates_own:
            self._judge.commit(header, payload, block.certificate)
            return
        # What follows can no longer be judged on the state that this block would have left.
        self._judge = None
        if verdict is not None:
            reason = f"{verdict.code.value} {dict(verdict.detail)}"
            detail: dict[str, str | int] = {"height": header.height, "reason": reason}
            yield Finding(Code.AUDIT_JUDGED, header.height, detail)

    def _skip(self, block: BlockAudit) -> None:
        """Continue above an unreadable block from its header and the stored tree, if they read."""
        try:
            header = self._blocks.header(block.height)
            frontier = Frontier(header.log_size, peaks_from(self._tree, header.log_size))
        except LedgerError:
            self._known = Known(None, 0, None, self._known.epochs)
            return
        self._known = Known(header.hash(), header.time_ms, frontier, self._known.epochs)

    def _tables(self, height: Height) -> Iterator[Finding]:
        """What no single block can tell: counts, state, tree rows, cosigned heads, promises."""
        stored = self._store
        yield from meta_findings(stored, self._meta)
        if self._judge is not None:
            yield from compare_state(stored, self._judge.reader)
        yield from status_findings(stored, self._blocks, height)
        if not self._base:
            yield from node_findings(stored, self._known.frontier)
        if self._counts is not None:
            yield from count_findings(stored, self._counts)
        origin, epochs = self._genesis.origin, self._known.epochs
        yield from cosigned_findings(stored, self._blocks, origin, epochs, height)
        yield from log_line_findings(stored, origin, epochs)
        yield from outside_findings(stored)
        yield from stamp_findings(stored)
        yield from strange_findings(stored, epochs)
        yield from last_signed_findings(stored, self._blocks)
        limits = self._genesis.parameters
        yield from snapshot_findings(stored, self._blocks, limits, height)
