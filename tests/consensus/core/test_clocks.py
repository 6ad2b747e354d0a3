"""Time: fresh blocks are held or refused by clocks, patience doubles, and execution costs none."""

import pytest

from consensus.core.clock_rule import ClockRule, doubled
from consensus.core.config import Config
from consensus.core.messages import Phase, PrePrepare, ViewChange, Vote
from consensus.core.pacemaker import Pacemaker
from consensus.core.ready import Ready
from ledger.core.identifiers import Height, NodeId, View
from ledger.errors import FormatError
from tests.consensus.core.scenarios import is_vote
from tests.consensus.core.world import (
    NETWORK,
    START_MS,
    Actor,
    World,
    committee_of,
    genesis_head,
    pre_prepare,
    rebuilds,
    slot,
)

HEAD = genesis_head()


def config(**settings: int) -> Config:
    return Config(NETWORK, NodeId("a"), rebuilds, **settings)


def votes_of(world: World, name: str) -> int:
    return sum(isinstance(m.message, Vote) for m in world.said if m.origin == name)


def test_a_block_from_the_future_is_held_until_it_is_not() -> None:
    world = World(silent="a")
    world.hand("a", "b", pre_prepare(slot(1, 0), HEAD, b"one", START_MS + 800, "a"))
    world.run(299)
    assert votes_of(world, "b") == 0
    world.run(1)
    assert votes_of(world, "b") == 3


