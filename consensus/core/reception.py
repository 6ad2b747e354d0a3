"""What is done with a message of each kind: by height first, then by its content.

Stale messages are answered with the header and certificate that decided their height; messages of
the next height wait in a bounded room; claims of greater heights start a bounded attempt to catch
up. What does not hold is dropped and counted, and answers are rate-limited per peer and kind.
"""

from consensus.core.early_messages import EarlyMessages
from consensus.core.height import OpenHeight
from consensus.core.instance import Instance, Node
from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    PayloadRequest,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from consensus.core.ready import Serve
from consensus.core.testimony import ClosedHeights, recalled
from consensus.core.verification import check_commits, check_status
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.identifiers import Height, NodeId
from ledger.errors import LedgerError


class Reception:
    """Sorts what comes in, and answers what is asked."""

    __slots__ = (
        "_answered",
        "_closed",
        "_early",
        "_node",
        "dropped_count",
        "dropped_last",
        "newest",
    )

    def __init__(self, node: Node, newest: Header | None) -> None:
        self._node = node
        self._early = EarlyMessages(node.config)
        self._closed = ClosedHeights()
        self._answered: dict[tuple[NodeId, type], tuple[int, int]] = {}
        self.newest = newest
        """Header of the head: half of the answer to a stale message."""
        self.dropped_count = 0
        self.dropped_last = ""
        """Why the last of them did not hold: for people."""

    def receive(
        self, at: OpenHeight, peer: NodeId, message: Message, arrived_ms: int, now_ms: int
    ) -> None:
        """Take one message in. What does not hold is dropped; a misbehaving peer never raises."""
        try:
            if peer in at.here.committee:
                self._dispatch(at, peer, message, arrived_ms, now_ms)
            else:
                self._from_outside(at, peer, message, now_ms)
        except LedgerError as problem:
            self.dropped_count += 1
            self.dropped_last = str(problem)

    def close(self, here: Instance) -> None:
        """A height is decided: what is still said of it may be evidence, and nothing else."""
        self._closed.close(here.height, here.said)

    def recall(self, committee: Committee, certificate: CommitCertificate) -> None:
        """A height that was decided before the start: what is said of it yet may be evidence."""
        testimony = recalled(committee, certificate, self._node.config.views_per_node_max)
        self._closed.close(certificate.slot.height, testimony)

    def open(self, at: OpenHeight, now_ms: int) -> None:
        """Take in what came for this height before it opened."""
        for peer, arrived_ms, message in self._early.take(at.here.height):
            self.receive(at, peer, message, arrived_ms, now_ms)

    @property
    def early(self) -> dict[NodeId, int]:
        """Messages of the next height that are kept, by the peer that sent them."""
        return self._early.counts

    def _dispatch(
        self, at: OpenHeight, peer: NodeId, message: Message, arrived_ms: int, now_ms: int
    ) -> None:
        match message:
            case Vote() | PrePrepare() | ViewChange() | NewView():
                self._in_slot(at, peer, message, arrived_ms, now_ms)
            case Status():
                self._status(at, peer, message, now_ms)
            case Decided():
                self._decided(at, message)
            case PayloadRequest(height, wanted):
                block = at.here.block(wanted)
                if height < at.here.height:
                    self._serve(at, peer, height, now_ms)
                elif block is not None and self._may_answer(peer, PayloadAnswer, now_ms):
                    self._node.out.to(peer, block)
            case PayloadAnswer():
                if at.proposals.on_block(message):
                    self._node.catch_up.payload_answered(peer)
                else:
                    self._node.catch_up.payload_wrong(peer, now_ms)
            case BlocksRequest(from_height):
                self._serve(at, peer, from_height, now_ms)
            case Blocks(blocks):
                self._node.catch_up.arrived(peer, blocks, at.here.head.height, now_ms)

    def _from_outside(self, at: OpenHeight, peer: NodeId, message: Message, now_ms: int) -> None:
        """What a node outside this height's committee may say: one that left it, or will join it.

        It is served like any node that lacks blocks, a certificate proves itself, and what it says
        of the next height waits, since it may be of the committee there. Its votes count nowhere.
        """
        match message:
            case Vote() | PrePrepare() | ViewChange() | NewView():
                if message.slot.height != at.here.height:
                    self._in_slot(at, peer, message, now_ms, now_ms)
            case Status(slot=slot) if slot.network_id == self._node.config.network_id:
                if slot.height < at.here.height:
                    self._answer_stale(at, peer, now_ms)
                elif slot.height > at.here.height:
                    self._node.catch_up.claimed(peer, Height(slot.height - 1))
            case Decided() | Blocks() | BlocksRequest() | PayloadRequest():
                self._dispatch(at, peer, message, now_ms, now_ms)
            case _:
                pass

    def _in_slot(
        self,
        at: OpenHeight,
        peer: NodeId,
        message: Vote | PrePrepare | ViewChange | NewView,
        arrived_ms: int,
        now_ms: int,
    ) -> None:
        """A signed message of one slot: it means something only at its height."""
        slot, here = message.slot, at.here
        if slot.network_id != self._node.config.network_id:
            return
        if slot.height < here.height:
            self._answer_stale(at, peer, now_ms)
            self._node.out.faults.extend(self._closed.hear(message))
        elif slot.height > here.height:
            self._above(at, peer, message, now_ms)
        elif slot.epoch == here.committee.epoch:
            self._at_open_height(at, peer, message, arrived_ms, now_ms)

    def _at_open_height(
        self,
        at: OpenHeight,
        peer: NodeId,
        message: Vote | PrePrepare | ViewChange | NewView,
        arrived_ms: int,
        now_ms: int,
    ) -> None:
        match message:
            case Vote():
                at.agreement.on_vote(message, peer)
            case PrePrepare():
                if at.agreement.on_pre_prepare(message):
                    at.proposals.admit(message, arrived_ms)
            case ViewChange():
                at.view_changes.on_view_change(message)
                if self._may_answer(peer, NewView, now_ms):
                    at.view_changes.hand_on(peer, message.slot.view)
            case NewView():
                at.view_changes.on_new_view(message)

    def _above(
        self,
        at: OpenHeight,
        peer: NodeId,
        message: Vote | PrePrepare | ViewChange | NewView,
        now_ms: int,
    ) -> None:
        """A message of a height that is not open here: kept if it is the next, else a claim."""
        height = message.slot.height
        if height == at.here.height + 1:
            self._early.keep(peer, height, message, now_ms)
        if isinstance(message, ViewChange):
            self._node.catch_up.claimed(peer, Height(height - 1))

    def _status(self, at: OpenHeight, peer: NodeId, status: Status, now_ms: int) -> None:
        """A peer's own word on where it stands; nobody else's word about it counts."""
        here = at.here
        if status.node != peer or status.slot.network_id != self._node.config.network_id:
            return
        check_status(status, here.committee)
        self._node.clock.heard(peer, status.clock_ms, now_ms)
        if status.slot.height < here.height:
            self._answer_stale(at, peer, now_ms)
        elif status.slot.height > here.height:
            self._node.catch_up.claimed(peer, Height(status.slot.height - 1))
        elif status.slot.view < here.view and self._may_answer(peer, NewView, now_ms):
            at.view_changes.hand_on(peer, status.slot.view)

    def _decided(self, at: OpenHeight, decided: Decided) -> None:
        """A certificate: the only thing that stops voting here."""
        here, certificate = at.here, decided.certificate
        slot, target = certificate.slot, self._node.catch_up.target
        if slot.network_id != self._node.config.network_id or slot.epoch != here.committee.epoch:
            return
        if slot.height == here.height:
            at.agreement.on_certificate(certificate)
        elif slot.height > max(here.height, target):
            check_commits(certificate, here.head.network_id, here.committee)
            self._node.catch_up.certified(slot.height)

    def _answer_stale(self, at: OpenHeight, peer: NodeId, now_ms: int) -> None:
        """Small, and not for every message: header and certificate of the head."""
        certificate = at.here.head.certificate
        if self.newest is None or certificate is None:
            return
        if self._may_answer(peer, Decided, now_ms):
            self._node.out.to(peer, Decided(self.newest, certificate))

    def _serve(self, at: OpenHeight, peer: NodeId, height: Height, now_ms: int) -> None:
        """Decided blocks come from the chain, which only the driver can read."""
        config = self._node.config
        most = config.chunks_per_answer_max
        if height < at.here.height and self._may_answer(peer, Blocks, now_ms, most):
            serve = Serve(peer, height, config.chunk_bytes_max, config.chunk_blocks_max)
            self._node.out.serve.append(serve)

    def _may_answer(self, peer: NodeId, kind: type, now_ms: int, most: int = 1) -> bool:
        """At most so many answers of a kind per peer and interval."""
        since_ms, count = self._answered.get((peer, kind), (now_ms, 0))
        if not since_ms <= now_ms < since_ms + self._node.config.answer_ms:
            since_ms, count = now_ms, 0
        self._answered[peer, kind] = (since_ms, count + 1)
        return count < most
