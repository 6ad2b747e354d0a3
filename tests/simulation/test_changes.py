"""Committees that change while power, lines and frames are lost, and one node lies."""

from dataclasses import replace

import pytest

from tests.simulation.campaign import look_into, run_seed
from tests.simulation.clerk import NEXT, keys_named, steps_valid
from tests.simulation.lies import Lie
from tests.simulation.plan import Plan, changing_plan
from tests.simulation.run import Run

SEEDS = 8
PER_TEST = 2
ALL_REPLACED = (
    *("add builder", "add agency", "add bidder"),
    *("remove centre", "remove supervisor", "remove registry", "rotate notary"),
)
"""From 4 to 7 to 4 nodes, through 5 and 6; no key of a founder is left at the end."""


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_seeds_with_changes(first: int) -> None:
    """Every checker holds; after healing every change is seen through."""
    for seed in range(first, first + PER_TEST):
        result = run_seed(seed, changes=True)
        assert not result.problem, f"{result.problem}\nagain: {look_into(result).again}"


def replaced_plan(seed: int, lie: Lie) -> Plan:
    """The whole way round, with the faults of a seed and one founder that lies."""
    return replace(changing_plan(seed, 4), steps=ALL_REPLACED, liars=((3, lie),))


@pytest.mark.parametrize(("seed", "lie"), [(1, Lie.TWO_STORIES), (2, Lie.CONFLICTING_VOTES)])
def test_every_founder_is_replaced_under_load_with_one_that_lies(seed: int, lie: Lie) -> None:
    assert steps_valid(4, ALL_REPLACED)
    run = Run(replaced_plan(seed, lie))
    outcome = run.play()
    chain = run.cluster.honest[0].chain
    assert chain is not None
    left = {node.node_id: node for node in chain.committee.nodes}
    assert len(left) == 4 and chain.committee.epoch == len(ALL_REPLACED)
    assert left["node-notary"] == keys_named("notary", NEXT)  # type: ignore[index]
    assert outcome.records > 40
