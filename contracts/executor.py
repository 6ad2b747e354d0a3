"""BlockExecutor: assembles, judges and commits blocks over the stored chain.

It satisfies the consensus side's `Application` by shape and knows nothing of votes. Every node
rebuilds each block from the parent's state and recomputes every hash before it votes; a certified
block that fails here is our own fault and stops the node. Spec: ``docs/architecture.md``.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts import timers
from contracts.admission import Seen
from contracts.chain_store import ChainStore
from contracts.draft import Draft, Parent
from contracts.faults import Faults, faults_of
from contracts.held import Held, adopts
from contracts.overlay import Overlay
from contracts.state import State
from contracts.tables import Catalogue
from contracts.verdict import World
from ledger.codes import Code
from ledger.core.block import BlockBundle, Head, Header
from ledger.core.bundle import Bundle
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.effects import BlockEffects
from ledger.core.epochs import begins_epoch
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, HeaderHash, Height, NodeId
from ledger.core.payload import encode_payload, rebuild
from ledger.errors import FormatError, InvariantBroken, Rejected

_JUDGED_MAX: Final = 4
"""Blocks of one height that were judged here and may yet be decided: one a view, and few views."""
_FRAME_BYTES: Final = 16
"""At most so many bytes frame one item of a payload."""


@dataclass(frozen=True, slots=True)
class Fit:
    """An advisory verdict: the bundle would enter, as of the present head."""

    new_count: int
    """Records that would enter; the others are on the ledger."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A block that is durable."""

    height: Height
    header_hash: HeaderHash


