"""SnapshotFetch: whether a node that lacks many blocks takes a snapshot, and how it comes in.

It asks whoever is connected, believes only what `Taking` has proved, asks each donor for one chunk
at a time, and has done with a donor at its first lie, which it names. While a proved snapshot far
above the head is coming in, the node hears no replica: nothing that it could say at its height is
of use. Where no donor is left it goes on by blocks. Reads no clock. Spec:
``docs/spec/snapshot.md``.
"""

from collections.abc import Callable
from typing import Final

from consensus.events import Events
from consensus.snapshot_frames import (
    ChunkGiven,
    ChunkRequest,
    Offered,
    OfferRequest,
    SnapshotAnswer,
    SnapshotRequest,
)
from consensus.snapshot_ports import Taking
from consensus.snapshot_progress import SnapshotProgress
from ledger.core.identifiers import Height, NodeId
from ledger.errors import FormatError, VerificationError
from ledger.snapshot_trust import ProvenSnapshot

ASK_MS: Final = 2_000
"""So long whoever was asked for an offer, or for a chunk, is waited for."""
REST_MS: Final = 2_000
"""Before a donor that did not answer is asked for a chunk again."""
STALL_MS: Final = 60_000
"""Without a new chunk for so long, blocks are taken instead."""


class SnapshotFetch:
    """One node's fetching; after each call send what `take_requests` gives."""

    def __init__(
        self,
        taking: Taking,
        behind: int,
        head: Callable[[], Height],
        events: Events,
        liars: tuple[NodeId, ...] = (),
    ) -> None:
        """A node that may take a snapshot.

        Args:
            taking: where it is gathered, or goes on being gathered.
            behind: blocks that the node must lack before it takes one.
            head: where it stands.
            events: where it is told what happened.
            liars: who is not asked, because it lied before.
        """
        if taking.proven is not None and taking.proven.header.height <= head():
            # It was given up once, and blocks came as far in its stead.
            taking.proven = None
        self._taking = taking
        self._behind = behind
        self._head = head
        self._events = events
        self._peers: dict[NodeId, int] = {}
        """Those that can be asked and were honest so far, and until when each rests."""
        self._reached: set[NodeId] = set()
        self._speaking: set[NodeId] = set()
        self._liars = list(liars)
        self._lacking: set[NodeId] = set()
        self._asked: dict[NodeId, int] = {}
        """For an offer, and when."""
        self._offers: dict[Height, tuple[bytes, ProvenSnapshot]] = {}
        self._sought: dict[NodeId, tuple[int, int]] = {}
        """For which chunk, and when."""
        self._silent: dict[NodeId, None] = {}
        """Who left the last request for a chunk unanswered."""
        self._starts_until_ms: int | None = None
        """Nobody was connected yet; then until when blocks wait for what is offered."""
        self._starting = True
        self._moved_ms = 0
        self.finished = False
        """The snapshot is whole: the process begins anew with it."""
        self._out: list[tuple[NodeId, SnapshotRequest]] = []

    @property
    def holds(self) -> bool:
        """Whether no replica is heard: a snapshot from far above the head comes in."""
        return self.finished or self._taking.proven is not None

    @property
    def waits(self) -> bool:
        """Whether a start still asks if there is a snapshot, so that no blocks are fetched yet.

        Only a start waits for answers, and only once: nobody delays a node by asking to be asked.
        """
        return self._starting and bool(self._asked)

    @property
    def progress(self) -> SnapshotProgress | None:
        """How far it is; None where nothing is fetched and nobody lied."""
        proven = self._taking.proven
        if proven is None and not self._liars:
            return None
        total = self._taking.total
        return SnapshotProgress(
            Height(0) if proven is None else proven.header.height,
            total - len(self._taking.missing),
            total,
            tuple(peer for peer in self._peers if peer not in self._lacking),
            tuple(self._liars),
            tuple(self._silent),
            self.finished,
        )

    def connected(self, peer: NodeId, now_ms: int) -> None:
        """What is sent to `peer` may reach it."""
        self._reached.add(peer)
        self._meet(peer, now_ms)

    def heard(self, peer: NodeId, now_ms: int) -> None:
        """A frame of `peer` came, so that its answers will."""
        if peer not in self._speaking:
            self._speaking.add(peer)
            self._meet(peer, now_ms)

    def disconnected(self, peer: NodeId) -> None:
        """`peer` cannot be asked for now."""
        self._reached.discard(peer)
        self._speaking.discard(peer)
        self._part(peer)

    def received(self, peer: NodeId, answer: SnapshotAnswer, now_ms: int) -> None:
        """Take an answer in; what was not asked for is dropped.

        Raises:
            StoreError: `store.*`, `snapshot.state`.
        """
        try:
            match answer:
                case Offered(offer):
                    self._offered(peer, offer)
                case ChunkGiven():
                    self._given(peer, answer, now_ms)
        except (FormatError, VerificationError) as problem:
            self._lied(peer, problem)
        self._decide(now_ms)
        self._seek(now_ms)

    def tick(self, now_ms: int) -> None:
        """Time went on.

        Raises:
            StoreError: `store.*`.
        """
        for peer in [each for each, at in self._asked.items() if _over(at, ASK_MS, now_ms)]:
            del self._asked[peer]
        for peer, (_, at_ms) in tuple(self._sought.items()):
            if _over(at_ms, ASK_MS, now_ms):
                self._not_answered(peer, now_ms)
        self._decide(now_ms)
        if self._taking.proven is not None and not self.finished and self._peers:
            self._moved_ms = self._moved_ms or now_ms
            if _over(self._moved_ms, STALL_MS, now_ms):
                self._give_up("stalled")
        self._seek(now_ms)

    def take_requests(self) -> tuple[tuple[NodeId, SnapshotRequest], ...]:
        """What is to be sent since the last call."""
        taken = tuple(self._out)
        self._out.clear()
        return taken

    def _meet(self, peer: NodeId, now_ms: int) -> None:
        """Ask a peer once both ways are open; an answer to one that cannot be reached is lost."""
        if peer in self._liars or self.finished or peer not in self._reached & self._speaking:
            return
        self._peers[peer] = now_ms
        if self._starts_until_ms is None:
            self._starts_until_ms = now_ms + ASK_MS
        if self._taking.proven is None:
            self._asked[peer] = now_ms
            self._out.append((peer, OfferRequest()))
        else:
            self._moved_ms = self._moved_ms or now_ms
            self._seek(now_ms)

    def _part(self, peer: NodeId) -> None:
        self._peers.pop(peer, None)
        self._asked.pop(peer, None)
        self._sought.pop(peer, None)
        self._silent.pop(peer, None)

    def _offered(self, peer: NodeId, offer: bytes) -> None:
        if self._asked.pop(peer, None) is None or not offer:
            return
        proven = self._taking.prove(offer)
        height = proven.header.height
        if height - self._head() >= self._behind:
            self._offers[height] = (offer, proven)

    def _decide(self, now_ms: int) -> None:
        """Once everybody asked has answered: take the newest snapshot that was proved, if any."""
        until_ms = self._starts_until_ms
        if until_ms is not None and _over(until_ms - ASK_MS, ASK_MS, now_ms):
            self._starting = False
        if self._taking.proven is not None or self._asked or not self._offers:
            return
        self._starting = False
        height = max(self._offers)
        offer, proven = self._offers[height]
        self._offers.clear()
        self._lacking.clear()
        self._moved_ms = now_ms
        self._taking.begin(offer, proven)
        self._events.add("snapshot.begun", height=height, chunks=self._taking.total)

    def _given(self, peer: NodeId, given: ChunkGiven, now_ms: int) -> None:
        proven = self._taking.proven
        sought = self._sought.get(peer)
        if proven is None or sought is None or sought[0] != given.place:
            return
        if self._head() >= proven.header.height:
            # Blocks that were in hand already came further: nobody goes back for a snapshot.
            self._give_up("blocks came first")
            return
        if given.height != proven.header.height:
            return
        del self._sought[peer]
        self._silent.pop(peer, None)
        if not given.rows:
            self._lacks(peer)
            return
        self._taking.add(given.place, given.rows, given.path)
        self._moved_ms = now_ms
        if not self._taking.missing:
            height = self._taking.finish()
            self.finished = True
            self._events.add("snapshot.fetched", height=height, chunks=self._taking.total)

    def _not_answered(self, peer: NodeId, now_ms: int) -> None:
        """It rests, and is named the first time in a row: no liar, but of no use so far."""
        place, _ = self._sought.pop(peer)
        if peer in self._peers:
            self._peers[peer] = now_ms + REST_MS
        if peer not in self._silent:
            self._silent[peer] = None
            self._events.add("snapshot.donor_silent", peer=peer, chunk=place)

    def _lacks(self, peer: NodeId) -> None:
        """It does not keep that one (any more); where nobody does, others are asked for anew."""
        self._lacking.add(peer)
        if not set(self._peers) - self._lacking:
            self._give_up("nobody keeps it")

    def _lied(self, peer: NodeId, problem: FormatError | VerificationError) -> None:
        """Name it, and have done with it."""
        self._part(peer)
        self._liars.append(peer)
        self._events.add(
            "snapshot.donor_lied", peer=peer, code=problem.code.value, reason=str(problem)
        )
        if self._taking.proven is not None and not self._peers:
            self._give_up("no donor is left")

    def _give_up(self, reason: str) -> None:
        """Go on by blocks; at the next start, or with the next peer, it is tried again."""
        proven = self._taking.proven
        if proven is not None:
            self._events.add("snapshot.given_up", height=proven.header.height, reason=reason)
        self._taking.proven = None
        self._sought.clear()
        self._silent.clear()
        self._moved_ms = 0

    def _seek(self, now_ms: int) -> None:
        """One chunk from every donor that is free."""
        proven = self._taking.proven
        if proven is None or self.finished:
            return
        under_way = {place for place, _ in self._sought.values()}
        wanted = (each for each in self._taking.missing if each not in under_way)
        for peer, rests_until_ms in self._peers.items():
            if peer in self._sought or peer in self._lacking or rests_until_ms > now_ms:
                continue
            place = next(wanted, None)
            if place is None:
                return
            self._sought[peer] = (place, now_ms)
            self._out.append((peer, ChunkRequest(proven.header.height, place)))


def _over(since_ms: int, limit_ms: int, now_ms: int) -> bool:
    """Whether a wait is over; a clock that stepped back ends it too."""
    return not since_ms <= now_ms < since_ms + limit_ms
