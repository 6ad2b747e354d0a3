"""The driver: feeds the replica with what comes in, and has its Readys performed in order.

The same object runs in production and in the simulator. It reads no clock, opens no socket and no
file: time is an argument, everything else a port (`duties.Ports`). A step ends at an execution;
`deadline_ms` then is not in the future, and the next step goes on from there. The loop is written
on `consensus.core`, the duties on `consensus.core.ready`.
"""

from collections import deque
from typing import Final

from consensus.bundle_desk import Answer
from consensus.core.messages import Blocks, BlocksRequest, Decided, PayloadRequest, Status
from consensus.core.ready import Ready
from consensus.core.replica import Replica
from consensus.duties import Duties, Ports
from consensus.events import Event
from consensus.fates import Fate
from consensus.peers import Peers
from consensus.snapshot_desk import SnapshotDesk
from consensus.snapshot_frames import ChunkGiven, ChunkRequest, Offered, OfferRequest
from consensus.status import NodeStatus
from consensus.wire import CosignatureRequest, Cosigned, Frame, Hello, Relayed, Report, Said
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.core.misconduct import Fault
from ledger.errors import FormatError, VerificationError

HOUSEKEEPING_MS: Final = 500
"""Between two looks at what is done now and then; no deadline is further away."""
_HARMLESS: Final = (Status, Decided, Blocks, BlocksRequest, PayloadRequest)
"""Messages that never lead to a vote."""
_LEADS_TO_BLOCKS: Final = (Status, Decided, Blocks)
"""Messages by which a node finds out what it lacks; all of them are said again."""