class BlockExecutor:
    """The ledger as one node holds it; calls come one at a time, from one thread."""

    def __init__(
        self, chain: ChainStore, catalogue: Catalogue, more: Sequence[Catalogue] = ()
    ) -> None:
        """Judge over `chain` by the catalogues at hand.

        Args:
            chain: the ledger of this node.
            catalogue: the one of this software.
            more: further ones, older and newer.

        Raises:
            FormatError: `catalogue.other` where the network began with another catalogue.
            StoreError: `catalogue.missing` where it adopted another one since.
        """
        genesis = chain.genesis
        self._held = Held(genesis, catalogue, more)
        self._chain = chain
        self._seen = Seen()
        self._judged: OrderedDict[HeaderHash, tuple[Digest, BlockEffects]] = OrderedDict()
        self._world = self._held.look(genesis, chain.committee, chain.state)
        self._held.check()

    @property
    def head(self) -> Head:
        """The newest durable block."""
        return self._chain.head

    @property
    def committee(self) -> Committee:
        """Certifies the block at head height + 1."""
        return self._chain.committee

    @property
    def catalogue(self) -> Catalogue:
        """The newest version of the catalogue at the present head."""
        return self._world.catalogue

    @property
    def world(self) -> World:
        """What holds at the present head."""
        return self._world

    def holds(self, digest: Digest) -> bool:
        """Whether the catalogue of this hash is at hand."""
        return self._held.holds(digest)

    def judge(self, bundle: Bundle, time_ms: int) -> Fit | Rejected:
        """What the present head says about a bundle, as if the next block had this time.

        Changes nothing and promises nothing. A bundle whose records are all on the ledger is
        refused with `bundle.known`.
        """
        room = self._world.parameters.block_bytes_max - _FRAME_BYTES
        if _size_bound(bundle) > room:
            return Rejected(Code.BLOCK_FULL)
        verdict = self._draft(max(time_ms, self.head.time_ms + 1)).add(bundle)
        if isinstance(verdict, Rejected):
            return verdict
        return Fit(sum(record is not None for record in verdict.records))

    def faults(self, bundle: Bundle, time_ms: int) -> Faults:
        """All that is wrong with the records of a bundle that `judge` refused at that time."""
        draft = self._draft(max(time_ms, self.head.time_ms + 1))
        return faults_of(draft, bundle, State(Overlay(self._chain.state)).known)

    def timer_due(self, time_ms: int) -> bool:
        """Whether a timer with due < `time_ms` stands: a block without bundles is then valid."""
        due_ms = self.next_due_ms()
        return due_ms is not None and due_ms < time_ms

    def next_due_ms(self) -> int | None:
        """When the earliest timer is due, or None where none stands."""
        return timers.next_due_ms(self._chain.state)

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        """Make the next block from bundles in this order, within the block's limits.

        Unfit bundles are left out, and so are those that find no room. Changes nothing.

        Returns:
            Header and payload; None where neither a fit bundle nor a due timer is there.
        """
        draft = self._draft(time_ms)
        draft.fire()
        room = self._world.parameters.block_bytes_max - _FRAME_BYTES
        places = self._world.parameters.block_bundles_max
        for bundle in bundles:
            size = _size_bound(bundle)
            if size > room or places == 0:
                continue
            added = draft.add(bundle)
            if isinstance(added, BlockBundle):
                room, places = room - size, places - 1
        if draft.is_empty:
            return None
        effects = self._finished(draft, proposer)
        payload = encode_payload(effects.bundles)
        self._remember(effects, payload)
        return effects.header, payload

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        """Judge a block on the present head; never looks at a clock and changes nothing.

        Every root and hash of the header is recomputed. Equal heads and equal arguments give equal
        verdicts on all nodes.

        Raises:
            StoreError: `catalogue.missing`: this node cannot judge, and must not vote.
        """
        verdict = self._judge_block(header, payload)
        return verdict if isinstance(verdict, Rejected) else None

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> Committed:
        """Append the decided block. When this returns, all of it survives a crash.

        Idempotent by height. The certificate was verified by the caller.

        Raises:
            InvariantBroken: the certified block judges invalid here.
            StoreError: the batch could not be made durable; `catalogue.missing`, before anything
                is written.
        """
        committed = Committed(header.height, header.hash())
        if header.height <= self.head.height:
            return committed
        verdict = self._judge_block(header, payload)
        if isinstance(verdict, Rejected):
            raise InvariantBroken(f"certified block {header.height}: {verdict}")
        self._chain.append(verdict, certificate)
        self._judged.clear()
        if adopts(verdict.writes) or begins_epoch(verdict.writes):
            chain = self._chain
            self._world = self._held.look(chain.genesis, chain.committee, chain.state)
        return committed

    def serve(self, from_height: Height, limit_bytes: int) -> Sequence[tuple[bytes, bytes, bytes]]:
        """Decided blocks for a node that lacks them: (header, payload, certificate) as bytes."""
        return self._chain.serve(from_height, limit_bytes)

    def _judge_block(self, header: Header, payload: bytes) -> BlockEffects | Rejected:
        """What the block does, where every byte of its header recomputes."""
        known = self._judged.get(header.hash())
        if known is not None and known[0] == sha256(payload):
            return known[1]
        refusal = self._check_place(header)
        if refusal is not None:
            return refusal
        try:
            bundles = rebuild(header, payload, self._world.parameters)
        except FormatError as problem:
            return problem.rejected()
        draft = self._draft(header.time_ms)
        draft.fire()
        for bundle in bundles:
            added = draft.add(bundle)
            if isinstance(added, Rejected):
                return added
            if added.entered != bundle.entered:
                return _mismatch(header, "entered")
        if draft.is_empty:
            return Rejected(Code.BLOCK_NOTHING, {"height": header.height})
        effects = self._finished(draft, header.proposer)
        if effects.header != header:
            return _mismatch(header, _first_difference(effects.header, header))
        self._remember(effects, payload)
        return effects

    def _check_place(self, header: Header) -> Rejected | None:
        """The block must continue the head, later than it, from a node of the committee."""
        head = self.head
        if header.height != head.height + 1 or header.previous != head.header_hash:
            return _mismatch(header, "previous")
        if header.time_ms <= head.time_ms:
            return _mismatch(header, "time_ms")
        if header.proposer not in self.committee:
            return _mismatch(header, "proposer")
        return None

    def _draft(self, time_ms: int) -> Draft:
        self._held.check()
        chain = self._chain
        parent = Parent(chain.head, chain.frontier, chain.status, chain.state)
        return Draft(parent, self._world, time_ms, self._seen)

    def _finished(self, draft: Draft, proposer: NodeId) -> BlockEffects:
        """Nobody's word is taken for the root of an earlier state: it is made here, or waited for.

        A vote for it is a vote that this node has that state.
        """
        snapshot = self._chain.snapshots.stated_at(Height(self.head.height + 1))
        return draft.finish(proposer, snapshot)

    def _remember(self, effects: BlockEffects, payload: bytes) -> None:
        """Keep a judged block, so that committing it does not judge it again."""
        self._judged[effects.header.hash()] = (sha256(payload), effects)
        while len(self._judged) > _JUDGED_MAX:
            self._judged.popitem(last=False)


def _size_bound(bundle: Bundle) -> int:
    """At most so many bytes of a payload: a record that entered earlier takes less."""
    framed = len(bundle.header_bytes) + len(bundle.signature) + len(bundle.records)
    return framed + sum(len(data) + _FRAME_BYTES for data in bundle.records) + 4 * _FRAME_BYTES


def _first_difference(ours: Header, theirs: Header) -> str:
    """Name of the first field in which two headers differ."""
    return next(name for name in Header.__slots__ if getattr(ours, name) != getattr(theirs, name))


def _mismatch(header: Header, what: str) -> Rejected:
    return Rejected(Code.BLOCK_MISMATCH, {"height": header.height, "what": what})
