"""Normal operation: blocks are agreed on, whatever the size of the committee."""

import pytest

from consensus.core.messages import PrePrepare, Vote
from tests.consensus.core.world import (
    START_MS,
    World,
    genesis_head,
    header_on,
    pre_prepare,
    prepare,
    slot,
)

HEAD = genesis_head()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 10, 32])
def test_a_committee_of_any_size_agrees_on_one_block_after_another(n: int) -> None:
    world = World(n)
    for number in range(3 if n < 10 else 1):
        world.wait(b"block %d" % number)
        world.run(1_000)
    world.check_agreement()
    assert set(world.heights().values()) == {3 if n < 10 else 1}
    assert world.faults() == set()


def test_only_the_primary_of_a_view_proposes_and_only_what_it_made() -> None:
    """b proposes in the view of a; then a proposes as its own what b has made."""
    world = World(silent="ab")
    by_b = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "b")
    made_by_b = header_on(HEAD, b"two", START_MS, "b")
    by_a = PrePrepare(prepare(slot(1, 0), made_by_b.hash(), "a"), made_by_b, None, b"two")
    for wrong in (by_b, by_a):
        world.hand(wrong.prepare.node, "c", wrong)
    assert not any(isinstance(mail.message, Vote) for mail in world.said)
    world.hand("a", "c", pre_prepare(slot(1, 0), HEAD, b"three", START_MS, "a"))
    assert any(isinstance(mail.message, Vote) for mail in world.said)


def test_a_primary_that_prepares_another_block_than_it_proposes_is_no_part_of_a_certificate() -> (
    None
):
    """Its PRE-PREPARE would be its Prepare, but its first word was for another block.

    b, c and d are q, and b could still not prove to anybody what it commits on.
    """
    world = World(silent="acd")
    other = pre_prepare(slot(1, 0), HEAD, b"other", START_MS, "a")
    proposed = pre_prepare(slot(1, 0), HEAD, b"proposed", START_MS, "a")
    world.hand("a", "b", other.prepare)
    world.hand("a", "b", proposed)
    for name in "cd":
        world.hand(name, "b", prepare(slot(1, 0), proposed.prepare.header_hash, name))
    promises = world.actors["b"].live._at.here.promises
    assert list(promises.prepares) == [0]
    assert list(promises.commits) == []
    assert world.faults() == {("two-prepares", "a")}
