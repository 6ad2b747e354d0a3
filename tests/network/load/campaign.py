"""Four real nodes under mixed load, killed and started again; nothing wrong, and nothing lost.

Members submit and wait, readers ask and turn pages, followers listen, all at once and at any node,
while one node after the other is killed by SIGKILL, now and then all four. `book` keeps what was
said, and `verdict` holds it to the log at the end.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.load.asking import Asker
from tests.network.load.book import Book
from tests.network.load.following import Followers
from tests.network.load.reading import Readers
from tests.network.load.submitting import Members
from tests.network.load.verdict import Checked, checked
from tests.network.real_network import READY_S, RealNetwork
from tests.network.traffic import Traffic

ALL_AT_ONCE_EVERY = 15
"""Every so many kills, all nodes together."""
_ENDS_S = 400
_SAY_S = 30


@dataclass
class Report:
    """What happened."""

    seconds: float = 0.0
    kills: int = 0
    all_at_once: int = 0
    book: Book = field(default_factory=Book)


class Load:
    """One network, those who use it, and its nemesis."""

    def __init__(self, network: RealNetwork, seed: int, say: Callable[[str], None]) -> None:
        self.network, self.say = network, say
        self.report = Report()
        self.random = random.Random(seed)
        self.asker = Asker(network.nodes, self.report.book, seed)

    async def run(self, seconds: float) -> None:
        """Play for so long, then have all nodes stand on one head and every receipt verified."""
        began = time.monotonic()
        users = [asyncio.create_task(each) for each in self._users()]
        nemesis = asyncio.create_task(self._kill_at_random(began + seconds))
        telling = asyncio.create_task(self._tell(began))
        try:
            await asyncio.wait([nemesis, *users], return_when=asyncio.FIRST_COMPLETED)
            self._require(users)
            await nemesis
            self.asker.stopped = True
            done, late = await asyncio.wait(users, timeout=_ENDS_S)
            self._require(done)
            assert not late, "somebody who uses the network does not end"
        finally:
            for task in (nemesis, telling, *users):
                task.cancel()
            await asyncio.gather(nemesis, telling, *users, return_exceptions=True)
            self.report.seconds = time.monotonic() - began
        self.say("all nodes are up; the receipts of everything acknowledged are asked for")
        traffic = Traffic(self.network, self.network.nodes, self.random)
        await traffic.converged()
        await self._every_receipt()
        await traffic.http.aclose()
        await self.asker.http.aclose()

    def _users(self) -> list[Coroutine[object, object, None]]:
        folder = self.network.folder / "downloads"
        folder.mkdir()
        members = Members(self.network, self.asker)
        readers = Readers(self.network, self.asker, folder)
        followers = Followers(self.asker)
        return [
            members.waiting("centre"),
            members.waiting("registry"),
            members.following("notary"),
            members.by_sdk("supervisor"),
            readers.records(),
            readers.records(),
            readers.network_facts(),
            readers.lists(None),
            readers.lists("registry"),
            readers.exports(),
            readers.downloads(),
            followers.stream(),
            followers.stream(),
            followers.stream(),
        ]

    async def _kill_at_random(self, until: float) -> None:
        """SIGKILL, one node at a time or all; each is of use again before the next one's turn."""
        while time.monotonic() < until:
            await asyncio.sleep(self.random.uniform(1, 8))
            everybody = self.report.kills % ALL_AT_ONCE_EVERY == ALL_AT_ONCE_EVERY - 1
            nodes = self.network.nodes
            victims = list(nodes) if everybody else [self.random.choice(nodes)]
            for victim in victims:
                self.asker.outages.begins(victim.node_id)
                victim.kill()
            self.report.kills += len(victims)
            self.report.all_at_once += everybody
            await asyncio.sleep(self.random.uniform(0, 3))
            for victim in victims:
                victim.start()
            for victim in victims:
                await asyncio.to_thread(victim.wait_ready, READY_S)
                self.asker.outages.ends(victim.node_id)

    async def _every_receipt(self) -> None:
        """The receipt of each acknowledged record, from one node after the other."""
        numbered = (each for b in self.report.book.bundles.values() for each in b.record_ids)
        for number, record_id in enumerate(numbered):
            node = self.network.nodes[number % len(self.network.nodes)]
            path = f"/v1/records/{record_id.hex()}/receipt"
            answer = await self.asker.get("(receipts at the end)", node, path)
            assert answer is not None and answer.status_code == 200, f"lost {record_id.hex()}"
            verified = verify_receipt(decode_receipt(answer.content), self.network.trust)
            assert verified.record_id == record_id
            self.report.book.place(record_id.hex(), verified.index, verified.height)
            self.report.book.verified["receipts at the end"] += 1

    async def _tell(self, began: float) -> None:
        while True:
            await asyncio.sleep(_SAY_S)
            book = self.report.book
            answers = sum(len(each.took_ms) for each in book.routes.values())
            self.say(
                f"{time.monotonic() - began:.0f} s: {len(book.bundles)} bundles acknowledged, "
                f"{answers} answers, {self.report.kills} kills; "
                f"load of the machine {os.getloadavg()[0]:.1f}"
            )

    @staticmethod
    def _require(users: "set[asyncio.Task[None]] | list[asyncio.Task[None]]") -> None:
        """Whoever ended because of something wrong says what it was."""
        for each in users:
            if each.done():
                each.result()


def load(
    folder: Path,
    seconds: float,
    seed: int,
    say: Callable[[str], None],
    show: Callable[[Report], None],
) -> Checked:
    """Make a network in `folder`, load and kill it, hold it to its word.

    Args:
        folder: empty.
        seconds: of load.
        seed: of all that is drawn.
        say: hears how it goes.
        show: gets the report when the load is over or something went wrong, before the log is
            looked at: what was measured is not lost with the verdict.

    Raises:
        AssertionError: an answer was wrong, or something acknowledged was lost.
    """
    network = RealNetwork(folder)
    try:
        network.start()
        played = Load(network, seed, say)
        try:
            asyncio.run(played.run(seconds))
        finally:
            show(played.report)
        network.stop()
        return checked(played.report.book, network.trust, network.nodes)
    finally:
        network.stop()
