"""Every habit of a liar is seen to do something, and honest nodes go on agreeing beside it."""

from dataclasses import replace

import pytest

from tests.simulation.lies import Lie
from tests.simulation.plan import Plan, Work, calm_plan, plan_of
from tests.simulation.run import Outcome, Run


def play(plan: Plan) -> tuple[Outcome, Run, list[str]]:
    lines: list[str] = []
    run = Run(plan, lines.append)
    return run.play(), run, lines


def beside(lie: Lie, seed: int) -> Plan:
    """The faults of a seed, and one liar with this habit, who is the first primary."""
    return replace(plan_of(seed, 4), liars=((0, lie),))


@pytest.mark.parametrize("lie", list(Lie), ids=lambda lie: lie.name.lower())
def test_what_the_others_hear_is_not_what_the_shipped_node_says(lie: Lie) -> None:
    """The same seed without the liar is another story; with it everything holds all the same."""
    _, _, honest = play(replace(beside(lie, 2), liars=()))
    outcome, _, lying = play(beside(lie, 2))
    assert outcome.heights > 0
    assert _frames(lying) != _frames(honest)


@pytest.mark.parametrize(
    ("lie", "kind"),
    [
        (Lie.TWO_STORIES, "two-prepares"),
        (Lie.CONFLICTING_VOTES, "two-prepares"),
        (Lie.CONFLICTING_VOTES, "two-commits"),
        (Lie.HIDES_ITS_VOTES, "forgotten-commit"),
        (Lie.FORKED_HEADS, "two-heads"),
    ],
    ids=str,
)
def test_a_lie_that_contradicts_itself_becomes_evidence(lie: Lie, kind: str) -> None:
    assert any(kind in play(beside(lie, seed))[0].faults for seed in range(40))


def test_a_false_state_is_judged_by_everybody_and_decided_by_nobody() -> None:
    calm = calm_plan(4)
    work = Work(100, 0, (1,), 1)
    outcome, run, _ = play(replace(calm, liars=((0, Lie.BAD_BLOCKS),), works=(work,)))
    assert _events(run).count("block.unfit") >= 3
    assert outcome.views > 0, "the others go on without the liar as primary"


def test_what_is_signed_in_the_names_of_others_counts_nowhere() -> None:
    _, run, _ = play(beside(Lie.FORGED_CERTIFICATES, 2))
    dropped = sum(
        node.driver.status.situation.dropped_count for node in run.cluster.honest if node.driver
    )
    assert dropped > 0


def test_noise_is_refused_frame_by_frame() -> None:
    _, run, _ = play(beside(Lie.MALFORMED, 2))
    assert "frame.refused" in _events(run)


def _events(run: Run) -> list[str]:
    """Names of what honest nodes noted since they last started."""
    drivers = [node.driver for node in run.cluster.honest if node.driver]
    return [event.name for driver in drivers for event in driver.take_events()]


def _frames(lines: list[str]) -> list[str]:
    return [line for line in lines if " -> " in line]