class Driver:
    """One node. Say `start` first; then every method may be called in any order."""

    def __init__(self, ports: Ports, replica: Replica, restored: Height) -> None:
        """A driver; say `start` to it.

        Args:
            ports: whatever it reaches the world through.
            replica: over the same storage.
            restored: up to this height promises of this node are not in its storage; 0 for none.
        """
        self._application = ports.application
        self._journal = ports.journal
        self._mark = ports.mark
        self._restored = restored
        self._desk = ports.desk
        self._cosigner = ports.cosigner
        self._codec = ports.codec
        self._events = ports.events
        self._evidence = ports.evidence
        self._replica = replica
        self._duties = Duties(ports, replica)
        self._own = ports.codec.config.node_id
        self._peers = Peers()
        self.snapshots = SnapshotDesk(
            ports.snapshots,
            lambda: ports.application.head.height,
            ports.events,
            self._duties.send,
        )
        """What is given to nodes that join, and what this one takes."""
        self._presences = ports.presences
        self._queue: deque[Ready] = deque()
        self._told = (False, False)
        self._due = (ports.application.head.height, ports.application.next_due_ms())
        self._now_ms = 0
        self._housekeeping_ms = 0

    def start(self, now_ms: int) -> None:
        """Begin, or go on after a restart: last words, waiting bundles, cosignature."""
        if self._journal.cut_bytes:
            self._events.add("journal.torn_tail_cut", bytes=self._journal.cut_bytes)
        head = self._application.head.height
        if self._restored:
            self._events.add("signed.ahead", head=head, until=self._restored)
        elif self._mark.missing and head:
            self._events.add("signed.missing", head=head)
        self._desk.start(now_ms)
        self._now_ms = now_ms
        self._queue.append(self._replica.start(now_ms))
        self._duties.cosign(now_ms)
        self._leave(now_ms)

    def submit(self, bundle: Bundle, now_ms: int) -> Answer:
        """Take in a member's bundle; an acknowledgement is durable and a promise.

        Returns:
            The acknowledgement, also of a bundle that waits already; the height where it is
            committed already; or why it is refused.
        """
        self._enter(now_ms)
        answer = self._desk.submit(bundle, now_ms)
        self._leave(now_ms)
        return answer

    def received(self, peer: NodeId, data: bytes, now_ms: int) -> None:
        """Take in a frame. What does not hold is dropped and noted; a peer never raises here."""
        self._enter(now_ms)
        self._peers.heard(peer, now_ms)
        self.snapshots.heard(peer, now_ms)
        try:
            self._take(peer, self._codec.decode(data), now_ms)
        except (FormatError, VerificationError) as problem:
            self._events.add("frame.refused", peer=peer, kind=data[:1].hex(), reason=str(problem))
        self._leave(now_ms)

    def hello(self, peer: NodeId) -> Hello:
        """What a connection with `peer` begins with, whoever dials."""
        config, words = self._codec.config, self._presences
        own = words.own(peer, self._application.committee)
        height = self._application.head.height
        return Hello(config.network_id, config.node_id, height, own, words.other(peer))

    def greeted(self, peer: NodeId, hello: Hello, now_ms: int) -> None:
        """`peer` began a connection with this, which was checked for network and node id."""
        self._enter(now_ms)
        committee = self._application.committee
        if self._presences.told(peer, hello.other):
            self._events.add("node.cloned", told_by=peer)
            self._replica.silence()
            self._desk.silence()
        if self._presences.greeted(peer, hello.presence, committee, now_ms):
            self._events.add("peer.cloned", node=peer)
        self._leave(now_ms)

    def connected(self, peer: NodeId, now_ms: int) -> None:
        """What is sent to `peer` may reach it from now on."""
        self._enter(now_ms)
        self._peers.set_connected(peer, connected=True)
        self.snapshots.connected(peer, now_ms)
        self._queue.append(self._replica.connected(peer, now_ms))
        self._desk.connected(peer)
        self._duties.cosign(now_ms, peer)
        self._leave(now_ms)

    def disconnected(self, peer: NodeId) -> None:
        """`peer` cannot be reached for now."""
        self._peers.set_connected(peer, connected=False)
        self.snapshots.disconnected(peer)

    def tick(self, now_ms: int) -> None:
        """The clock reached `deadline_ms`."""
        self._enter(now_ms)
        if self._housekeeping_ms <= now_ms:
            self._housekeeping_ms = now_ms + HOUSEKEEPING_MS
            self._desk.tick(now_ms)
            self.snapshots.tick(now_ms)
            if self._cosigner.must_ask(self._application.head, now_ms):
                self._duties.broadcast(CosignatureRequest(self._application.head.height))
                self._duties.cosign(now_ms)
        self._queue.append(self._replica.tick(now_ms))
        self._leave(now_ms)

    @property
    def deadline_ms(self) -> int:
        """When `tick` is wanted; not in the future where a step is left to do."""
        if self._duties.results or self._queue:
            return self._now_ms
        times = [self._replica.deadline_ms, self._housekeeping_ms]
        due_ms = self._next_due_ms
        if due_ms is not None and due_ms >= self._now_ms:
            times.append(due_ms + 1)
        return min(times)

    def fate(self, pool_key: Digest) -> Fate:
        """What became of a bundle, as far as this node remembers."""
        return self._desk.fate(pool_key)

    def take_events(self) -> tuple[Event, ...]:
        """What happened since the last call, for a log."""
        return self._events.take()

    @property
    def progress(self) -> tuple[Height, Height, int]:
        """(head, cosigned head, bundles settled): while it stands still, nobody need look again."""
        head, cosigned = self._application.head.height, self._cosigner.height
        return head, cosigned, self._desk.settled_count

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The evidence against keys of the committee that is kept here."""
        return self._evidence.faults

    @property
    def status(self) -> NodeStatus:
        """Where this node stands, in facts."""
        config, committee = self._codec.config, self._application.committee
        return NodeStatus(
            node_id=self._own,
            head=self._application.head,
            cosigned_height=self._cosigner.height,
            situation=self._replica.situation,
            committee=committee,
            peers=self._peers.of(each for each in committee if each != self._own),
            pool=self._desk.depth,
            queues={},
            abstain_until=self._journal.abstain_until,
            restored_until=self._restored,
            faults=self.faults,
            clock_bounds_ms=(config.clock_ahead_ms, config.clock_behind_ms),
            now_ms=self._now_ms,
            snapshot=self.snapshots.progress,
            cloned=self._presences.cloned,
            doubled=self._presences.doubled(self._now_ms),
        )

    def _enter(self, now_ms: int) -> None:
        """Every step begins with handing over what the last execution gave."""
        self._now_ms = now_ms
        # A clock that stepped back must not put off what is done now and then.
        self._housekeeping_ms = min(self._housekeeping_ms, now_ms + HOUSEKEEPING_MS)
        if self._duties.results:
            self._queue.append(self._duties.results.popleft()(now_ms))

    def _leave(self, now_ms: int) -> None:
        """Perform what is queued, up to the next execution."""
        self._tell_work(now_ms)
        while self._queue and not self._duties.results:
            self._duties.perform(self._queue.popleft(), now_ms)
            self._tell_work(now_ms)
        for strange in self._cosigner.take_strange():
            self._duties.broadcast(Cosigned(strange))
        for fault in self._cosigner.take_faults():
            self._duties.accuse(fault)

    def _take(self, peer: NodeId, frame: Frame, now_ms: int) -> None:
        """What a frame of each kind brings about."""
        match frame:
            case OfferRequest() | ChunkRequest():
                self.snapshots.asked(peer, frame, now_ms)
            case Offered() | ChunkGiven():
                self.snapshots.answered(peer, frame, now_ms)
            case Said() | Relayed() | Report() | Cosigned() | CosignatureRequest() if (
                self.snapshots.holds
            ):
                # Far below everybody else nothing of this can be judged, and all is said again.
                return
            case Said(message):
                if isinstance(message, Status) and message.node == peer:
                    self._peers.said(peer, message, now_ms)
                if self.snapshots.waits and isinstance(message, _LEADS_TO_BLOCKS):
                    return
                if not self._abstains or isinstance(message, _HARMLESS):
                    self._queue.append(self._replica.receive(peer, message, now_ms))
            case Relayed(bundle):
                self._desk.relayed(peer, bundle, now_ms)
            case Report(refusal):
                self._desk.reported(peer, refusal, now_ms)
            case Cosigned(data):
                self._cosigner.received(peer, data)
            case CosignatureRequest():
                self._duties.cosign(now_ms, peer)
            case Hello():
                raise FormatError(Code.FORMAT_SHAPE, what="second hello")

    def _tell_work(self, now_ms: int) -> None:
        """A backup's clock runs exactly while work waits."""
        pool, head = self._desk.pool, self._application.head
        due_ms = self._next_due_ms
        due = due_ms is not None and due_ms < max(now_ms, head.time_ms + 1)
        # A primary proposes what peers have judged; the block that it assembles judges it here.
        mine = len(pool) > 0 and self._replica.primary == self._own
        yes = (pool.has_fit or mine or due) and not self._abstains
        told = (yes, yes and bool(pool.passed_over))
        if told != self._told:
            self._told = told
            self._queue.append(self._replica.waiting(yes, now_ms, passed_over=told[1]))

    @property
    def _next_due_ms(self) -> int | None:
        """When the earliest timer of the present head is due; asked for once per head."""
        height = self._application.head.height
        if self._due[0] != height:
            self._due = (height, self._application.next_due_ms())
        return self._due[1]

    @property
    def _abstains(self) -> bool:
        """Promises may be lost (`journal.repair`) or are not in an old copy: no vote is signed."""
        return self._application.head.height < max(self._journal.abstain_until, self._restored)
