"""One block in the making: timers first, then bundles in order, then what the rules concluded.

The same draft assembles a block from a pool and judges a block that somebody else assembled, so
the two cannot differ. It writes to an overlay and returns what the block does; nothing reaches the
chain from here. Spec: ``docs/spec/block.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts import (
    certificates,
    committee_rows,
    draw_rows,
    entering,
    timers,
    unsealing,
    version_rows,
)
from contracts.admission import Seen, Submitted, check_bundle, decode_entering, other_issuer
from contracts.case import Case
from contracts.conclusions import conclusion_record
from contracts.judge import judge
from contracts.judging import world_about, world_of
from contracts.overlay import Overlay, StateReader
from contracts.state import State
from contracts.verdict import Conclusion, Effect, Facts, Review, Times, World
from ledger.codes import Code
from ledger.core.block import BlockBundle, Head, Header, Snapshot, block_bundle
from ledger.core.bundle import bundle_id
from ledger.core.committee_change import CHANGE_TYPE
from ledger.core.effects import BlockEffects, EnteredRecord, OpenedRecord
from ledger.core.entry import entry_hashes
from ledger.core.identifiers import BundleId, Digest, Height, NodeId, RecordId
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.payload import bundles_root
from ledger.core.record import Record
from ledger.core.sealed import OPENING_TYPE
from ledger.core.status import PREFIX, StatusTree, rows_under, state_hash
from ledger.errors import Rejected

MISFIT: Final = (LookupError, TypeError, ValueError, AttributeError)
"""What a rule in Python fails with where the rows that it asks for are not there."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The settled block that a draft builds on."""

    head: Head
    frontier: Frontier
    status: StatusTree
    state: StateReader


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What one new record brings, beside itself."""

    effects: tuple[Effect, ...]
    """What follows from it, alerts above all."""
    opened: tuple[OpenedRecord, ...] = ()
    """At most one: what came out, where the record is an opening."""
    closes: bool = False
    """It changes the committee: nothing enters after it."""


class Draft:
    """The next block, as far as it is made."""

    def __init__(self, parent: Parent, world: World, time_ms: int, seen: Seen) -> None:
        self._parent = parent
        self._world = world
        self._time_ms = time_ms
        self._seen = seen
        self._overlay = Overlay(parent.state)
        self._state = State(self._overlay)
        self._bundles: list[BlockBundle] = []
        self._records: list[EnteredRecord] = []
        self._opened: list[OpenedRecord] = []
        self._effects: list[Effect] = []
        self._fired_count = 0
        self._closed = False
        head = parent.head
        for keep in (draw_rows.keep_awaited, committee_rows.keep_recent):
            keep(parent.state, self._overlay, head.height, head.header_hash)

    def fire(self) -> None:
        """Fire the timers that are due in the parent's state; before any bundle."""
        limit = self._world.parameters.block_timers_max
        for timer in timers.due(self._parent.state, self._time_ms, limit):
            timers.stop(self._overlay, timer.record_id, timer.deadline)
            self._effects.append(timer.raised())
            self._fired_count += 1
        self._overlay.keep()

    def add(self, bundle: Submitted) -> BlockBundle | Rejected:
        """Judge a bundle and let its new records enter, all or none of them.

        Args:
            bundle: in a block's payload, bytes are absent exactly where the record entered
                earlier; from a pool, bytes are present everywhere.
        """
        if self._closed:
            return Rejected(Code.BLOCK_CLOSED)
        refusal = self.refusal_of(bundle)
        if refusal is not None:
            return refusal
        entered: list[bytes | None] = []
        fresh: list[EnteredRecord] = []
        brought: list[_Fresh] = []
        name = bundle_id(bundle.header_bytes)
        for record_id, data in zip(bundle.record_ids, bundle.records, strict=True):
            known = self._state.record(record_id)
            if known is not None and known.issuer != bundle.header.issuer:
                self._overlay.drop()
                return other_issuer(known.issuer, bundle.header.issuer)
            if known is not None:
                entered.append(None)
                continue
            found = self._enter(bundle, record_id, data, len(fresh))
            if brought and brought[-1].closes:
                found = Rejected(Code.COMMITTEE_LAST)
            if isinstance(found, Rejected) or data is None:
                self._overlay.drop()
                return found if isinstance(found, Rejected) else _mismatch(self._height)
            brought.append(found)
            entered.append(data)
            fresh.append(EnteredRecord(record_id, data, name))
        if not fresh:
            self._overlay.drop()
            return Rejected(Code.BUNDLE_KNOWN)
        self._overlay.keep()
        return self._added(bundle, entered, fresh, brought)

    def refusal_of(self, bundle: Submitted) -> Rejected | None:
        """What is wrong with a bundle itself, whatever its records say."""
        return check_bundle(bundle, self._world, self._state, self._times(0), self._seen)

    def try_record(
        self, bundle: Submitted, record_id: RecordId, data: bytes, before: int
    ) -> Rejected | None:
        """Why one new record of a bundle may not enter after `before` others; else it has entered.

        For whoever wants to know all that is wrong: a draft that was tried makes no block.
        """
        found = self._enter(bundle, record_id, data, before)
        if isinstance(found, Rejected):
            self._overlay.drop()
            return found
        self._overlay.keep()
        return None

    @property
    def is_empty(self) -> bool:
        """Neither a bundle entered nor a timer fired: such a block is not made."""
        return not self._bundles and not self._fired_count

    def finish(self, proposer: NodeId, snapshot: Snapshot | None = None) -> BlockEffects:
        """Write the derived records and compute every root of the header.

        Args:
            proposer: of the block.
            snapshot: what the chain says of an earlier state, at the heights scheduled for it.
        """
        derived = self._derive()
        records = (*self._records, *derived)
        leaf = self._times(len(derived))
        version_rows.settle(self._state, self._parent.head.log_size, leaf)
        committee_rows.settle(self._state, self._parent.head.epoch, leaf)
        self._overlay.keep()
        writes = self._overlay.writes()
        head = self._parent.head
        status = self._parent.status.succeeded(rows_under(writes, PREFIX))
        header = Header(
            network_id=head.network_id,
            height=self._height,
            previous=head.header_hash,
            time_ms=self._time_ms,
            proposer=proposer,
            epoch=head.epoch,
            bundle_count=len(self._bundles),
            bundles_root=bundles_root(self._bundles),
            entry_count=len(records),
            state_hash=state_hash(head.state_hash, writes),
            status_size=status.size,
            status_root=status.root,
            snapshot=snapshot,
            log_size=head.log_size + len(records) + 1,
            log_root=Digest(bytes(32)),
        )
        places = ((each.bundle_id, each.record_id) for each in records)
        leaves = entry_hashes(header.height, header.time_ms, places)
        leaves.append(leaf_hash(header.leaf()))
        header = replace(header, log_root=self._parent.frontier.extend(leaves).root())
        return BlockEffects(
            header, tuple(self._bundles), tuple(records), writes, tuple(self._opened)
        )

    @property
    def _height(self) -> Height:
        return Height(self._parent.head.height + 1)

    def _times(self, more: int) -> Times:
        """The position after what entered so far and `more` records of the bundle at hand."""
        return Times(self._parent.head.log_size + len(self._records) + more, self._time_ms)

    def _enter(
        self, bundle: Submitted, record_id: RecordId, data: bytes | None, before: int
    ) -> _Fresh | Rejected:
        """Judge one new record and write it, and what comes out of it."""
        if data is None:
            return _mismatch(self._height)
        record = decode_entering(bundle, self._world, record_id, data, self._seen)
        if isinstance(record, Rejected):
            return record
        try:
            return self._entered(bundle, record_id, record, data, before)
        except MISFIT:
            # Rows that lack what the rules ask for are the quorum's doing, and no reason to stop:
            # every node refuses the same record. Of the rows that we ship it is our own fault.
            if self._world.versions is None:
                raise
            return Rejected(Code.CATALOGUE_UNFIT, {"type": record.type})

    def _entered(
        self, bundle: Submitted, record_id: RecordId, record: Record, data: bytes, before: int
    ) -> _Fresh | Rejected:
        """What follows from one new record, by the version that judges it."""
        times = self._times(before)
        world = world_of(self._world, record, times.index, self._state)
        facts = Facts(record_id, bundle.header.key_id, world, height=self._height)
        verdict = judge(record, facts, self._state, times)
        if isinstance(verdict, Rejected):
            return verdict
        case = Case(record, world.catalogue.types[record.type], facts, self._state, times)
        effects = verdict.raised + entering.enter(case, data, verdict)
        if record.type != OPENING_TYPE:
            return _Fresh(effects, closes=record.type == CHANGE_TYPE)
        out = unsealing.unseal(case, self._seen)
        opened = OpenedRecord(out.sealed.record_id, out.sealed.record, len(self._records) + before)
        return _Fresh(effects + out.effects, (opened,) if out.entered else ())

    def _added(
        self,
        bundle: Submitted,
        entered: list[bytes | None],
        fresh: list[EnteredRecord],
        brought: Sequence[_Fresh],
    ) -> BlockBundle:
        """Make an accepted bundle part of the block; as it is, where it came out of one."""
        records = tuple(entered)
        if isinstance(bundle, BlockBundle) and bundle.records == records:
            made = bundle
        else:
            made = block_bundle(bundle.header_bytes, bundle.signature, bundle.record_ids, records)
        self._bundles.append(made)
        self._records += fresh
        for each in brought:
            self._effects += each.effects
            self._opened += each.opened
            self._closed = each.closes
        return made

    def _derive(self) -> list[EnteredRecord]:
        """The derived records in the order concluded: alerts, then certificates by section."""
        derived: list[EnteredRecord] = []
        for effect in self._effects:
            if not isinstance(effect, Review):
                self._log(effect, derived)
        reviews = [effect for effect in self._effects if isinstance(effect, Review)]
        for subject in certificates.sections(reviews, self._state):
            as_of = self._times(len(derived))
            world = world_about(self._world, subject, as_of.index, self._state)
            for concluded in certificates.conclude(subject, world, self._state, as_of):
                self._log(concluded, derived)
        self._overlay.keep()
        return derived

    def _log(self, concluded: Conclusion, derived: list[EnteredRecord]) -> None:
        """Write what was concluded as the next derived record; not again what is on the ledger."""
        times = self._times(len(derived))
        world = world_about(self._world, concluded.subject, times.index, self._state)
        record = conclusion_record(concluded, world, self._time_ms)
        data = record.encode()
        facts = Facts(record.record_id, None, world)
        if self._state.known(facts.record_id):
            return
        case = Case(record, world.catalogue.types[record.type], facts, self._state, times)
        entering.enter_derived(case, concluded)
        no_bundle: BundleId | None = None
        derived.append(EnteredRecord(facts.record_id, data, no_bundle))


def _mismatch(height: Height) -> Rejected:
    """A payload that leaves out the bytes of a record that is new."""
    return Rejected(Code.BLOCK_MISMATCH, {"height": height, "what": "entered"})
