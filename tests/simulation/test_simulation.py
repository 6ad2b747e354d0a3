"""Five hundred networks that lose power, lines and frames, and agree all the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.campaign import known_seeds, look_into, run_seed, transcript_of
from tests.simulation.dice import Dice
from tests.simulation.lies import Lie
from tests.simulation.plan import CLONE_BLOWS, Blow, plan_of

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 300
PER_TEST = 10


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_seeds(first: int) -> None:
    """Every checker holds, in every step and at the end; see `checkers`."""
    for seed in range(first, first + PER_TEST):
        result = run_seed(seed)
        assert not result.problem, f"{result.problem}\nagain: {look_into(result).again}"


def test_every_seed_that_ever_failed() -> None:
    for seed, nodes, changes in known_seeds():
        result = run_seed(seed, nodes, changes=changes)
        assert not result.problem, f"{result.problem}\nagain: {look_into(result).again}"


@pytest.mark.parametrize("seed", [3, 6])
def test_a_seed_gives_the_same_transcript_whatever_the_hash_seed(seed: int) -> None:
    here = transcript_of(seed)
    assert len(here) > 500 and here[-1].split()[1] == "HELD"
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--show", str(seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == here


def test_seeds_differ_and_cover_the_faults() -> None:
    plans = [plan_of(seed) for seed in range(SEEDS)]
    assert {plan.nodes for plan in plans} == {1, 2, 3, 4, 5, 7}
    assert {fault.blow for plan in plans for fault in plan.faults} == set(Blow) - CLONE_BLOWS
    assert {lie for plan in plans for _, lie in plan.liars} == set(Lie)
    assert SEEDS / 5 < sum(bool(plan.liars) for plan in plans) < SEEDS / 2
    assert any(len(plan.liars) == 2 for plan in plans if plan.nodes == 7)
    assert len({plan.works for plan in plans}) == SEEDS


def test_the_dice_are_the_same_everywhere() -> None:
    dice = Dice(7, "example")
    assert [dice.next() for _ in range(3)] == EXPECTED


EXPECTED = [6959387561193364530, 18008065719569068100, 1279054908667936321]
"""SplitMix64 from the first eight bytes of SHA-256("7 example")."""
