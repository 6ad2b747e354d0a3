"""What is done to a node in the course of a day: restarts, compactions, copies, and copies put back.

Each is a fault to the campaign: it begins, lasts, and is healed. The diary keeps how long each took.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.settings import node_settings
from tests.network.day.node import COMPACTED_FILE
from tests.network.nemesis.faults import ONE, Draw, Fault
from tests.network.nemesis.history import History, Restored
from tests.network.nemesis.world import World

STEADY: Final = "supervisor"
"""The one whose process is never ended, so that its memory tells of the whole day."""
_DEPUTY: Final = "centre"
_LOOK_S: Final = 0.1
_COMPACTS_S: Final = 600
_CATCHES_UP_S: Final = 300
LOST: Final = ("db", "journal")


@dataclass
class Diary:
    """What each chore took."""

    took_s: dict[str, list[float]] = field(default_factory=dict)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Of a database in bytes, before and after its compaction."""
    history: History = field(default_factory=History)
    """Of the campaign: the checker has to know what was put back."""
    backups: int = 0
    restored: int = 0
    """Of these so many said that they had signed more than they know."""
    silent: int = 0

    def wrote(self, what: str, seconds: float) -> None:
        """One more of these."""
        self.took_s.setdefault(what, []).append(seconds)


async def revived(world: World, name: str, diary: Diary) -> None:
    """Start a node, and write down when it answers and when it takes part."""
    began_s = time.monotonic()
    world.revive(name)
    await world.answers(world.nodes[name], "/healthz")
    diary.wrote("start until it answers", time.monotonic() - began_s)
    await world.answers(world.nodes[name], "/readyz")
    diary.wrote("start until it is ready", time.monotonic() - began_s)


async def stopped(world: World, name: str) -> None:
    """Ask a node to stop, and wait."""
    node = world.nodes[name]
    world.dead.add(name)
    node.ask_to_stop()
    await asyncio.to_thread(node.wait_stopped)


@dataclass(frozen=True, slots=True)
class Ended:
    """A node is killed, or stopped in order, and started again."""

    victims: tuple[str, ...]
    diary: Diary
    kind: str
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            if self.kind == "kill":
                world.kill(victim)
            else:
                began_s = time.monotonic()
                await stopped(world, victim)
                self.diary.wrote("stop in order", time.monotonic() - began_s)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            await revived(world, victim, self.diary)


@dataclass(frozen=True, slots=True)
class Backup:
    """A node is stopped, its database copied over the copy before, and the node started."""

    victims: tuple[str, ...]
    diary: Diary
    kind: str = "backup"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            await stopped(world, victim)
            began_s, copy = time.monotonic(), world.folder / "backup"
            await asyncio.to_thread(shutil.rmtree, copy, ignore_errors=True)
            source = node_settings(world.nodes[victim].folder).database_folder
            await asyncio.to_thread(shutil.copytree, source, copy)
            self.diary.wrote("copy of a database", time.monotonic() - began_s)
            self.diary.backups += 1

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            await revived(world, victim, self.diary)


@dataclass(frozen=True, slots=True)
class Restore:
    """A node loses its database and its journal, and gets the newest copy, whoever's it was.

    It keeps the file that says how far it has signed, so it is silent until nothing that it has
    forgotten can be contradicted.
    """

    victims: tuple[str, ...]
    diary: Diary
    kind: str = "restore"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            await stopped(world, victim)
            folder, copy = world.nodes[victim].folder, world.folder / "backup"
            for name in LOST:
                await asyncio.to_thread(shutil.rmtree, folder / name)
            if copy.exists():
                await asyncio.to_thread(shutil.copytree, copy, folder / "db")
            self.diary.history.restored.append(Restored(victim, time.monotonic()))

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            log = world.nodes[victim].folder / "node.log"
            before = log.stat().st_size
            began_s = time.monotonic()
            await revived(world, victim, self.diary)
            await self._caught_up(world, victim)
            self.diary.wrote("restored until it has caught up", time.monotonic() - began_s)
            self.diary.restored += 1
            with log.open("rb") as file:
                file.seek(before)
                self.diary.silent += b'"signed.ahead"' in file.read()

    async def _caught_up(self, world: World, victim: str) -> None:
        """As high as the others were when it was started."""
        others = [node for name, node in world.nodes.items() if name != victim]
        heights = [await _height(world, node.api) for node in others]
        for _ in range(round(_CATCHES_UP_S / _LOOK_S)):
            if await _height(world, world.nodes[victim].api) >= max(heights):
                return
            await asyncio.sleep(_LOOK_S)
        raise AssertionError(f"{victim} does not catch up in {_CATCHES_UP_S} s")


async def _height(world: World, api: str) -> int:
    answer = await world.http.get(f"{api}/v1/network", timeout=30)
    return int(answer.json()["height"])


@dataclass(frozen=True, slots=True)
class Compaction:
    """The whole database of a node that goes on working is compacted."""

    victims: tuple[str, ...]
    diary: Diary
    kind: str = "compaction"
    away: bool = False

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            node = world.nodes[victim]
            before = len(_lines(node.folder))
            os.kill(node.pid, signal.SIGUSR1)
            end_s = time.monotonic() + _COMPACTS_S
            while len(found := _lines(node.folder)) == before:
                assert time.monotonic() < end_s, f"{victim} does not end compacting"
                await asyncio.sleep(_LOOK_S)
            told = json.loads(found[-1])
            self.diary.wrote("compaction", told["s"])
            self.diary.sizes.append((told["before"], told["after"]))

    async def heal(self, world: World) -> None:
        """Nothing lasts."""


def _lines(folder: Path) -> list[str]:
    path = folder / COMPACTED_FILE
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def mortal(victims: tuple[str, ...]) -> tuple[str, ...]:
    """Somebody else in place of the one who is never ended."""
    return tuple(_DEPUTY if each == STEADY else each for each in victims)


def chores(diary: Diary) -> dict[str, Draw]:
    """A day's work and a little misfortune, by kind."""

    def ended(kind: str) -> Draw:
        return lambda _, victims: Ended(mortal(victims), diary, kind)

    def chore(made: Callable[[tuple[str, ...], Diary], Fault]) -> Draw:
        return lambda _, victims: made(mortal(victims), diary)

    def compaction(_: random.Random, victims: tuple[str, ...]) -> Fault:
        return Compaction(victims, diary)

    return {
        "compaction": compaction,
        "backup": chore(Backup),
        "restore": chore(Restore),
        "restart": ended("restart"),
        "kill": ended("kill"),
        "freeze": ONE["freeze"],
        "partition": ONE["partition"],
    }
