"""Four nodes: one real process whose disk is watched, and three that remember all that it says.

Its work has every kind of step in it: it catches up, takes a bundle in, votes, asks for a new view,
leads it, proposes, delivers and cosigns. Wherever it dies, it has said nothing that it cannot know
again, never two things for one slot, and the network goes on with it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree

from cli.commands.network import make_network
from cli.compose.network_init import Secrets
from cli.keyfiles import Cost, open_key
from consensus.core.message_encoding import encode_message
from consensus.core.messages import Message, NewView, PrePrepare, ViewChange, Vote
from consensus.cosigning import decode_cosignature
from consensus.wire import Cosigned, Frame, Relayed, Said
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, MemberId, NodeId, RecordId, View
from ledger.reliance import read_trust
from tests.cheap_keys import cheap_keys
from tests.failpoints.disk import Step, cut_power, new_boot, steps_of
from tests.failpoints.life import LONG_S, Ended, Node
from tests.failpoints.lone import HOUR_MS, After, small_record
from tests.failpoints.nursery import Nursery
from tests.failpoints.peer import Peer
from tests.failpoints.plan import KILLED, Crash, Plan, When
from tests.failpoints.promises import Written
from tests.network.real_network import DESCRIPTION
from tests.simulation.checkers import Words

MISSED_COUNT = 2
"""Blocks that the victim has missed when it comes."""
BUNDLES_COUNT = 4
SILENT_AT = 2
"""Which of them the first primary does not propose."""
LISTENS_S = 0.7
"""A node that has started listens for its own signatures before it votes."""


class Heard:
    """All that the victim has ever said to anybody."""

    def __init__(self, victim: NodeId) -> None:
        self.victim = victim
        self.words = Words()
        self.signed: dict[bytes, Message] = {}
        """Votes and view changes, by their bytes: promises that it must know again."""
        self.taken_in: set[RecordId] = set()
        """Last records of the bundles that it relayed as its own."""
        self.roots: dict[int, Digest] = {}
        """What it cosigned, by size."""

    def hear(self, peer: NodeId, frame: Frame) -> None:
        """Take in a frame that `peer` sent to one of the others."""
        if peer != self.victim:
            return
        match frame:
            case Said(message):
                self._said(message.prepare if isinstance(message, PrePrepare) else message)
            case Relayed(bundle):
                self.taken_in.add(bundle.record_ids[-1])
            case Cosigned(data):
                said = decode_cosignature(data)
                before = self.roots.setdefault(said.size, said.root)
                assert before == said.root, f"two heads of size {said.size} cosigned"

    def _said(self, message: Message) -> None:
        if isinstance(message, Vote | ViewChange | NewView) and message.node == self.victim:
            self.words.said(message)
            self.signed[encode_message(message)] = message


class Quartet:
    """The network's folder and the victim's; the others are new for each run."""

    def __init__(self, folder: Path, more: str = "") -> None:
        """`more` is added to the description of the network."""
        folder.mkdir(parents=True, exist_ok=True)
        description = folder / "network.toml"
        description.write_text(DESCRIPTION + more, encoding="utf-8")
        secrets = Secrets(b"correct horse", Cost.INTERACTIVE, stored=True)
        with cheap_keys():
            made = make_network(folder / "network", description, secrets)
        self.trust = read_trust(made.trust_file)
        self.nursery = Nursery()
        # The one that leads view 1: it follows first, and leads after a view change.
        victim = self.trust.committee.primary(View(1))
        self.folders = {node.node_id: node.folder for node in made.nodes}
        place = next(node for node in made.nodes if node.node_id == victim)
        self.node = Node(self.nursery, place.folder, f"http://{place.api}", self.trust)
        self.heard = Heard(victim)
        self.peers: dict[NodeId, Peer] = {}
        key = made.member_folder("notary") / "member.key"
        self.signer = open_key(key, b"correct horse")
        self.made_count = 0

    def close(self) -> None:
        """End every process."""
        self.node.http.close()
        self.nursery.close()

    def run(self, act: Callable[[], Awaitable[None]]) -> None:
        """Play an act on four nodes that know nothing yet; the victim's disk is empty."""
        folder = self.node.folder
        named = (folder / part for part in ("db", "journal", "signed"))
        for part in (*named, *folder.glob("db-*")):
            rmtree(part, ignore_errors=True)
        self.node.promised = {}
        new_boot(self.node.places)
        self.heard = Heard(self.heard.victim)

        async def play() -> None:
            try:
                for node_id, folder in self.folders.items():
                    if node_id != self.heard.victim:
                        self.peers[node_id] = self._peer(node_id, folder)
                await act()
            finally:
                await asyncio.to_thread(self.node.kill)
                for peer in self.peers.values():
                    await peer.stop()

        asyncio.run(play())

    def bundle(self, records: int = 1) -> Bundle:
        """A bundle of fresh records."""
        now_ms = time.time_ns() // 1_000_000
        first, self.made_count = self.made_count + 1, self.made_count + records
        numbers = range(first, first + records)
        return sign_bundle(
            self.signer,
            self.trust.network_id,
            MemberId("notary"),
            [small_record("notary", number, now_ms).encode() for number in numbers],
            now_ms,
            now_ms + HOUR_MS,
            bytes(16),
        )

    async def without_the_victim(self) -> None:
        """Blocks that it has to catch up with."""
        runner = self.peers[self.trust.committee.primary(View(0))].runner
        await until(lambda: runner.status.has_quorum, "a quorum")
        for number in range(MISSED_COUNT):
            runner.submit(self.bundle())
            await until(partial(self._stands_above, number), "a commit without the victim")

    def _stands_above(self, height: int) -> bool:
        return all(peer.chain.head.height > height for peer in self.peers.values())

    async def live(self, bundles: Sequence[Bundle], plan: Plan | None = None) -> int:
        """One life of the victim: catch up, follow, change the view, lead; its exit code."""
        first = self.peers[self.trust.committee.primary(View(0))]
        self.node.start(plan)
        try:
            await asyncio.to_thread(self.node.wait_ready)
            for place, bundle in enumerate(bundles):
                # It listens first and votes then; and after that the primary falls silent.
                await asyncio.sleep(LISTENS_S if place == 1 else 0)
                first.mouth.muted = place == SILENT_AT
                await asyncio.to_thread(self.node.submit, bundle)
        except Ended:
            return await asyncio.to_thread(self.node.wait_ended)
        finally:
            first.mouth.muted = False
        return await asyncio.to_thread(self.node.stop)

    async def die(
        self, bundles: Sequence[Bundle], step: int, when: When, after: After
    ) -> tuple[Step, ...]:
        """One life up to its fail point, and what becomes of its disk; the steps it took."""
        code = await self.live(bundles, Plan(Crash(step, when)))
        taken = steps_of(self.node.places.log)
        if taken[-1].op == "crash":
            assert code == KILLED, self.node.said()
        if after is After.TWICE:
            self.node.start()
            await asyncio.to_thread(self.node.wait_ready)
            await asyncio.sleep(LISTENS_S)
            await asyncio.to_thread(self.node.kill)
        if after is not After.KILL:
            cut_power(self.node.places, torn=after is After.TORN)
        self.check_known_again()
        return taken

    def check_known_again(self) -> None:
        """Whatever the dead victim has signed and sent stands in its journal."""
        path = self.node.folder / "journal" / "promises"
        data = Written(path, self.trust.network_id, self.heard.victim).data
        lost = [message for signed, message in self.heard.signed.items() if signed not in data]
        assert lost == [], "said, and forgotten"

    async def check_goes_on(self, bundles: Sequence[Bundle]) -> None:
        """All four stand on one head, which holds everything that was ever promised."""
        code = await self.live([*bundles, self.bundle()])
        assert (code, self.node.said()) == (0, "")
        self.check_known_again()
        peers = list(self.peers.values())
        await until(lambda: len({peer.chain.head.header_hash for peer in peers}) == 1, "one head")
        assert [fault for peer in peers for fault in peer.runner._driver.faults] == []
        promised = self.node.promised.keys() | self.heard.taken_in
        for peer in peers:
            lost = [each for each in promised if peer.chain.blocks.record(each) is None]
            assert lost == [], f"{len(lost)} acknowledged records are not on the ledger"
        assert all(self.node.promised.values()), "acknowledged, and no receipt"

    def _peer(self, node_id: NodeId, folder: Path) -> Peer:
        """One of the others, as a run begins."""
        return Peer(folder, self.trust, self._hear)

    def _hear(self, peer: NodeId, frame: Frame) -> None:
        self.heard.hear(peer, frame)


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, and fail with what it was."""
    end = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.02)
