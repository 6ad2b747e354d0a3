"""What one seed decides before anything runs: cluster, clocks, liars, work, every fault and its time."""

from dataclasses import dataclass, replace
from enum import StrEnum

from tests.simulation.clerk import steps_valid
from tests.simulation.dice import Dice
from tests.simulation.lies import FIRST_HABITS, Lie
from tests.simulation.post import CALM, Weather
from tests.simulation.town import INTERVALS, MEMBERS, genesis_of

CHAOS_MS = 9_000
"""Faults happen so long; then everything heals and progress is demanded."""
MINUTE_MS = 60_000


class Blow(StrEnum):
    """Kinds of faults."""

    CRASH = "crash"
    """A process is gone, and with it whatever was not synced."""
    POWER_CUT = "power cut"
    """Power fails in the k-th durable operation from now, which has happened or not."""
    CRASH_ALL = "crash all"
    PARTITION = "partition"
    ONE_WAY = "one way"
    """Nothing of what the first node says reaches the others that are named."""
    STORM = "storm"
    """Loss, doubling, delay and reordering on all lines."""
    CLOCK = "clock"
    """A clock jumps, and jumps back at the end.

    Never further than a bundle is valid: a node whose clock says that the bundle has expired refuses
    it, and signs so, although it acknowledged it (seed 3146).
    """
    SLOW_DISK = "slow disk"
    SLOW_EXECUTION = "slow execution"
    RESTORE = "restore"
    """A copy of its disk is taken, and put back at the end; how far it has signed is kept apart."""
    NEW_DISK = "new disk"
    """Its disk is replaced by an empty one; how far it has signed is kept apart."""
    CLONE = "clone"
    """Its whole folder is copied and started beside it; at the end both are stopped, and the true one
    starts alone."""
    CLONE_STAYS = "clone that stays"
    """The same, and nobody stops them: the others must settle while both run."""


CLONE_BLOWS = frozenset({Blow.CLONE, Blow.CLONE_STAYS})


@dataclass(frozen=True)
class Fault:
    """One fault of the plan."""

    at_ms: int
    blow: Blow
    nodes: tuple[int, ...] = ()
    lasts_ms: int = 0
    amount: int = 0
    """Operations until power fails, ms that a clock is off, ms that an operation takes; of a clone how
    many lines of a thousand lead to the copy."""
    weather: Weather = CALM
    delay_ms: int = 0
    """How old the copy is that a clone starts on."""

    def __str__(self) -> str:
        amount = f" {self.amount}" if self.amount else ""
        weather = "" if self.weather == CALM else f" {self.weather}"
        delay = f" {self.delay_ms} ms old" if self.delay_ms else ""
        return f"{self.blow} {list(self.nodes)}{amount}{weather}{delay} for {self.lasts_ms} ms"


@dataclass(frozen=True)
class Work:
    """One bundle: who signs it, where it is handed in, when."""

    at_ms: int
    member: int
    nodes: tuple[int, ...]
    records: int

    def __str__(self) -> str:
        return f"{self.records} records of member {self.member} at nodes {list(self.nodes)}"


@dataclass(frozen=True)
class Plan:
    """Everything that is fixed before the start."""

    seed: int
    nodes: int
    clocks_ms: tuple[int, ...]
    """How far each clock is off at the start."""
    rates_ppm: tuple[int, ...]
    """How much too fast each clock runs."""
    liars: tuple[tuple[int, Lie], ...] = ()
    """Byzantine nodes, at most f, and the habit of each."""
    faults: tuple[Fault, ...] = ()
    works: tuple[Work, ...] = ()
    spares: int = 0
    """Further nodes, outside the committee at the start."""
    steps: tuple[str, ...] = ()
    """Changes of the committee, one after the other, such as ``add builder``."""
    greets: bool = False
    """Whether connections begin with greetings; old seeds and scripts know none."""

    def lines(self) -> list[str]:
        """The plan for people, in the order of time."""
        happens = [(fault.at_ms, f"{fault}") for fault in self.faults]
        happens += [(work.at_ms, f"{work}") for work in self.works]
        clocks = f"{list(self.clocks_ms)} ms off, {list(self.rates_ppm)} ppm fast"
        return [
            f"seed {self.seed}: {self.nodes} nodes, clocks {clocks}",
            *(f"node {number} lies: {lie}" for number, lie in self.liars),
            *(f"the committee changes: {step}" for step in self.steps),
            *(f"{at_ms:>7} {text}" for at_ms, text in sorted(happens)),
        ]


