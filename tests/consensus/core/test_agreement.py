"""Normal operation: blocks are agreed on, whatever the size of the committee."""

import pytest

from tests.consensus.core.world import World


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 10, 32])
def test_a_committee_of_any_size_agrees_on_one_block_after_another(n: int) -> None:
    world = World(n)
    for number in range(3 if n < 10 else 1):
        world.wait(b"block %d" % number)
        world.run(1_000)
    world.check_agreement()
    assert set(world.heights().values()) == {3 if n < 10 else 1}
    assert world.faults() == set()
