"""A whole network where everything can be made to go wrong: nodes, links, cables, clocks and disks."""

import asyncio
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from cli.demo.processes import stop_all
from cli.failures import Exit
from cli.settings import Address, address, node_settings
from ledger.core.identifiers import NodeId
from tests.failpoints.plan import compiler
from tests.network.nemesis.clocks import Clock, faketime, forget
from tests.network.nemesis.disks import Disk
from tests.network.nemesis.links import ANYBODY, Links, point, tell_members
from tests.network.nemesis.namespaces import Ground, Place
from tests.network.nemesis.processes import TormentedNode, preloaded
from tests.network.real_network import MEMBERS, READY_S, RealNetwork

MORE: Final = {
    "archive": "12620100438036614M",
    "audit": "11620100013904156P",
    "court": "12620100438041227W",
}
NEWCOMER: Final = ("treasury", "116201000139053847")
_LOOK_S: Final = 0.05


def tables(nodes: int) -> str:
    """Members beside the first four: those whose node makes the network larger, and one to come."""
    rows = [(member, code, True) for member, code in list(MORE.items())[: nodes - len(MEMBERS)]]
    return "\n".join(
        f'\n[[members]]\nid = "{member}"\nname_zh = "{member}"\nname_en = "{member}"\n'
        f'credit_code = "{code}"\nroles = ["client_system"]\nnode = {str(runs).lower()}\n'
        for member, code, runs in [*rows, (*NEWCOMER, False)]
    )


@dataclass
class World:
    """Made in an empty folder; `start` it inside the loop that its proxies live in."""

    folder: Path
    size: int
    ground: Ground
    seed: int
    monotonic_too: bool = False
    """Whether clocks that jump take the monotonic one along."""
    more: str = ""
    """Tables of TOML beside those of the members."""
    program: tuple[str, ...] = ("-m", "cli.main")
    """What every node runs."""
    nodes: dict[str, TormentedNode] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    disks: dict[str, Disk] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """Nodes that a fault has ended, or lets end."""
    leaving: set[str] = field(default_factory=set)
    """Nodes that end by themselves, because they leave the committee."""
    retired: list[TormentedNode] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network = RealNetwork(self.folder, tables(self.size) + self.more)
        self.links = Links(self.ground.here, random.Random(self.seed).random)
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(5, connect=1), trust_env=False)
        for node in list(self.network.nodes):
            self._furnish(node.node_id, node.folder)
        self.network.nodes[:] = self.nodes.values()

    @property
    def f(self) -> int:
        """How many may be away at once."""
        return (len(self.nodes) - 1) // 3

    async def start(self) -> None:
        """Open all links, start all nodes, and wait until they are of use."""
        for name, node in self.nodes.items():
            peers = {
                NodeId(peer): await self.links.open((name, peer), address(place.consensus))
                for peer, place in self.places.items()
                if peer != name
            }
            place = self.places[name]
            point(node.folder, peers, place.consensus, place.api)
        members = self.folder / "network" / "members"
        tell_members(members.iterdir(), [node.api for node in self.nodes.values()])
        for node in self.nodes.values():
            node.start()
        await self.ready()

    async def ready(self) -> None:
        """Wait until every node says that a submission can be committed at it."""
        await self._all_answer("/readyz")

    async def reachable(self) -> None:
        """Wait until every process answers."""
        await self._all_answer("/healthz")

    def require_running(self) -> None:
        """No node has ended that no fault has ended."""
        for name, node in self.nodes.items():
            if name not in self.dead | self.leaving and not node.running:
                raise AssertionError(f"{name} ended by itself: {node.last_words()}")

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.dead.add(name)
        self.nodes[name].kill()
        forget(self.nodes[name].pid)

    def revive(self, name: str) -> None:
        """Start a node that is not running; one that ended of its disk has said so."""
        node = self.nodes[name]
        if not node.running:
            if node.exit_code == Exit.UNAVAILABLE:
                assert "store.disk_full" in node.last_words(), node.last_words()
            node.start()
        self.dead.discard(name)

    async def close(self) -> None:
        """Stop everything."""
        everybody = [*self.nodes.values(), *self.retired]
        for node in everybody:
            node.thaw()
        await asyncio.to_thread(stop_all, everybody)
        for node in everybody:
            for pid in node.lives:
                forget(pid)
        await self.links.close()
        await self.http.aclose()
        self.ground.close()

    async def welcome(self, name: str, folder: Path) -> None:
        """A node that joins: it finds the others by links of its own, and they it by one."""
        node = self._furnish(name, folder)
        settings = node_settings(folder)
        peers = {
            peer: await self.links.open((name, peer), address(self.places[peer].consensus))
            for peer in settings.peers
        }
        place = self.places[name]
        point(folder, peers, place.consensus, place.api)
        self.network.nodes.append(node)
        node.start()

    async def door(self, name: str) -> Address:
        """Where everybody will find a node that is to join."""
        self.places[name] = self.ground.place(len(self.places) + 1)
        return await self.links.open((ANYBODY, name), address(self.places[name].consensus))

    def _furnish(self, name: str, folder: Path) -> TormentedNode:
        """A node's place, clock and disk, and its process that is not started yet."""
        if name not in self.places:
            self.places[name] = self.ground.place(len(self.places) + 1)
        place, library = self.places[name], faketime()
        environments = []
        if compiler() is not None:
            self.disks[name] = Disk(folder, self.folder / f"{name}.dial")
            self.disks[name].be()
            environments.append(self.disks[name].environment())
        if library is not None:
            file = self.folder / f"{name}.clock"
            self.clocks[name] = Clock(file, library, self.monotonic_too)
            self.clocks[name].be_off(0)
            environments.append(self.clocks[name].environment())
        node = TormentedNode(
            name,
            folder,
            f"http://{place.api}",
            self.program,
            enter=place.enter,
            environment=preloaded(*environments),
        )
        self.nodes[name] = node
        return node

    async def gone(self, name: str, within_s: float) -> None:
        """Wait until a node that left has ended by itself, and forget it."""
        node, end = self.nodes[name], time.monotonic() + within_s
        while node.running or name in self.dead:
            assert time.monotonic() < end, f"{name} does not retire"
            await asyncio.sleep(_LOOK_S)
        assert node.exit_code in (0, 1), f"{name}: {node.last_words()}"
        del self.nodes[name]
        self.network.nodes.remove(node)
        self.retired.append(node)

    async def _all_answer(self, path: str) -> None:
        for name, node in list(self.nodes.items()):
            if name not in self.leaving:
                await self.answers(node, path)

    async def answers(self, node: TormentedNode, path: str) -> None:
        """Wait until this one does."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            self.require_running()
            try:
                if (await self.http.get(node.api + path)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(_LOOK_S)
        load = os.getloadavg()[0]
        raise AssertionError(f"{node.node_id}: no {path} in {READY_S} s, load {load:.1f}")
