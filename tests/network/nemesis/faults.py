"""What can go wrong: one frozen value for each fault, that knows how to begin and how to heal.

A fault lies on its victims alone, or on everybody; faults on different victims may overlap. `away` says
whether the victims cannot take part meanwhile: never more than f may, but where it is everybody's turn.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from tests.network.nemesis.proxy import SILENT, Line
from tests.network.nemesis.world import World

_ENDS_S: Final = 20
"""A node whose disk is full ends by itself, at the next write at the latest."""
_AGAIN_S: Final = 0.7


class Fault(Protocol):
    """One thing that goes wrong for a while."""

    @property
    def kind(self) -> str:
        """In the counts and in the picture."""
        ...

    @property
    def victims(self) -> tuple[str, ...]: ...

    @property
    def away(self) -> bool:
        """Whether the victims cannot take part."""
        ...

    async def inject(self, world: World) -> None: ...

    async def heal(self, world: World) -> None: ...


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL, and a start."""

    victims: tuple[str, ...]
    kind: str = "kill"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            world.kill(victim)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            world.revive(victim)


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP, and SIGCONT: connections stay, and nobody answers on them."""

    victims: tuple[str, ...]
    kind: str = "freeze"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            world.nodes[victim].freeze()

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            world.nodes[victim].thaw()


@dataclass(frozen=True, slots=True)
class Border:
    """Nothing crosses between the victims and the others; among themselves all is well."""

    victims: tuple[str, ...]
    line: Line
    kind: str
    away: bool = True

    async def inject(self, world: World) -> None:
        world.links.lay(self, world.links.around(self.victims), self.line)

    async def heal(self, world: World) -> None:
        world.links.lift(self)


@dataclass(frozen=True, slots=True)
class OneWay:
    """The victim hears the others and is not heard, or is heard and hears nobody."""

    victims: tuple[str, ...]
    mute: bool
    away: bool = True

    @property
    def kind(self) -> str:
        return "mute" if self.mute else "deaf"

    async def inject(self, world: World) -> None:
        side = 0 if self.mute else 1
        pairs = [each for each in world.links.proxies if each[side] in self.victims]
        world.links.lay(self, pairs, Line(lost_there=True))

    async def heal(self, world: World) -> None:
        world.links.lift(self)


@dataclass(frozen=True, slots=True)
class Weather:
    """All links of the victims are slow; everybody takes part."""

    victims: tuple[str, ...]
    line: Line
    kind: str
    away: bool = False

    async def inject(self, world: World) -> None:
        pairs = [each for each in world.links.proxies if set(each) & set(self.victims)]
        world.links.lay(self, pairs, self.line)

    async def heal(self, world: World) -> None:
        world.links.lift(self)


@dataclass(frozen=True, slots=True)
class Resets:
    """The victim's connections are reset, again and again for as long as it lasts."""

    victims: tuple[str, ...]
    times: int
    kind: str = "resets"
    away: bool = True

    async def inject(self, world: World) -> None:
        pairs = [each for each in world.links.proxies if set(each) & set(self.victims)]
        for _ in range(self.times):
            world.links.reset(pairs)
            await asyncio.sleep(_AGAIN_S)

    async def heal(self, world: World) -> None:
        """Nothing lasts."""


@dataclass(frozen=True, slots=True)
class Cable:
    """The victim's network cable is pulled: not even a RST comes."""

    victims: tuple[str, ...]
    kind: str = "cable"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            world.ground.pull(world.places[victim], out=True)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            world.ground.pull(world.places[victim], out=False)


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The victim's clock jumps, and jumps back: within the bounds it goes on voting."""

    victims: tuple[str, ...]
    seconds: float
    away: bool = True

    @property
    def kind(self) -> str:
        return "clock" if self.away else "skew"

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            world.clocks[victim].be_off(self.seconds)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            world.clocks[victim].be_off(0)


@dataclass(frozen=True, slots=True)
class FullDisk:
    """No write of the victim has room: it ends, says why, and goes on when there is room."""

    victims: tuple[str, ...]
    kind: str = "full disk"
    away: bool = True

    async def inject(self, world: World) -> None:
        world.dead.update(self.victims)
        for victim in self.victims:
            world.disks[victim].be(full=True)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            await asyncio.to_thread(world.nodes[victim].wait_ended, _ENDS_S)
            world.disks[victim].be()
            world.revive(victim)


@dataclass(frozen=True, slots=True)
class SlowDisk:
    """Each fsync of the victim takes longer."""

    victims: tuple[str, ...]
    slower_ms: int
    kind: str = "slow disk"
    away: bool = True

    async def inject(self, world: World) -> None:
        for victim in self.victims:
            world.disks[victim].be(slower_ms=self.slower_ms)

    async def heal(self, world: World) -> None:
        for victim in self.victims:
            world.disks[victim].be()


Draw = Callable[[random.Random, tuple[str, ...]], Fault]


def _clock(chance: random.Random, victims: tuple[str, ...]) -> Fault:
    seconds = chance.choice((3.0, 45.0, 600.0)) * chance.choice((1, -1))
    return WrongClock(victims, seconds)


ONE: Final[dict[str, Draw]] = {
    "kill": lambda _, victims: Kill(victims),
    "freeze": lambda _, victims: Freeze(victims),
    "partition": lambda _, victims: Border(victims, SILENT, "partition"),
    "cut": lambda _, victims: Border(victims, Line(refused=True), "cut"),
    "mute": lambda _, victims: OneWay(victims, mute=True),
    "deaf": lambda _, victims: OneWay(victims, mute=False),
    "slow line": lambda chance, victims: Weather(
        victims, Line(delay_s=chance.uniform(0.05, 0.3), jitter_s=0.2), "slow line"
    ),
    "trickle": lambda _, victims: Weather(victims, Line(bytes_per_s=20_000), "trickle"),
    "resets": lambda chance, victims: Resets(victims, chance.randint(1, 6)),
    "cable": lambda _, victims: Cable(victims),
    "clock": _clock,
    "skew": lambda chance, victims: WrongClock(
        victims, chance.choice((0.3, -0.3, -1.2)), away=False
    ),
    "full disk": lambda _, victims: FullDisk(victims),
    "slow disk": lambda chance, victims: SlowDisk(victims, chance.choice((50, 200, 800))),
}
"""On up to f victims."""
EVERYBODY: Final[dict[str, Draw]] = {
    "kill all": lambda _, everybody: Kill(everybody, "kill all"),
    "freeze all": lambda _, everybody: Freeze(everybody, "freeze all"),
    "split": lambda _, everybody: Border(everybody[: len(everybody) // 2], SILENT, "split"),
    "reset all": lambda chance, everybody: Resets(everybody, chance.randint(1, 4), "reset all"),
    "slow lines": lambda chance, everybody: Weather(
        everybody, Line(delay_s=chance.uniform(0.02, 0.15), jitter_s=0.1), "slow lines"
    ),
}
"""On all at once, or right through the middle."""


def possible(world: World) -> list[str]:
    """What this machine lets us do."""
    lacking = set()
    if not world.clocks:
        lacking |= {"clock", "skew"}
    if not world.disks:
        lacking |= {"full disk", "slow disk"}
    if not world.ground.cables:
        lacking.add("cable")
    return [each for each in (*ONE, *EVERYBODY) if each not in lacking]
