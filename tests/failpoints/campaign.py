"""Every fail point of a story: the node dies there, and must go on as if it had only been slow.

A point is a step of a reference run, the side of it on which the node dies, and what becomes of the
page cache. Where the same file operations follow each other twice, the gap between them is one kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from tests.failpoints.disk import Step, steps_of
from tests.failpoints.joining import Joining
from tests.failpoints.lone import After, Lone
from tests.failpoints.plan import When
from tests.failpoints.quartet import BUNDLES_COUNT, Quartet

Way = tuple[When, After]
ALWAYS: tuple[Way, ...] = (("before", After.CUT), ("after", After.KILL))
AT_A_WRITE: tuple[Way, ...] = (("half", After.KILL),)
AT_AN_FSYNC: tuple[Way, ...] = (("before", After.TORN), ("before", After.TWICE))
"""Only here is something in the page cache that is not on the disk."""


@dataclass(frozen=True)
class Point:
    """One way to die."""

    step: int
    when: When
    after: After
    gap: str
    """Between which two kinds of steps."""

    def __str__(self) -> str:
        return f"{self.when} step {self.step}, {self.after} ({self.gap})"


@dataclass(frozen=True)
class Result:
    """What came of one point."""

    story: str
    point: Point
    problem: str
    """Empty where everything held."""


@dataclass
class Story:
    """A piece of work, from a disk that is kept."""

    name: str
    bundles: list[Bundle]
    promised: dict[RecordId, bytes]
    """What was acknowledged before it begins."""
    steps: tuple[Step, ...] = ()
    """Of the reference run, in which nothing goes wrong."""


def points_of(steps: Sequence[Step]) -> Iterator[Point]:
    """Every point of a reference run; what changed nothing, as making a folder again, has none."""
    steps = [step for step in steps if step.result >= 0]
    kinds = ["start", *(step.kind for step in steps), "end"]
    for at, step in enumerate(steps):
        ways = ALWAYS
        ways += AT_A_WRITE if step.op == "write" else ()
        ways += AT_AN_FSYNC if step.op == "fsync" else ()
        for when, after in ways:
            first = at + 1 if when == "after" else at
            gap = step.kind if when == "half" else f"{kinds[first]} → {kinds[first + 1]}"
            yield Point(step.number, when, after, gap)


def each_gap_once(points: Sequence[Point]) -> list[Point]:
    """One point for each kind of gap, the ways to die taking turns."""
    ways = sorted({(point.when, point.after) for point in points})
    turns: dict[str, list[Point]] = {}
    for point in points:
        turns.setdefault(point.gap, []).append(point)
    chosen = []
    for number, each in enumerate(turns.values()):
        wanted = ways[number % len(ways)]
        chosen.append(next((p for p in each if (p.when, p.after) == wanted), each[0]))
    return chosen


class Stage(Protocol):
    """Where stories are played."""

    stories: list[Story]

    def play(self, story: Story, point: Point) -> None:
        """One death, and the life after it.

        Raises:
            AssertionError: a promise was broken, or the node does not start.
        """
        ...

    def close(self) -> None:
        """End every process."""
        ...


def run(stage: Stage, story: Story, points: Sequence[Point]) -> Iterator[Result]:
    """Play a story once for each point."""
    for point in points:
        problem = ""
        try:
            stage.play(story, point)
        except Exception as broken:  # noqa: BLE001 - any exception at all is what is looked for
            problem = f"{type(broken).__name__}: {broken}"
        yield Result(story.name, point, problem)


class FourStage:
    """One story of four nodes, in which the victim does everything that a node can do."""

    def __init__(self, folder: Path) -> None:
        self.quartet = Quartet(folder)
        self.stories = [self._told()]

    def play(self, story: Story, point: Point) -> None:
        """See `Stage.play`."""
        bundles = [self.quartet.bundle() for _ in range(BUNDLES_COUNT)]

        async def act() -> None:
            await self.quartet.without_the_victim()
            await self.quartet.die(bundles, point.step, point.when, point.after)
            await self.quartet.check_goes_on(bundles)

        self.quartet.run(act)

    def close(self) -> None:
        """See `Stage.close`."""
        self.quartet.close()

    def _told(self) -> Story:
        bundles = [self.quartet.bundle() for _ in range(BUNDLES_COUNT)]
        story = Story("four", bundles, {})

        async def act() -> None:
            await self.quartet.without_the_victim()
            code = await self.quartet.live(bundles)
            assert code == 0, self.quartet.node.said()
            story.steps = steps_of(self.quartet.node.places.log)

        self.quartet.run(act)
        return story


class JoinStage:
    """One story of a node that begins with a snapshot of three others."""

    def __init__(self, folder: Path) -> None:
        self.joining = Joining(folder)
        self.stories = [self._told()]

    def play(self, story: Story, point: Point) -> None:
        """See `Stage.play`."""
        bundles = [self.joining.bundle()]
        self.joining.run(
            lambda: self.joining.die_joining(bundles, point.step, point.when, point.after)
        )
        self.joining.check_joined()

    def close(self) -> None:
        """See `Stage.close`."""
        self.joining.close()

    def _told(self) -> Story:
        story = Story("join", [self.joining.bundle()], {})

        async def act() -> None:
            code = await self.joining.live(story.bundles)
            assert code == 0, self.joining.node.said()
            story.steps = steps_of(self.joining.node.places.log)

        self.joining.run(act)
        return story


class LoneStage:
    """Two stories of a committee of one: everything is made, and everything is found again."""

    def __init__(self, folder: Path) -> None:
        self.lone = Lone(folder)
        first = self._first()
        self.stories = [first, self._again(first)]

    def close(self) -> None:
        """See `Stage.close`."""
        self.lone.close()

    def play(self, story: Story, point: Point) -> None:
        """See `Stage.play`."""
        try:
            self.lone.come_back(story.name, story.promised)
            self.lone.die(story.bundles, point.step, point.when, point.after)
            self.lone.check_goes_on(story.bundles)
        finally:
            self.lone.node.kill()

    def chain(self, story: Story, points: Sequence[Point]) -> None:
        """One death after the other, each life going on from what the last one left.

        Raises:
            AssertionError: a promise was broken, or the node does not start.
        """
        self.lone.come_back(story.name, story.promised)
        for point in points:
            self.lone.die([self.lone.bundle()], point.step, point.when, point.after)
        self.lone.check_goes_on(story.bundles)

    def _first(self) -> Story:
        """From an empty folder: everything is made, two bundles, a clean stop."""
        story = Story("first", [self.lone.bundle(), self.lone.bundle()], {})
        return self._told(story)

    def _again(self, first: Story) -> Story:
        """From a killed node with an open promise: it recovers, two bundles, a clean stop."""
        last = max(step.number for step in first.steps if step.kind == "fsync promises")
        self.lone.come_back(first.name, {})
        self.lone.die(first.bundles, last, "after", After.CUT)
        promised = dict(self.lone.node.promised)
        return self._told(Story("again", [first.bundles[1], self.lone.bundle()], promised))

    def _told(self, story: Story) -> Story:
        """Keep the disk as it is, and play the story undisturbed."""
        self.lone.keep(story.name)
        self.lone.come_back(story.name, story.promised)
        code = self.lone.live(story.bundles)
        assert code == 0, self.lone.node.said()
        story.steps = steps_of(self.lone.node.places.log)
        return story