def calm_plan(nodes: int, seed: int = 0) -> Plan:
    """A network in which nothing is decided to happen."""
    return Plan(seed, nodes, (0,) * nodes, (0,) * nodes)


def plan_of(seed: int, nodes: int | None = None) -> Plan:
    """The plan of a seed, for a committee of the given size or one that the seed picks."""
    dice = Dice(seed, "plan")
    n = dice.pick((1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 7)) if nodes is None else nodes
    plan = Plan(
        seed,
        n,
        tuple(dice.between(-120, 120) for _ in range(n)),
        tuple(dice.between(-800, 800) for _ in range(n)),
        _liars(dice, n),
    )
    astray = dice.sample(range(n), genesis_of(n).committee.f) if n > 1 else [0]
    faults = tuple(_fault(dice, n, astray) for _ in range(dice.between(2, 7)))
    works = [_work(dice, n) for _ in range(dice.between(2, 6))]
    for fault in faults:
        if fault.blow is Blow.PARTITION and len(fault.nodes) < n:
            works += _rivals(dice, n, fault)
    return _later_kinds(replace(plan, faults=faults, works=tuple(works)))


def _later_kinds(plan: Plan) -> Plan:
    """What was added when there were seeds already: from dice of its own, so that they stay."""
    dice = Dice(plan.seed, "later kinds")
    forks, restores = dice.chance(150), dice.chance(250)
    if plan.liars and forks:
        ((number, _), *others) = plan.liars
        plan = replace(plan, liars=((number, Lie.FORKED_HEADS), *others))
    if restores and not plan.liars and genesis_of(plan.nodes).committee.f:
        # Until others have decided what it may have signed, it is as good as gone; so is a liar.
        at_ms, one = dice.between(0, CHAOS_MS // 2), dice.between(0, plan.nodes - 1)
        restored = Fault(at_ms, Blow.RESTORE, (one,), dice.between(200, CHAOS_MS // 2))
        plan = replace(plan, faults=(*plan.faults, restored))
    return _new_disk(plan)


def _new_disk(plan: Plan) -> Plan:
    """Where snapshots are made, a node may have to begin with one: by dice of their own, again."""
    dice = Dice(plan.seed, "new disks")
    struck = {Blow.RESTORE} & {fault.blow for fault in plan.faults}
    spared = genesis_of(plan.nodes).committee.f - len(plan.liars) - len(struck)
    if plan.nodes not in INTERVALS or spared < 1 or not dice.chance(600):
        return plan
    liars = {number for number, _ in plan.liars}
    one = dice.pick([number for number in range(plan.nodes) if number not in liars])
    at_ms = dice.between(CHAOS_MS // 2, CHAOS_MS)
    emptied = Fault(at_ms, Blow.NEW_DISK, (one,), dice.between(50, 1_000))
    return replace(plan, faults=(*plan.faults, emptied))


def changing_plan(seed: int, nodes: int | None = None) -> Plan:
    """The plan of a seed with changes of the committee mixed in, by dice of their own."""
    dice, clones = Dice(seed, "changes"), Dice(seed, "clones")
    n = dice.pick((4, 4, 4, 5)) if nodes is None else nodes
    if clones.chance(120) and nodes is None:
        # Two may be gone at once: what befalls one node meets what befalls another.
        n = len(MEMBERS)
    plan, spares = plan_of(seed, n), len(MEMBERS) - n
    steps: tuple[str, ...] = ()
    for _ in range(dice.between(1, 4)):
        while True:
            # Of seven the last two bear no second liar, so there only keys change.
            actions = ("rotate",) if spares == 0 else ("add", "add", "remove", "rotate")
            step = f"{dice.pick(actions)} {dice.pick(MEMBERS)}"
            if steps_valid(n, (*steps, step)):
                break
        steps = (*steps, step)
    plan = replace(
        plan,
        clocks_ms=plan.clocks_ms + tuple(dice.between(-120, 120) for _ in range(spares)),
        rates_ppm=plan.rates_ppm + tuple(dice.between(-800, 800) for _ in range(spares)),
        spares=spares,
        steps=steps,
        greets=True,
    )
    return _clone(plan, clones)


GONE_FOR_A_WHILE = frozenset({Blow.RESTORE, Blow.NEW_DISK})
"""Whoever is struck by these is as good as a liar until others have decided what it may have signed."""


def _clone(plan: Plan, dice: Dice) -> Plan:
    """A founder's folder is started twice, where all that are gone or lie are no more than f."""
    liars = {number for number, _ in plan.liars}
    struck = {
        each for fault in plan.faults if fault.blow in GONE_FOR_A_WHILE for each in fault.nodes
    }
    wanted, free = dice.chance(800), genesis_of(plan.nodes).committee.f - len(liars | struck)
    # A node that is gone anyhow may as well be cloned meanwhile.
    some = sorted(struck - liars) if free < 1 else [n for n in range(plan.nodes) if n not in liars]
    if not wanted or not some:
        return plan
    blow = Blow.CLONE_STAYS if dice.chance(350) else Blow.CLONE
    cloned = Fault(
        dice.between(0, CHAOS_MS * 2 // 3),
        blow,
        (dice.pick(some),),
        dice.between(400, CHAOS_MS),
        dice.pick((0, 0, 300, 500, 1_000)),
        delay_ms=dice.pick((0, 0, 200, 3_000)),
    )
    return replace(plan, faults=(*plan.faults, cloned))


def _liars(dice: Dice, n: int) -> tuple[tuple[int, Lie], ...]:
    most = genesis_of(n).committee.f
    if most == 0 or not dice.chance(500):
        return ()
    chosen = dice.sample(range(n), dice.between(1, most))
    return tuple((number, dice.pick(FIRST_HABITS)) for number in sorted(chosen))


_BLOWS = (
    *(Blow.CRASH, Blow.CRASH_ALL, Blow.POWER_CUT, Blow.POWER_CUT, Blow.PARTITION, Blow.PARTITION),
    *(Blow.ONE_WAY, Blow.STORM, Blow.STORM, Blow.CLOCK, Blow.SLOW_DISK, Blow.SLOW_EXECUTION),
)


def _fault(dice: Dice, n: int, astray: list[int]) -> Fault:
    at_ms = dice.between(0, CHAOS_MS)
    lasts_ms = dice.between(100, 6_000)
    blow = dice.pick(_BLOWS)
    one = (dice.between(0, n - 1),)
    match blow:
        case Blow.STORM:
            weather = Weather(
                dice.pick((0, 50, 200, 400)),
                dice.pick((0, 100, 300)),
                dice.pick((30, 200, 900)),
            )
            return Fault(at_ms, blow, (), lasts_ms, weather=weather)
        case Blow.PARTITION:
            apart = dice.sample(range(n), dice.between(1, max(1, n // 2)))
            return Fault(at_ms, blow, tuple(apart), lasts_ms)
        case Blow.ONE_WAY:
            some = dice.sample(range(n), dice.between(1, n))
            return Fault(at_ms, blow, tuple(some), lasts_ms)
        case Blow.CRASH_ALL:
            return Fault(at_ms, blow, tuple(range(n)), dice.between(50, 1_000))
        case Blow.CLOCK:
            return _jump(dice, at_ms, one, lasts_ms, astray)
        case Blow.SLOW_DISK:
            return Fault(at_ms, blow, one, lasts_ms, dice.pick((5, 50, 300)))
        case Blow.SLOW_EXECUTION:
            return Fault(at_ms, blow, one, lasts_ms, dice.pick((50, 400, 2_000)))
        case _:
            return Fault(at_ms, blow, one, lasts_ms, dice.between(1, 12))


def _jump(dice: Dice, at_ms: int, one: tuple[int, ...], lasts_ms: int, astray: list[int]) -> Fault:
    """Any clock may jump a little; far away are at most f at a time, as the rules presume."""
    if not astray:
        by_ms = dice.pick((100, 200))
    else:
        one = (dice.pick(astray),)
        by_ms = dice.pick((200, 3_000, MINUTE_MS, 50 * MINUTE_MS))
    return Fault(at_ms, Blow.CLOCK, one, lasts_ms, by_ms * dice.pick((-1, 1)))


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
