"""Where one committee ends and the next begins: whose votes count, in which view, after a restart too."""

from dataclasses import replace

import pytest

from consensus.core.messages import Phase, PrePrepare, Vote
from ledger.core.committee import Committee
from ledger.core.identifiers import Epoch
from tests.consensus.core.world import CHANGE, World, commit, committee_of, slot

REVERSED = Committee(Epoch(1), committee_of(4).nodes[::-1])
"""The same nodes and keys: only the epoch in each slot tells one committee's votes from the other's."""


def decide(world: World, payload: bytes, height: int, seconds: int = 60) -> None:
    world.wait(payload)
    world.run(seconds * 1_000, until=lambda: set(world.heights().values()) == {height})
    assert set(world.heights().values()) == {height}
    world.check_agreement()
    world.check_epochs()


def test_the_closing_block_is_the_old_committees_and_the_next_the_new_ones() -> None:
    world = World(later=REVERSED)
    decide(world, b"before", 1)
    decide(world, CHANGE, 2)
    decide(world, b"after", 3)
    closing, after = world.actors["b"].chain[1:]
    assert (closing.header.proposer, after.header.proposer) == ("a", "d")
    assert after.certificate.slot == slot(3, 0, epoch=1)


def test_the_first_height_of_an_epoch_starts_in_view_0_whatever_view_closed_the_last() -> None:
    """a is not heard, so the others close the epoch in view 1; d begins the next, and not c."""
    world = World(later=REVERSED)
    world.drop = lambda mail: isinstance(mail.message, PrePrepare) and mail.origin == "a"
    decide(world, CHANGE, 1)
    assert world.actors["b"].chain[0].certificate.slot.view == 1
    decide(world, b"after", 2)
    assert world.actors["b"].chain[1].certificate.slot == slot(2, 0, epoch=1)
    # Within an epoch the view is carried on, as ever.
    world.drop = lambda mail: isinstance(mail.message, PrePrepare) and mail.origin == "d"
    decide(world, b"in view 1", 3)
    world.drop = lambda mail: False
    decide(world, b"carried", 4)
    assert [block.certificate.slot.view for block in world.actors["b"].chain] == [1, 0, 1, 1]


@pytest.mark.parametrize("restarted", ["", "abcd"])
def test_votes_of_the_old_committee_decide_nothing_above_the_closing_block(restarted: str) -> None:
    world = World(later=REVERSED)
    decide(world, CHANGE, 1)
    for name in restarted:
        world.crash(name)
        world.start(name)
    world.connect_all()
    world.settle()
    world.drop = lambda mail: isinstance(mail.message, Vote) and mail.message.phase is Phase.COMMIT
    world.wait(b"after")
    world.run(800)
    (proposal,) = {
        mail.message.prepare.header_hash
        for mail in world.said
        if isinstance(mail.message, PrePrepare) and mail.message.slot.height == 2
    }
    for epoch in (0, 2):
        for name in "bcd":
            world.hand(name, "a", commit(replace(slot(2, 0), epoch=Epoch(epoch)), proposal, name))
    assert world.heights()["a"] == 1
    for name in "bcd":
        world.hand(name, "a", commit(slot(2, 0, epoch=1), proposal, name))
    assert world.heights()["a"] == 2
    world.check_epochs()
    assert world.faults() == set()
