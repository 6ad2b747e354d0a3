"""A whole committee replaced on real processes: 4 → 5 → 6 → 7 → 6 → 5 → 4 nodes and one more step.

Before, nodes renew their keys: one its node key, one its log key, one its TLS key; at the end the last
to come renews all three. Members submit without pause, nodes are killed at random and started again, and every
step of the committee is the command of an operator. Two changes are submitted while the primary is
killed. At the end none of the founding nodes is left, and `tests.network.aftermath` holds the network
to everything that it has promised on the way.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from api.clock import now_ms
from cli.demo.processes import NodeProcess
from tests.network import aftermath
from tests.network.operators import admitted, joining, told
from tests.network.real_network import MEMBERS, READY_S, RealNetwork
from tests.network.traffic import Traffic

NEWCOMERS: Final = {
    "archive": "12620100438036614M",
    "audit": "11620100013904156P",
    "court": "12620100438041227W",
    "treasury": "116201000139053847",
}
TABLES: Final = "\n".join(
    f'\n[[members]]\nid = "{member}"\nname_zh = "{member}"\nname_en = "{member}"\n'
    f'credit_code = "{code}"\nroles = ["client_system"]\n'
    for member, code in NEWCOMERS.items()
)
RENEWALS: Final = (("centre", ("node",)), ("supervisor", ("log",)), ("registry", ("tls",)))
"""Whose node renews which keys, before anybody joins."""
ALL_KEYS: Final = ("node", "log", "tls")
_RETIRED_S: Final = 120


@dataclass
class Step:
    """One change of the committee, as it was seen."""

    what: str
    epoch: int
    height: int
    n: int
    q: int
    took_s: float


@dataclass
class Report:
    """What happened in the whole campaign."""

    steps: list[Step] = field(default_factory=list)
    kills: int = 0
    renewed: int = 0
    """Keys that took the place of others."""
    height: int = 0
    views_changed: int = 0
    seconds: float = 0.0
    bundles: int = 0
    records: int = 0
    longest_pause_s: float = 0.0
    verified_by_python: int = 0
    verified_by_javascript: int = 0
    closed_in_view: dict[int, int] = field(default_factory=dict)
    """By epoch that ended, the view of its closing block."""


class Campaign:
    """One network, its operators, its members and its nemesis."""

    def __init__(
        self, network: RealNetwork, seed: int, seconds: float, say: Callable[[str], None]
    ) -> None:
        self.network = network
        self.random = random.Random(seed)
        self.say = say
        self.report = Report()
        self.seated = list(network.nodes)
        self.retired: list[NodeProcess] = []
        self.traffic = Traffic(network, self.seated, self.random)
        self.begun_ms = 0
        self._rest_s = seconds / (len(MEMBERS) + len(NEWCOMERS) + len(RENEWALS))
        self._quiet = asyncio.Lock()
        """Held while a node must not be killed."""

    async def run(self) -> Report:
        """Play everything, with the traffic and the kills beside it."""
        begun = time.monotonic()
        for member in NEWCOMERS:
            await asyncio.to_thread(admitted, self.network, member, MEMBERS[:3])
        self.begun_ms = now_ms()
        beside = [
            asyncio.create_task(self.traffic.flow("registry")),
            asyncio.create_task(self.traffic.flow("notary")),
            asyncio.create_task(self.traffic.flow_by_sdk("archive", pause_s=0.5)),
            asyncio.create_task(self._kill_at_random()),
        ]
        story = asyncio.create_task(self._story())
        try:
            await asyncio.wait([story, *beside], return_when=asyncio.FIRST_COMPLETED)
            for task in beside:
                if task.done():
                    task.result()
            await story
        finally:
            for task in (story, *beside):
                task.cancel()
            await asyncio.gather(story, *beside, return_exceptions=True)
        await self._all_up()
        self.report.seconds = time.monotonic() - begun
        return self.report

    async def _story(self) -> None:
        for member, keys in RENEWALS:
            await self._renew(member, keys, kill_primary=member == "supervisor")
            await asyncio.sleep(self._rest_s)
        for member in ("archive", "audit", "court"):
            await self._join(member)
            await asyncio.sleep(self._rest_s)
        for member in ("notary", "registry", "supervisor"):
            await self._leave(member, kill_primary=member == "registry")
            await asyncio.sleep(self._rest_s)
        await self._join("treasury", instead="centre")
        await asyncio.sleep(self._rest_s)
        await self._renew("treasury", ALL_KEYS)
        await asyncio.sleep(self._rest_s)

    async def _join(self, member: str, instead: str | None = None) -> None:
        """A node joins, in a place of its own or in another's."""
        begun = time.monotonic()
        inviter = self.random.choice([node for node in self.seated if node.node_id != instead])
        node, request = await asyncio.to_thread(joining, self.network, member, inviter)
        by = self._members(instead)
        more = () if instead is None else ("--instead", instead)
        proposed = await self._told(by[0], "network", "propose", request, *more)
        made = await self._changed(by, proposed["proposal"], "--folder", node.folder)
        self.seated.append(node)
        left = [each for each in self.seated if each.node_id == instead]
        self._stepped(f"+ {member}" if instead is None else f"{instead} → {member}", made, begun)
        await self._retired(left)

    async def _renew(
        self, member: str, keys: tuple[str, ...], *, kill_primary: bool = False
    ) -> None:
        """A node takes other keys, while it runs, and destroys those before."""
        begun = time.monotonic()
        node = next(each for each in self.seated if each.node_id == member)
        named = [word for key in keys for word in ("--key", key)]
        secret = ("--cost", "interactive", "--passphrase-file", self.network.folder / "passphrase")
        request = await self._told(member, "network", "rotate", node.folder, *named, *secret)
        by = self._members(None)
        proposed = await self._told(by[0], "network", "propose", request["request"])
        more = ("--folder", node.folder)
        made = await self._changed(by, proposed["proposal"], *more, kill_primary=kill_primary)
        word = ", the primary killed" if kill_primary else ""
        self._stepped(f"{member}: {' '.join(keys)} renewed{word}", made, begun)
        end = time.monotonic() + _RETIRED_S
        while not aftermath.keys_are_renewed(node, keys):
            assert time.monotonic() < end, f"{member} keeps its old keys"
            await asyncio.sleep(0.2)
        self.report.renewed += len(keys)

    async def _leave(self, member: str, *, kill_primary: bool) -> None:
        begun = time.monotonic()
        by = self._members(member)
        proposed = await self._told(by[0], "network", "leave", member)
        made = await self._changed(by, proposed["proposal"], kill_primary=kill_primary)
        word = ", its primary killed" if kill_primary else ""
        self._stepped(f"− {member}{word}", made, begun)
        await self._retired([each for each in self.seated if each.node_id == member])

    async def _changed(
        self, by: list[str], proposal: str, *more: str | Path, kill_primary: bool = False
    ) -> Any:
        """Members approve, beside the first who proposed it, and that one makes the change."""
        for member in by[1:]:
            try:
                said = await self._told(member, "network", "approve", proposal)
            except AssertionError as problem:
                # Its first try went in although a kill took the answer away.
                if "record.confirmation" not in str(problem):
                    raise
                continue
            if len(said["approved_by"]) >= said["needed"]:
                break
        # A node that joins late has the whole ledger to judge again first.
        change = ("network", "change", proposal, *more, "--wait", "600")
        if not kill_primary:
            return await self._told(by[0], *change)
        async with self._quiet:
            primary = await self._primary()
            making = asyncio.create_task(self._told(by[0], *change))
            primary.kill()
            self.report.kills += 1
            made = await making
            await self._up(primary)
        return made

    async def _retired(self, nodes: Iterable[NodeProcess]) -> None:
        """A node that left ends by itself; clients go on asking it until it does."""
        for node in nodes:
            end = time.monotonic() + _RETIRED_S
            while node.exit_code is None or node.exit_code < 0:
                assert time.monotonic() < end, f"{node.node_id} does not retire"
                if node.exit_code is not None:
                    node.start()
                await asyncio.sleep(0.1)
            self._has_left(node)
            self.seated.remove(node)
            self.network.nodes.remove(node)
            self.retired.append(node)
            self.say(f"{node.node_id} has retired")
        self._tell_addresses()

    async def _kill_at_random(self) -> None:
        """SIGKILL a seated node now and then, never more at a time than the committee survives."""
        while True:
            await asyncio.sleep(self.random.uniform(1, 5))
            async with self._quiet:
                victim = self.random.choice(self.seated)
                if not victim.running:
                    continue
                victim.kill()
                self.report.kills += 1
                await asyncio.sleep(self.random.uniform(0, 3))
                await self._up(victim)

    async def _up(self, node: NodeProcess) -> None:
        """Start a killed node again and wait until it is of use, or has retired."""
        if not node.running:
            node.start()
        end = time.monotonic() + READY_S
        while node.running and time.monotonic() < end:
            if await self.traffic.ready(node):
                return
            await asyncio.sleep(0.1)
        self._has_left(node)

    @staticmethod
    def _has_left(node: NodeProcess) -> None:
        """It ended by itself; one that was killed as it did so refuses to start again."""
        assert node.exit_code in (0, 1), f"{node.node_id}: {node.last_words()}"
        aftermath.keys_are_destroyed(node)

    async def _all_up(self) -> None:
        for node in self.seated:
            await self._up(node)

    async def _primary(self) -> NodeProcess:
        """Whom the nodes hold for the primary of the open height."""
        for node in self.seated:
            told = await self.traffic.network_told(node)
            for each in self.seated:
                if told is not None and each.node_id == told["primary"]:
                    return each
        raise AssertionError("no node says who the primary is")

    async def _told(self, who: str, *words: str | Path) -> Any:
        """What a command answers, at last."""
        return await told(self.network, who, *words, say=self.say)

    def _members(self, but: str | None) -> list[str]:
        """Whose nodes are in the committee, in any order, without the one that goes."""
        found = [node.node_id for node in self.seated if node.node_id != but]
        self.random.shuffle(found)
        return found

    def _stepped(self, what: str, made: Any, begun: float) -> None:
        epoch, height, n, q = (made[name] for name in ("epoch", "height", "n", "q"))
        self.report.steps.append(Step(what, epoch, height, n, q, time.monotonic() - begun))
        self._tell_addresses()
        self.say(
            f"epoch {epoch}: {what}; n {n}, q {q}, closed at height {height} after "
            f"{self.report.steps[-1].took_s:.0f} s; {len(self.traffic.acknowledged)} bundles "
            f"acknowledged, {self.report.kills} kills"
        )

    def _tell_addresses(self) -> None:
        """Members learn where the nodes are now, as an operator would tell them."""
        urls = ", ".join(f'"{node.api}"' for node in self.seated)
        for member in (*MEMBERS, *NEWCOMERS):
            path = self.network.folder / "network" / "members" / member / "client.toml"
            lines = path.read_text(encoding="utf-8").splitlines()
            there = [f"nodes = [{urls}]" if line.startswith("nodes = ") else line for line in lines]
            path.write_text("\n".join(there) + "\n", encoding="utf-8")


