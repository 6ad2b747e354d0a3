"""The duties of one Ready, performed in the one safe order: nothing leaves before it is durable.

An execution (judging, assembling, committing) ends a step; its result is handed over in the next
one, with that step's time, so that the time it took never counts against a primary. The order of
duties is written on `consensus.core.ready`; PBFT (OSDI '99) §4.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from consensus.application import Application
from consensus.bundle_desk import BundleDesk
from consensus.core.messages import Blocks, CertifiedBlock
from consensus.core.ready import Propose, Ready, Serve, Validate
from consensus.core.replica import Replica
from consensus.cosigning import Cosigner
from consensus.events import Events
from consensus.evidence import Evidence
from consensus.journal import Journal
from consensus.presence import Presences
from consensus.signed_mark import SignedMark
from consensus.snapshot_desk import SnapshotSide
from consensus.transport import Transport
from consensus.wire import Codec, Cosigned, Frame, Said
from ledger.core.block import decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import NodeId
from ledger.core.misconduct import Fault


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a driver reaches the world through."""

    application: Application
    transport: Transport
    journal: Journal
    mark: SignedMark
    desk: BundleDesk
    cosigner: Cosigner
    codec: Codec
    events: Events
    evidence: Evidence
    presences: Presences
    snapshots: SnapshotSide = field(default_factory=SnapshotSide)


class Duties:
    """Performs Readys, and keeps the results of executions until the next step takes them."""

    def __init__(self, ports: Ports, replica: Replica) -> None:
        self._application = ports.application
        self._transport = ports.transport
        self._journal = ports.journal
        self._mark = ports.mark
        self._desk = ports.desk
        self._cosigner = ports.cosigner
        self._codec = ports.codec
        self._events = ports.events
        self._replica = replica
        self.results: deque[Callable[[int], Ready]] = deque()
        """What executions gave: each takes the time and hands itself to the replica."""
        self._evidence = ports.evidence
        self._presences = ports.presences

    def perform(self, ready: Ready, now_ms: int) -> None:
        """The duties of one Ready, in their order."""
        if ready.persist:
            self._journal.append(ready.persist)
            self._mark.promised(ready.persist, self._journal.held(ready.persist[-1].height))
        for send in ready.send:
            if send.to is None:
                self.broadcast(Said(send.message))
            else:
                self.send(send.to, Said(send.message))
        if ready.deliver is not None:
            self._deliver(ready.deliver, now_ms)
        if ready.validate is not None:
            self._validate(ready.validate)
        if ready.propose is not None:
            self._propose(ready.propose, now_ms)
        for serve in ready.serve:
            self._serve(serve)
        for fault in ready.faults:
            self.accuse(fault)

    def cosign(self, now_ms: int, peer: NodeId | None = None) -> None:
        """Sign the present head, first or again, where this clock and this key may be believed.

        Args:
            now_ms: the time.
            peer: who lacks the cosignature; None: everybody is told.
        """
        if self._replica.clock_trusted and not self._presences.cloned:
            signed = self._cosigner.sign(self._application.head, now_ms)
            if signed is not None and peer is None:
                self.broadcast(Cosigned(signed))
            elif signed is not None and peer is not None:
                self.send(peer, Cosigned(signed))

    def broadcast(self, frame: Frame) -> None:
        """Send a frame to every other node."""
        self._transport.broadcast(self._codec.encode(frame))

    def _deliver(self, block: CertifiedBlock, now_ms: int) -> None:
        """One durable batch; then the pool settles, and only then the replica goes on."""
        self._application.commit(block.header, block.payload, block.certificate)
        self._journal.decided(block.header.height)
        self._cosigner.committed(self._application.head)
        self._desk.committed(block.payload, now_ms)
        self._events.add(
            "block.committed",
            height=block.header.height,
            view=block.certificate.slot.view,
            bundles=block.header.bundle_count,
            entries=block.header.entry_count,
        )
        closes = block.header.epoch != self._application.head.epoch
        if closes:
            epoch, nodes = self._application.head.epoch, ", ".join(self._application.committee)
            self._events.add("epoch.begun", height=block.header.height, epoch=epoch, nodes=nodes)
        self.results.append(lambda now_ms: self._delivered(now_ms, closes=closes))

    def _delivered(self, now_ms: int, *, closes: bool) -> Ready:
        ready = self._replica.delivered(self._application.head, self._application.committee, now_ms)
        # While a chunk of blocks is taken in, only its last head is cosigned, and each that ends an
        # epoch: above it its nodes are asked no more.
        if closes or ready.deliver is None:
            self.cosign(now_ms)
        return ready

    def _validate(self, asked: Validate) -> None:
        verdict = self._application.check(asked.header, asked.payload)
        if verdict is not None:
            self._events.add(
                "block.unfit",
                height=asked.header.height,
                proposer=asked.header.proposer,
                code=verdict.code.value,
            )
        fit = verdict is None
        self.results.append(lambda now: self._replica.validated(asked.header_hash, fit, now))

    def _propose(self, asked: Propose, now_ms: int) -> None:
        """Assemble from the whole pool in fair order; nothing is marked as taken."""
        bundles = self._desk.pool.candidates()
        made = self._application.assemble(bundles, asked.time_ms, self._codec.config.node_id)
        if made is None:
            # Nothing fit: whatever made us believe in work is judged again before we ask again.
            self._desk.doubt(now_ms)
        header, payload = made or (None, b"")
        self.results.append(lambda now: self._replica.propose(asked.slot, header, payload, now))

    def _serve(self, serve: Serve) -> None:
        """A bounded chunk of decided blocks, ascending."""
        served = self._application.serve(serve.from_height, serve.bytes_max)[: serve.count_max]
        if served:
            blocks = tuple(
                CertifiedBlock(
                    decode_header_of_block(header), payload, decode_certificate(certificate)
                )
                for header, payload, certificate in served
            )
            self.send(serve.to, Said(Blocks(blocks)))

    def accuse(self, fault: Fault) -> None:
        """Keep evidence durably, and say where it is; what is known already says nothing new."""
        kept = self._evidence.keep(fault)
        if kept is not None:
            self._events.add("fault.found", node=fault.node, fault=fault.kind.value, file=kept)

    def send(self, peer: NodeId, frame: Frame) -> None:
        """Send a frame to one node."""
        self._transport.send(peer, self._codec.encode(frame))
