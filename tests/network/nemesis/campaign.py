"""One campaign: a network, its clients and watchers, one fault after the other, and the judgement."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.network import aftermath
from tests.network.nemesis.checker import Judged, judge, waits_after_healing
from tests.network.nemesis.clients import Clients
from tests.network.nemesis.faults import EVERYBODY, ONE, Draw, Fault, WrongClock, possible
from tests.network.nemesis.final_log import (
    chain_of,
    final_log,
    heads_are_cosigned,
    snapshots_stated,
    views_changed,
)
from tests.network.nemesis.heads import Watcher
from tests.network.nemesis.history import Healed, History
from tests.network.nemesis.receipts import every_receipt
from tests.network.nemesis.seats import Seats
from tests.network.nemesis.timeline import Band, Point, drawn
from tests.network.nemesis.world import World

_PROGRESS_S: Final = 90
"""No longer is waited for progress before the campaign is given up."""
_FORGIVEN_S: Final = 10
"""After a clock was put right, libfaketime needs a while to notice."""
_SAY_S: Final = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """How one campaign goes."""

    seconds: float
    """Of torment; what was begun is ended."""
    seed: int
    """Of everything that is drawn."""
    within_s: float
    """From healing to progress."""
    deck: Sequence[str] = ()
    """Faults to begin with, in this order, however few seconds there are."""
    longest_s: float = 8
    """Of a fault."""
    pause_s: float = 1.0
    """Of a client between two bundles, at most."""
    seats: bool = True
    """Whether the committee changes meanwhile."""
    draws: Mapping[str, Draw] = field(default_factory=dict)
    """What happens to one node, in place of everything that can go wrong."""
    calm_s: tuple[float, float] = (0.5, 2)
    """Between two faults, at least and at most."""


@dataclass
class Told:
    """What happened, for people."""

    began_s: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    bands: list[Band] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    waits_s: tuple[tuple[float, str], ...] = ()
    height: int = 0
    views_changed: int = 0
    snapshots: int = 0
    """Whose root the chain states."""
    load: float = 0.0
    """Of the machine, the largest that was seen."""
    history: History = field(default_factory=History)
    judged: Judged | None = None

    def picture(self, title: str) -> str:
        """The timeline as SVG."""
        rows = dict.fromkeys(band.row for band in self.bands)
        commits = [at_s - self.began_s for at_s in self.commits_s()]
        order = sorted(rows, key=lambda row: (row == "everybody", row))
        return drawn(title, order, self.bands, self.points, commits, self.seconds)

    def commits_s(self) -> list[float]:
        """When each bundle was first known to be committed."""
        first: dict[str, float] = {}
        for answer in self.history.answers:
            if answer.outcome.value == "committed":
                first.setdefault(answer.bundle, answer.answered_s)
        return list(first.values())


@dataclass
class Campaign:
    """Torments one world; everything that it draws comes from one seed."""

    world: World
    plan: Plan
    say: Callable[[str], None]
    told: Told

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)
        self.history = self.told.history
        self.clients = Clients(self.world, self.history, random.Random(self.plan.seed + 1))
        self.watcher = Watcher(self.world, self.history)
        self.seats = Seats(self.world, self.say)
        self._deck: list[str] = []

    async def run(self) -> None:
        """Play as planned, and see that everything acknowledged has its receipt."""
        world, plan, began = self.world, self.plan, time.monotonic()
        await world.start()
        if plan.seats:
            await self.seats.admit()
        self.told.began_s = time.monotonic()
        self.say(f"{len(world.nodes)} nodes ready after {time.monotonic() - began:.0f} s")
        members = [*world.nodes][:3]
        beside = [
            *(self.clients.submit(member, plan.pause_s) for member in members),
            *(self.watcher.watch(node) for node in world.nodes.values()),
            self._tell(),
        ]
        if plan.seats:
            beside.append(self.seats.story(plan.seconds))
        tasks = [asyncio.create_task(each) for each in beside]
        torment = asyncio.create_task(
            self._torment(time.monotonic() + plan.seconds, list(plan.deck))
        )
        try:
            while not torment.done():
                await asyncio.wait([torment, *tasks], return_when=asyncio.FIRST_COMPLETED)
                for task in [each for each in tasks if each.done()]:
                    task.result()
                    tasks.remove(task)
            torment.result()
            self.clients.stopped = self.watcher.stopped = True
            await self._ended(tasks)
        finally:
            for task in (torment, *tasks):
                task.cancel()
            await asyncio.gather(torment, *tasks, return_exceptions=True)
            self.told.seconds = time.monotonic() - self.told.began_s
            self.told.points = [
                Point(what, at_s - self.told.began_s) for what, at_s in self.seats.changed
            ]
            self.told.waits_s = waits_after_healing(self.history)
        await self._finish()

    async def _ended(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        """Clients finish what they have in hand, and operators their changes."""
        telling = next(task for task in tasks if task.get_name() == "telling")
        telling.cancel()
        await asyncio.gather(*(task for task in tasks if task is not telling))

    async def _torment(self, until: float, cards: list[str]) -> None:
        """One thing after the other, or two at once where the committee bears it."""
        await asyncio.sleep(2)
        while cards or time.monotonic() < until:
            card = cards.pop(0) if cards else self._card()
            await self._play(self._faults(card))
            await asyncio.sleep(self.chance.uniform(*self.plan.calm_s))

    def _card(self) -> str:
        """Every kind comes once before any comes again."""
        if not self._deck:
            self._deck = [*self.plan.draws] or possible(self.world)
            self.chance.shuffle(self._deck)
        return self._deck.pop()

    def _faults(self, card: str) -> list[Fault]:
        """A fault of this kind on somebody, and others on others, f victims at most."""
        names = sorted(name for name in self.world.nodes if name not in self.world.leaving)
        self.chance.shuffle(names)
        draws = self.plan.draws or ONE
        if card in EVERYBODY and card not in draws:
            return [EVERYBODY[card](self.chance, tuple(names))]
        victims = names[: self.world.f]
        kinds = [card, *(self._card() for _ in victims[1:] if self.chance.random() < 0.7)]
        return [
            draws[kind](self.chance, (victim,))
            for kind, victim in zip(kinds, victims, strict=False)
            if kind in draws
        ]

    async def _play(self, faults: Sequence[Fault]) -> None:
        """Begin all, wait, heal all, and see that it goes on."""
        lasts_s = self.chance.uniform(1, self.plan.longest_s)
        what = " and ".join(map(_said, faults))
        begun = time.monotonic()
        for fault in faults:
            self.told.faults[fault.kind] += 1
            for victim in fault.victims if isinstance(fault, WrongClock) else ():
                self.clients.wrong_clocks[victim] = float("inf")
        try:
            await asyncio.gather(*(fault.inject(self.world) for fault in faults))
            await asyncio.sleep(lasts_s)
        finally:
            for fault in faults:
                await fault.heal(self.world)
            self._draw(faults, begun)
        await self._healed(faults, what, begun)

    async def _healed(self, faults: Sequence[Fault], what: str, begun: float) -> None:
        """Wait until nothing is wrong any more, then for progress."""
        await self.world.reachable()
        healed = time.monotonic()
        for fault in faults:
            for victim in fault.victims if isinstance(fault, WrongClock) else ():
                self.clients.wrong_clocks[victim] = healed + _FORGIVEN_S
        self.history.healed.append(Healed(healed, what))
        while not (self.history.progress_s and self.history.progress_s[-1] > healed):
            waited = time.monotonic() - healed
            assert waited < _PROGRESS_S, f"no progress for {waited:.0f} s after {what}"
            await asyncio.sleep(0.02)
        self.world.require_running()
        took = self.history.progress_s[-1] - healed
        self.told.load = max(self.told.load, os.getloadavg()[0])
        self.say(f"{what}: {healed - begun:.1f} s, then on after {took:.1f} s")

    def _draw(self, faults: Sequence[Fault], begun: float) -> None:
        began, now = self.told.began_s, time.monotonic()
        for fault in faults:
            for row in ["everybody"] if fault.kind in EVERYBODY else fault.victims:
                self.told.bands.append(Band(row, fault.kind, begun - began, now - began))

    async def _tell(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("telling")
        while True:
            await asyncio.sleep(_SAY_S)
            promised = len(self.history.acknowledged)
            self.say(f"{promised} bundles acknowledged; load {os.getloadavg()[0]:.1f}")

    async def _finish(self) -> None:
        """All on one head, every receipt asked for, everybody stopped."""
        await self.world.ready()
        await every_receipt(self.world, self.history, self.plan.seed)
        await self.clients.close()
        await self.watcher.close()


def _said(fault: Fault) -> str:
    """What is wrong with whom; of a clock also by how much."""
    by = f" by {fault.seconds:+g} s" if isinstance(fault, WrongClock) else ""
    return f"{fault.kind} of {', '.join(fault.victims)}{by}"


def nemesis(
    world: World,
    plan: Plan,
    say: Callable[[str], None],
    picture: Path | None = None,
    history: History | None = None,
) -> Told:
    """Torment a network, hold it to its word, stop it.

    Args:
        world: made, not started.
        plan: how.
        say: hears how it goes.
        picture: where to draw it, whatever comes of it.
        history: empty; whoever torments writes into it what the checker has to know.

    Raises:
        AssertionError: a promise was broken.
    """
    campaign = Campaign(world, plan, say, Told(history=history or History()))
    told = campaign.told

    async def played() -> None:
        try:
            await campaign.run()
        finally:
            await world.close()

    try:
        asyncio.run(played())
    finally:
        if picture is not None:
            title = f"{world.size} nodes, {told.seconds:.0f} s, seed {plan.seed}"
            picture.write_text(told.picture(title), encoding="utf-8")
    trust, seated = world.network.trust, list(world.nodes.values())
    aftermath.chains_are_one(trust, seated, world.retired)
    with chain_of(seated[0], trust) as chain:
        heads_are_cosigned(chain, campaign.watcher.notes)
        told.height, told.views_changed = chain.head.height, views_changed(chain)
        told.snapshots = snapshots_stated(chain)
        told.judged = judge(told.history, final_log(chain), plan.within_s)
    return told