def reseat(folder: Path, seconds: float, seed: int, say: Callable[[str], None]) -> Report:
    """Make a network in `folder`, replace its committee under fire, hold it to its word.

    Raises:
        AssertionError: a promise was broken.
    """
    network = RealNetwork(folder, TABLES)
    try:
        network.start()
        campaign = Campaign(network, seed, seconds, say)
        asyncio.run(_played(campaign))
        network.stop()
        aftermath.chains_are_one(network.trust, campaign.seated, campaign.retired)
        return campaign.report
    finally:
        network.stop()


async def _played(campaign: Campaign) -> None:
    """The campaign, and what its nodes must show while they still run."""
    report, traffic, network = campaign.report, campaign.traffic, campaign.network
    founding = await aftermath.first_record(traffic)
    await campaign.run()
    report.height = await traffic.converged()
    report.bundles, report.records = len(traffic.acknowledged), traffic.records
    seen = await aftermath.course(traffic, campaign.begun_ms)
    report.views_changed, report.closed_in_view = seen.views_changed, seen.closed_in_view
    report.longest_pause_s = seen.longest_ms / 1000
    assert not {node.node_id for node in campaign.seated} & set(MEMBERS)
    for node in campaign.retired:
        aftermath.keys_are_destroyed(node)
    folder = network.folder / "receipts"
    await asyncio.to_thread(folder.mkdir)
    receipts = await aftermath.every_receipt(traffic, founding, folder)
    report.verified_by_python = len(receipts)
    report.verified_by_javascript = aftermath.verified_by_javascript(network, receipts)
    await traffic.http.aclose()
