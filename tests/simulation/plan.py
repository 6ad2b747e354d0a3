"""What one seed decides before anything runs: cluster, clocks, work, and every fault with its time."""

from dataclasses import dataclass
from enum import StrEnum

from tests.simulation.dice import Dice
from tests.simulation.liar import Lie
from tests.simulation.post import CALM, Weather

CHAOS_MS = 9_000
"""Faults happen so long; then everything heals and progress is demanded."""


class Blow(StrEnum):
    """Kinds of faults."""

    CRASH = "crash"
    POWER_CUT = "power cut"
    CRASH_ALL = "crash all"
    PARTITION = "partition"
    STORM = "storm"


@dataclass(frozen=True)
class Fault:
    """One fault of the plan."""

    at_ms: int
    blow: Blow
    nodes: tuple[int, ...] = ()
    lasts_ms: int = 0
    operations: int = 0
    weather: Weather = CALM


@dataclass(frozen=True)
class Work:
    """One bundle: who signs it, where it is handed in, when."""

    at_ms: int
    member: int
    nodes: tuple[int, ...]
    records: int


@dataclass(frozen=True)
class Plan:
    """Everything that is fixed before the start."""

    seed: int
    nodes: int
    clocks_ms: tuple[int, ...]
    liar: int | None
    """A Byzantine node, where there is one."""
    lie: Lie
    """Its habit."""
    faults: tuple[Fault, ...]
    works: tuple[Work, ...]


def plan_of(seed: int, nodes: int | None = None) -> Plan:
    """The plan of a seed, for a committee of the given size or one that the seed picks."""
    dice = Dice(seed, "plan")
    n = dice.pick((1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 7)) if nodes is None else nodes
    liar = dice.between(0, n - 1) if n >= 4 and dice.chance(300) else None
    lie = dice.pick((Lie.TWO_STORIES, *Lie))
    clocks_ms = tuple(dice.between(-120, 120) for _ in range(n))
    faults = tuple(_fault(dice, n) for _ in range(dice.between(2, 6)))
    works = [_work(dice, n) for _ in range(dice.between(2, 6))]
    for fault in faults:
        if fault.blow is Blow.PARTITION and len(fault.nodes) < n:
            works += _rivals(dice, n, fault)
    return Plan(seed, n, clocks_ms, liar, lie, faults, tuple(works))


def _fault(dice: Dice, n: int) -> Fault:
    at_ms = dice.between(0, CHAOS_MS)
    lasts_ms = dice.between(100, 6_000)
    blow = dice.pick(
        (Blow.CRASH, Blow.POWER_CUT, Blow.POWER_CUT, Blow.PARTITION, Blow.PARTITION, Blow.STORM,
         Blow.STORM, Blow.CRASH_ALL)
    )  # fmt: skip
    match blow:
        case Blow.STORM:
            weather = Weather(
                dice.pick((0, 50, 200, 400)),
                dice.pick((0, 100, 300)),
                dice.pick((30, 200, 900)),
            )
            return Fault(at_ms, blow, lasts_ms=lasts_ms, weather=weather)
        case Blow.PARTITION:
            apart = dice.sample(range(n), dice.between(1, max(1, n // 2)))
            return Fault(at_ms, blow, tuple(apart), lasts_ms)
        case Blow.CRASH_ALL:
            return Fault(at_ms, blow, tuple(range(n)), dice.between(50, 1_000))
        case _:
            operations = dice.between(1, 12)
            return Fault(at_ms, blow, (dice.between(0, n - 1),), lasts_ms, operations)


def _work(dice: Dice, n: int) -> Work:
    # Now and then one bundle goes through every node: it must enter once.
    nodes = tuple(range(n)) if dice.chance(150) else (dice.between(0, n - 1),)
    at_ms = dice.between(0, CHAOS_MS)
    return Work(at_ms, dice.between(0, 6), nodes, dice.between(1, 3))


def _rivals(dice: Dice, n: int, fault: Fault) -> list[Work]:
    """Work on both sides of a cut: each would decide it alone if it could."""
    other = [node for node in range(n) if node not in fault.nodes]
    return [
        Work(fault.at_ms + 1 + dice.between(0, 100), dice.between(0, 6), (dice.pick(side),), 1)
        for side in (list(fault.nodes), other)
    ]