def test_a_block_from_the_past_gets_no_vote_and_the_bound_doubles_with_each_view() -> None:
    world = World(silent="a")
    world.run(2_001)
    world.hand("a", "b", pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a"))
    world.hand("a", "c", pre_prepare(slot(1, 0), HEAD, b"one", START_MS + 1, "a"))
    assert (votes_of(world, "b"), votes_of(world, "c")) == (0, 3)
    rule = ClockRule(config())
    committee = committee_of(4)
    for changes, bound_ms in ((0, 2_000), (1, 4_000), (4, 32_000), (5, 60_000), (1 << 62, 60_000)):
        assert rule.punctual(0, bound_ms, changes, committee)
        assert not rule.punctual(0, bound_ms + 1, changes, committee)


def test_a_block_that_is_not_later_than_its_parent_gets_no_vote() -> None:
    world = World(silent="a")
    world.hand("a", "b", pre_prepare(slot(1, 0), HEAD, b"one", HEAD.time_ms, "a"))
    assert votes_of(world, "b") == 0


def test_a_primary_takes_the_later_of_its_clock_and_the_parents_time() -> None:
    world = World(1)
    world.wait(b"one")
    world.run(100)
    first = world.actors["a"].chain[0].header.time_ms
    world.actors["a"].clock_off_ms = -10_000
    world.wait(b"two")
    world.run(100)
    # With one node no clocks are compared, but time never goes back.
    assert world.actors["a"].chain[1].header.time_ms == first + 1


def test_a_node_whose_clock_is_wrong_says_so_and_follows_without_voting() -> None:
    world = World()
    world.actors["d"].clock_off_ms = 3_600_000
    world.run(1_100)
    trusted = {actor.name: actor.live.clock_trusted for actor in world.up()}
    assert trusted == {"a": True, "b": True, "c": True, "d": False}
    world.said.clear()
    world.wait(b"one")
    world.run(1_000)
    assert set(world.heights().values()) == {1}
    assert votes_of(world, "d") == 0
    world.actors["d"].clock_off_ms = 0
    world.run(1_100)
    assert world.actors["d"].live.clock_trusted


def test_a_node_whose_clock_is_wrong_votes_for_no_block_that_is_as_wrong() -> None:
    """x = a proposes by d's clock, which is an hour ahead of b's and c's."""
    world = World(silent="a")
    world.actors["d"].clock_off_ms = 3_600_000
    world.run(1_100)
    time_ms = world.now_ms + 3_600_000
    world.hand("a", "d", pre_prepare(slot(1, 0), HEAD, b"one", time_ms, "a"))
    world.run(5_000)
    assert votes_of(world, "d") == 0


def test_a_node_whose_clock_is_wrong_votes_for_what_a_new_view_chose() -> None:
    """a, b and c have prepared the block; then a is gone, and without d there is no quorum."""
    world = World(view_timeout_ms=1_000)
    world.actors["d"].clock_off_ms = 3_600_000
    world.run(1_100)
    world.drop = lambda mail: is_vote(mail, Phase.COMMIT)
    world.wait(b"one")
    world.run(200)
    assert world.actors["b"].live.situation.prepared is not None
    assert votes_of(world, "d") == 0
    world.crash("a")
    world.drop = lambda mail: False
    world.run(10_000)
    assert not world.actors["d"].live.clock_trusted
    assert world.heights() == {"a": 0, "b": 1, "c": 1, "d": 1}


def test_a_primary_whose_clock_is_wrong_proposes_nothing_and_is_replaced() -> None:
    world = World(view_timeout_ms=1_000)
    world.actors["a"].clock_off_ms = -3_600_000
    world.run(1_100)
    world.wait(b"one")
    world.run(4_000)
    assert set(world.heights().values()) == {1}
    assert world.actors["b"].chain[0].header.proposer == "b"


def test_slow_execution_changes_no_view() -> None:
    """Pitfall 6: the clock of a view stands still while a block is judged."""
    world = World(view_timeout_ms=1_000)
    late: list[tuple[Actor, Ready]] = []
    perform = world.perform

    def slow(actor: Actor, ready: Ready) -> None:
        if ready.validate is not None:
            late.append((actor, ready))
            return
        perform(actor, ready)

    world.perform = slow  # type: ignore[method-assign]
    world.wait(b"one")
    world.run(30_000)
    world.perform = perform  # type: ignore[method-assign]
    for actor, ready in late:
        perform(actor, ready)
    world.run(900)
    assert set(world.heights().values()) == {1}
    assert not any(isinstance(m.message, ViewChange) for m in world.said)


def test_no_clock_runs_while_nothing_waits() -> None:
    world = World()
    world.run(120_000)
    assert {actor.live.situation.view for actor in world.up()} == {0}
    world.wait(b"x", "d")
    world.run(3_000)
    for actor in world.up():
        world.perform(actor, actor.live.waiting(False, world.now_ms))
    world.run(60_000)
    assert not any(isinstance(m.message, ViewChange) for m in world.said)


def test_patience_doubles_with_each_view_and_is_whole_again_after_a_commit() -> None:
    beat = Pacemaker(config(view_timeout_ms=1_000, view_timeout_max_ms=5_000))
    for changes, patience_ms in ((0, 1_000), (1, 2_000), (2, 4_000), (3, 5_000), (1 << 40, 5_000)):
        beat.run((Height(1), View(changes), True), changes, 10_000)
        assert beat.deadline_ms == 10_000 + patience_ms
    beat.run((Height(2), View(9), True), 0, 20_000)
    beat.run((Height(2), View(9), True), 0, 20_500)
    assert beat.deadline_ms == 21_000
    beat.pause(20_500)
    assert not beat.expired(1 << 50)
    beat.resume(25_500)
    assert (beat.expired(25_999), beat.expired(26_000)) == (False, True)
    beat.stop()
    assert not beat.expired(1 << 50)
    assert doubled(1, 1 << 62, 7) == 7


def test_a_bundle_that_is_passed_over_costs_the_primary_its_place_after_a_long_while() -> None:
    """The second clock: commits do not stop it (pitfall 18)."""
    world = World(passed_over_ms=10_000)
    for number in range(12):
        world.passed_over = "bcd"
        world.wait(b"other %d" % number)
        world.run(1_000)
        if number == 8:
            assert {actor.live.situation.view for actor in world.up()} == {0}
    assert {actor.live.situation.view for actor in world.up()} == {1}


def test_a_primary_lets_a_batch_gather() -> None:
    world = World(batch_ms=300)
    world.wait(b"one")
    world.run(299)
    assert not any(isinstance(m.message, PrePrepare) for m in world.said)
    world.run(2)
    assert set(world.heights().values()) == {1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_ms": 4_000},
        {"view_timeout_ms": 0},
        {"view_timeout_ms": 70_000},
        {"passed_over_ms": 4_000},
        {"clock_behind_ms": 61_000},
        {"early_per_peer_max": 0},
        {"kept_bytes_max": 1},
        {"request_backoff_max_ms": 1},
    ],
)
def test_settings_that_contradict_one_another_are_refused_at_start(wrong: dict[str, int]) -> None:
    """Pitfall 7: a batch that gathers longer than a view has patience, and the like."""
    with pytest.raises(FormatError, match=r"consensus\.config"):
        config(**wrong)


def test_a_clock_that_steps_back_an_hour_silences_nobody() -> None:
    world = World(view_timeout_ms=1_000, status_ms=60_000, resend_ms=60_000)
    world.run(3_700_000)
    for actor in world.up():
        actor.clock_off_ms = -3_600_000
    world.said.clear()
    world.crash("a")
    world.wait(b"one", "bcd")
    world.run(4_000)
    assert world.heights() == {"a": 0, "b": 1, "c": 1, "d": 1}


def test_patience_that_runs_while_a_clock_steps_back_still_ends() -> None:
    world = World(view_timeout_ms=1_000, status_ms=60_000, resend_ms=60_000)
    world.run(3_700_000)
    world.crash("a")
    world.wait(b"one", "bcd")
    world.run(500)
    for actor in world.up():
        actor.clock_off_ms = -3_600_000
        # A replica learns the time with its next input; whoever drives it looks at the clock.
        world.perform(actor, actor.live.tick(world.clock(actor)))
    world.run(4_000)
    assert world.heights() == {"a": 0, "b": 1, "c": 1, "d": 1}
