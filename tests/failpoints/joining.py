"""A node begins with a snapshot, dies at any step of it, and is lied to by those who give it.

The victim is a real process with a real disk. Its donors are the shipped node over real sockets, on
disks of memory that outlive each run; their answers may be changed on the way out.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import httpx

from consensus.snapshot_frames import ChunkGiven, ChunkRequest, Offered
from consensus.wire import Frame
from contracts.genesis_rows import genesis_rows
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.chain import Chain
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Height, NodeId, View
from ledger.core.snapshot_offer import decode_snapshot_offer
from ledger.snapshot_taking import SnapshotTaking
from ledger.store.leveldb import LevelDBStore
from tests.bits import flipped
from tests.failpoints.lone import After
from tests.failpoints.peer import Disk, Habit, Peer
from tests.failpoints.plan import When
from tests.failpoints.quartet import Quartet, until

INTERVAL = 2
BEHIND = 2 * INTERVAL
"""Blocks that the victim must lack: once it has joined it never lacks so many again."""
RECORDS = 60
"""In each block: so that a snapshot has several chunks."""
PARAMETERS = f"\n[parameters]\nsnapshot_interval = {INTERVAL}\n"
Change = Callable[[Any], Frame | None]
"""What a liar says in place of what it should; None where it says nothing."""


class Joining(Quartet):
    """Three donors with a ledger, and a victim that has nothing yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PARAMETERS)
        settings = self.node.folder / "node.toml"
        text = settings.read_text(encoding="utf-8")
        changed = text.replace("snapshot_behind = 1000", f"snapshot_behind = {BEHIND}")
        assert changed != text
        settings.write_text(changed, encoding="utf-8")
        self._disks: dict[NodeId, Disk] = {}
        self.asked: list[ChunkRequest] = []
        """What the victim asked for since this was cleared."""
        self.run(self._grown)

    async def joined_and_diagnosed(self) -> list[str]:
        """One undisturbed life of a victim that lacks everything; what it finds out about itself."""
        self.node.start()
        await asyncio.to_thread(self.node.wait_ready)
        await asyncio.to_thread(self.node.submit, self.bundle())
        answer = await asyncio.to_thread(self.node.http.get, "/v1/diagnose")
        assert answer.status_code == httpx.codes.OK, answer.text
        assert await asyncio.to_thread(self.node.stop) == 0, self.node.said()
        return [
            f"{each['code']} {each['facts'].get('node', '')}" for each in answer.json()["findings"]
        ]

    async def die_joining(
        self, bundles: Sequence[Bundle], step: int, when: When, after: After
    ) -> None:
        """One life up to its fail point, and the next: only what is not on the disk is asked for."""
        await self.die(bundles, step, when, after)
        lacking = self._lacking()
        self.asked.clear()
        await self.check_goes_on(bundles)
        if lacking is not None:
            height, places = lacking
            again = {each.place for each in self.asked if each.height == height}
            assert again == set(places), "a chunk that was durable was asked for again"
            assert {each.height for each in self.asked} <= {height}
        self.check_joined()

    @property
    def began_with_a_snapshot(self) -> bool:
        """Whether the stopped victim's database does."""
        genesis, store = self.trust.genesis, LevelDBStore(self.node.folder / "db")
        try:
            return Chain(store, genesis, genesis_rows(genesis)).blocks.base > 0
        finally:
            store.close()

    def check_joined(self) -> None:
        """The stopped victim's database begins with a snapshot, and is whole."""
        genesis, store = self.trust.genesis, LevelDBStore(self.node.folder / "db")
        try:
            rows = genesis_rows(genesis)
            assert Chain(store, genesis, rows).blocks.base > 0
            found = [
                each for each in audit(store, genesis, rows, None) if isinstance(each, Finding)
            ]
        finally:
            store.close()
        assert found == []

    def logged(self, name: str) -> list[Mapping[str, Any]]:
        """Lines of the victim's log with an event of that name."""
        lines = (self.node.folder / "node.log").read_text(encoding="utf-8").splitlines()
        return [said for said in map(json.loads, lines) if said["event"] == name]

    def _lacking(self) -> tuple[Height, Sequence[int]] | None:
        """Which chunks of which snapshot a dead victim lacks; None where it gathers none.

        Looked up in a copy: to open a database after a power cut is the victim's own work.
        """
        gathered, copied = self.node.folder / "db-joining", self.node.folder / "db-looked-at"
        if not gathered.exists():
            return None
        copytree(gathered, copied)
        store = LevelDBStore(copied)
        try:
            genesis = self.trust.genesis
            taking = SnapshotTaking(lambda: store, genesis, genesis_rows(genesis), resume=True)
            proven = taking.proven
            return None if proven is None else (proven.header.height, tuple(taking.missing))
        finally:
            store.close()
            rmtree(copied)

    async def _grown(self) -> None:
        """A ledger with a snapshot that a later header states."""
        primary = self.peers[self.trust.committee.primary(View(0))]
        await until(lambda: primary.runner.status.has_quorum, "a quorum")
        while primary.chain.head.height < BEHIND + 2 * INTERVAL:
            height = primary.chain.head.height
            primary.runner.submit(self.bundle(RECORDS))
            await until(lambda height=height: self._stands_above(height), "a commit")  # type: ignore[misc]

    def _peer(self, node_id: NodeId, folder: Path) -> Peer:
        return Peer(folder, self.trust, self._hear, self._disks.setdefault(node_id, Disk()))

    def _hear(self, peer: NodeId, frame: Frame) -> None:
        super()._hear(peer, frame)
        if isinstance(frame, ChunkRequest):
            self.asked.append(frame)


class Lies:
    """Donors that lie, and honest ones who hold back what is asked of them until each has lied.

    So a joiner meets every lie, however fast the honest are.
    """

    def __init__(self, lies: Mapping[NodeId, tuple[type, Change]]) -> None:
        """By liar the kind of answer that it changes, and into what."""
        self._lies = lies
        self._due = set(lies)
        self._held: list[Callable[[], None]] = []

    def teach(self, peers: Mapping[NodeId, Peer]) -> None:
        """Give every donor its habit."""
        for name, peer in peers.items():
            peer.mouth.habit = self._lying(name) if name in self._lies else self._waiting()

    def _lying(self, name: NodeId) -> Habit:
        kind, change = self._lies[name]

        def habit(frame: Frame, send: Callable[[Frame], None]) -> None:
            told: Frame | None = frame
            if isinstance(frame, kind):
                told = change(frame)
                self._due.discard(name)
            if told is not None:
                send(told)
            if not self._due:
                held, self._held = self._held, []
                for each in held:
                    each()

        return habit

    def _waiting(self) -> Habit:
        kinds = tuple(kind for kind, _ in self._lies.values())

        def habit(frame: Frame, send: Callable[[Frame], None]) -> None:
            if self._due and isinstance(frame, kinds):
                self._held.append(lambda: send(frame))
            else:
                send(frame)

        return habit


def wrong_rows(given: ChunkGiven) -> Frame:
    """One bit of a row is another one."""
    return replace(given, rows=flipped(given.rows))


def truncated(given: ChunkGiven) -> Frame:
    """The end of the chunk is missing."""
    return replace(given, rows=given.rows[:-40])


def wrong_root(offered: Offered) -> Frame:
    """The header that is to state the snapshot states another root than a quorum certified."""
    offer = decode_snapshot_offer(offered.offer)
    return Offered(replace(offer, stating_header=flipped(offer.stating_header)).encode())


def nothing(_: ChunkGiven) -> None:
    """It stalls: it offers, and gives no chunk."""
