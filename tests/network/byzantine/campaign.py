"""One Byzantine process among three honest ones, on real TLS lines, while members submit.

What must hold whatever the liar does: everything that an honest node acknowledged is on the log of
all three, with receipts that verify from the genesis; the three stand on one head; and whoever is
accused is the liar. Where its own signatures contradict each other, the ledger names it.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from api.client import Client
from cli.demo.processes import NodeProcess
from cli.settings import node_settings
from ledger.core.identifiers import RecordId
from ledger.core.misconduct_file import decode_misconduct_file
from ledger.core.receipt import decode_receipt
from ledger.culprit import verify_misconduct
from ledger.errors import LedgerError
from ledger.verify import verify_receipt
from tests.network.aftermath import chains_are_one
from tests.network.byzantine.habit import Habit
from tests.network.byzantine.habits.forged_blocks import FORGED
from tests.network.byzantine.hand import TALLY
from tests.network.byzantine.registry import HABITS
from tests.network.operators import ran
from tests.network.real_network import READY_S, RealNetwork
from tests.network.traffic import Traffic

LIES_S = 120
"""A liar has told all its lies, and what must follow is there, within this."""
VIEW_S = 40
"""So long the others have to replace a primary that is gone."""
SAMPLE_MAX = 40
"""Receipts that each honest node is asked for; the first of them is asked for all."""
_AHEAD_MS = 2_000
"""How far the clock of a block may be ahead of ours: one machine, and the bound of the genesis."""
_POLL_S = 0.2
_PAUSE_S = 0.1


@dataclass
class Told:
    """What became of one habit."""

    habit: str
    seconds: float = 0.0
    records: int = 0
    """Acknowledged by an honest node, and on the log."""
    receipts: int = 0
    """Verified from the genesis."""
    height: int = 0
    view: int = 0
    lies: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """By kind, at each honest node: who is accused is the liar."""
    refused: int = 0
    """False answers that a client saw through."""


class Campaign:
    """One network of which the first primary lies."""

    def __init__(self, network: RealNetwork, seed: int, say: Callable[[str], None]) -> None:
        self.network, self.say = network, say
        self.random = random.Random(seed)
        first = network.trust.genesis.committee.nodes[0].node_id
        self.liar = next(each for each in network.nodes if each.node_id == first)
        self._over = False
        self._known: frozenset[Path] = frozenset()
        """Evidence of what the liar did before it had its present habit."""
        self._allowed: frozenset[str] = frozenset()
        """Kinds of evidence that may follow from all habits that it had so far."""
        self._brought: list[tuple[str, str]] = []
        """(node, kind) that the ledger was told."""
        self.honest = [each for each in network.nodes if each is not self.liar]

    def start(self, name: str) -> None:
        """All four; where they run already, the liar begins anew with another habit."""
        (self.liar.folder / TALLY).unlink(missing_ok=True)
        self.liar.ask_to_stop()
        self.liar.wait_stopped()
        self.liar.program = ("-m", "tests.network.byzantine.node", name)
        self.liar.start()
        for node in self.honest:
            if not node.running:
                node.start()
        for node in (self.liar, *self.honest):
            node.wait_ready(READY_S)

    async def play(self, name: str, seconds: float) -> Told:
        """Have members submit beside the liar for so long, and until it has told all its lies.

        Raises:
            AssertionError: a promise was broken, or a lie had another consequence than it must.
        """
        began, habit, told = time.monotonic(), HABITS[name], Told(name)
        self._known = frozenset(self._evidence())
        await asyncio.to_thread(self.start, name)
        traffic = Traffic(self.network, self.honest, self.random)
        members = [node.node_id for node in self.honest[:2]]
        self._over = False
        flow = [asyncio.create_task(self._submits(traffic, member)) for member in members]
        try:
            await self._until_told(habit, traffic, flow, time.monotonic() + seconds)
            # What was acknowledged last is committed first: nobody is stopped in between.
            self._over = True
            await asyncio.gather(*flow)
        finally:
            for task in flow:
                task.cancel()
            await asyncio.gather(*flow, return_exceptions=True)
        told.height = await traffic.converged()
        told.records = traffic.records
        told.receipts = await self._every_receipt(traffic)
        if name == "false-answers":
            told.refused = await asyncio.to_thread(self._seen_through, traffic)
        await self._dated_in_time(traffic, told.height)
        told.view = self.network.status(self.honest[0])["view"]
        told.lies, told.faults = self._lies(), self._accused()
        self._allowed |= habit.faults | habit.may_follow
        found = set(told.faults)
        assert habit.faults <= found <= self._allowed, f"{name}: {found}"
        await asyncio.to_thread(self._on_the_ledger)
        await traffic.converged()
        await traffic.http.aclose()
        for node in self.honest:
            assert node.running, f"{node.node_id} has ended: {node.last_words()}"
        told.seconds = time.monotonic() - began
        self.say(f"{name}: {told.records} records, {sum(told.lies.values())} lies")
        return told

    async def _submits(self, traffic: Traffic, member: str) -> None:
        """Bundles of one member, each until it is committed."""
        while not self._over:
            await traffic.commit(self.network.bundle(self.random.randint(1, 20), member))
            await asyncio.sleep(self.random.uniform(0, _PAUSE_S))

    async def _until_told(
        self,
        habit: type[Habit],
        traffic: Traffic,
        flow: list["asyncio.Task[None]"],
        until: float,
    ) -> None:
        """Traffic for a while, then until nothing is missing: lies, evidence, a node that is back."""
        end, back = time.monotonic() + LIES_S, not habit.comes_back
        while True:
            for task in flow:
                if task.done():
                    task.result()
            await self._ask(traffic)
            if not self.liar.running:
                self.say(f"the liar has ended: {self.liar.last_words()}")
                self.liar.start()
            lacking = habit.lies - set(self._lies()), habit.faults - set(self._accused())
            if time.monotonic() >= until and back and not any(lacking):
                return
            assert time.monotonic() < end, f"not told, or without consequence: {lacking}"
            if not back and time.monotonic() >= until:
                await self._away(self.honest[-1])
                back, until = True, time.monotonic() + 5
            elif habit.as_primary and lacking[0]:
                await self._enthrone()
            await asyncio.sleep(_POLL_S)

    async def _ask(self, traffic: Traffic) -> None:
        """A question to the liar, which may answer it falsely or not at all."""
        with suppress(httpx.HTTPError):
            await traffic.http.get(f"{self.liar.api}/v1/blocks/1", timeout=2)

    async def _away(self, node: NodeProcess) -> None:
        """An honest node is gone for a while, and has to fetch what it has missed."""
        node.kill()
        await asyncio.sleep(3)
        node.start()
        await asyncio.to_thread(node.wait_ready, READY_S)

    async def _enthrone(self) -> None:
        """Where an honest node is primary, kill it, and start it when the others have another."""
        try:
            primary = str(self.network.status(self.honest[0])["primary"])
        except httpx.HTTPError:
            return
        victim = next((each for each in self.honest if each.node_id == primary), None)
        if victim is None:
            return
        witness = next(each for each in self.honest if each is not victim)
        victim.kill()
        end = time.monotonic() + VIEW_S
        while time.monotonic() < end:
            await asyncio.sleep(_POLL_S)
            if self.network.status(witness)["primary"] != primary:
                break
        victim.start()
        await asyncio.to_thread(victim.wait_ready, READY_S)

    def _lies(self) -> Counter[str]:
        """How many of each the liar has told since it began."""
        path = self.liar.folder / TALLY
        return Counter(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})

    def _evidence(self) -> list[Path]:
        """The files that honest nodes keep."""
        folders = [node_settings(each.folder).misconduct_folder for each in self.honest]
        return [path for each in folders for path in sorted(each.glob("*.misconduct.json"))]

    def _accused(self) -> Counter[str]:
        """Kinds of evidence at honest nodes, verified with the trust root; only of the liar."""
        kinds: Counter[str] = Counter()
        for path in set(self._evidence()) - self._known:
            culprit = verify_misconduct(
                decode_misconduct_file(path.read_bytes()), self.network.trust
            )
            assert culprit.node_id == self.liar.node_id, f"{path.name} accuses an honest node"
            kinds[culprit.kind] += 1
        return kinds

    async def _every_receipt(self, traffic: Traffic) -> int:
        """Everything acknowledged at one node, and a sample at each of the others."""
        promised = sorted(traffic.acknowledged)
        assert promised, "nobody was promised anything"
        sample = self.random.sample(promised, min(SAMPLE_MAX, len(promised)))
        asked = [(self.honest[0], each) for each in promised]
        asked += [(node, each) for node in self.honest[1:] for each in sample]
        for node, record_id in asked:
            await traffic.receipt(node, record_id)
        return len(asked)

    def _seen_through(self, traffic: Traffic) -> int:
        """No client believes the liar: it asks somebody else, or says that it holds nothing."""
        records = sorted(traffic.acknowledged)[:SAMPLE_MAX]
        trust, refused = self.network.trust, 0
        nodes = [self.liar.api, *(each.api for each in self.honest)]
        for record_id in records:
            refused += self._false_receipt(record_id)
            with Client(nodes, trust) as client:
                assert verify_receipt(client.receipt(record_id), trust).record_id == record_id
        with Client([self.liar.api], trust) as alone:
            for record_id in records[:3]:
                try:
                    alone.receipt(record_id)
                except LedgerError:
                    refused += 1
        assert refused >= len(records) + 3, f"{refused} false answers were refused"
        return refused

    def _false_receipt(self, record_id: RecordId) -> bool:
        """Whether what the liar answers fails to verify."""
        url = f"{self.liar.api}/v1/records/{record_id.hex()}/receipt"
        answer = httpx.get(url, trust_env=False, timeout=30)
        try:
            verify_receipt(decode_receipt(answer.content), self.network.trust)
        except LedgerError:
            return True
        return False

    async def _dated_in_time(self, traffic: Traffic, height: int) -> None:
        """The newest block is not from the future: by our clock, which is the nodes' own."""
        node = self.honest[0]
        block = (await traffic.http.get(f"{node.api}/v1/blocks/{height}")).json()
        ahead = block["header"]["time_ms"] - time.time_ns() // 1_000_000
        assert ahead < _AHEAD_MS, f"block {height} is {ahead} ms ahead"

    def _on_the_ledger(self) -> None:
        """A member brings new evidence of each kind, and the ledger names the liar alone; nothing
        is on it that nobody signed."""
        member, kinds = self.honest[0].node_id, set[str]()
        for path in sorted(set(self._evidence()) - self._known):
            kind = decode_misconduct_file(path.read_bytes()).fault.kind.value
            if kind not in kinds:
                kinds.add(kind)
                ran(self.network, member, "misconduct", "submit", path)
                self._brought.append((self.liar.node_id, kind))
        for node in self.honest:
            url = f"{node.api}/v1/records"
            found = httpx.get(url, params={"type": "ledger.misconduct"}, trust_env=False).json()
            fields = [each["record"]["fields"] for each in found["items"]]
            named = [(each["node"], each["fault"]) for each in fields]
            assert sorted(named) == sorted(self._brought), f"{node.node_id}: {named}"
            forged = httpx.get(url, params={"subject": FORGED}, trust_env=False).json()["items"]
            assert not forged, f"{node.node_id} holds a record that nobody signed"

    def close(self) -> None:
        """Stop everybody; the honest hold one chain, each record once."""
        self.network.stop()
        chains_are_one(self.network.trust, self.honest, [])


def campaign(
    folder: Path, name: str, seconds: float, seed: int, say: Callable[[str], None]
) -> Told:
    """Make a network in `folder` with one liar, play it, stop it.

    Raises:
        AssertionError: a promise was broken.
    """
    network = RealNetwork(folder)
    try:
        played = Campaign(network, seed, say)
        told = asyncio.run(played.play(name, seconds))
        played.close()
        return told
    finally:
        network.stop()
