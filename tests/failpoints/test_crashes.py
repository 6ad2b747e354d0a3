"""A node dies between two steps on its disk, and nothing that it promised dies with it.

Real processes, real LevelDB, real files. Here each kind of gap once; `make failpoints` tries every
step in every way.
"""

from collections.abc import Iterable, Iterator

import pytest

from tests.failpoints.campaign import (
    FourStage,
    LoneStage,
    Point,
    Result,
    Story,
    each_gap_once,
    points_of,
    run,
)
from tests.failpoints.lone import After
from tests.failpoints.plan import When

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneStage]:
    made = LoneStage(tmp_path_factory.mktemp("lone"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FourStage]:
    made = FourStage(tmp_path_factory.mktemp("four"))
    yield made
    made.close()


def making_of(story: Story) -> int:
    """The last step before the first bundle is taken in."""
    return next(step.number for step in story.steps if step.kind == "write intake") - 1


def test_a_first_start_may_end_in_any_gap(alone: LoneStage) -> None:
    first, _ = alone.stories
    points = [point for point in points_of(first.steps) if point.step <= making_of(first)]
    chosen = each_gap_once(points)[::2]
    # The first rows of all are half on the disk: LevelDB has not synced what they rest on.
    chosen += [p for p in points if p.gap == "write .log → fsync .log" and p.after is After.TORN]
    assert problems(run(alone, first, chosen)) == []
    assert len(chosen) > 10


def test_a_node_that_dies_again_and_again_keeps_every_promise(alone: LoneStage) -> None:
    first, again = alone.stories
    known = {p.gap for p in points_of(first.steps) if p.step <= making_of(first)}
    points = [point for point in points_of(again.steps) if point.gap not in known]
    chosen = each_gap_once(points)
    alone.chain(again, chosen)
    assert len(chosen) > 20
    assert len(alone.lone.node.promised) > len(chosen) // 3


def test_a_node_of_four_that_dies_at_a_promise_never_says_two_things(four: FourStage) -> None:
    (story,) = four.stories
    promises = [step.number for step in story.steps if step.kind == "fsync promises"]
    assert len(promises) >= 6, "it voted, asked for a view, led it and voted again"
    view_change = len(promises) - 6
    ways: list[tuple[int, When, After]] = [
        (view_change, "before", After.CUT),
        (view_change + 1, "after", After.KILL),
        (view_change + 2, "before", After.TWICE),
    ]
    points = [Point(promises[at], when, after, "promise") for at, when, after in ways]
    assert problems(run(four, story, points)) == []


def problems(results: Iterable[Result]) -> list[str]:
    return [f"{each.point}: {each.problem}" for each in results if each.problem]
