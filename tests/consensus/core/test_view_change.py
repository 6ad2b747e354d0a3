"""Replacing a primary: the right block is chosen, and a lost or huge message stops nothing."""

import itertools
import random
from dataclasses import replace

import pytest

from consensus.core.messages import (
    CertifiedBlock,
    NewView,
    Phase,
    PrePrepare,
    ViewChange,
)
from consensus.core.verification import check_new_view, choice
from ledger.core.identifiers import NodeId, View
from ledger.errors import VerificationError
from tests.consensus.core.scenarios import (
    a_commit_that_only_one_has_seen,
    an_old_view_change_of_another_height,
    five_nodes_and_one_that_votes_in_both_halves,
    is_vote,
    two_halves,
)
from tests.consensus.core.world import (
    START_MS,
    Mail,
    World,
    certificate,
    commit,
    committee_of,
    decided_block,
    genesis_head,
    header_on,
    new_view,
    pre_prepare,
    prepare,
    prepared,
    slot,
    view_change,
)

HEAD = genesis_head()


def test_a_dead_primary_is_replaced_and_its_successor_stays() -> None:
    world = World()
    world.crash("a")
    for number in range(3):
        world.wait(b"work %d" % number, "bcd")
        world.run(10_000 if number == 0 else 500)
    world.check_agreement()
    assert world.heights() == {"a": 0, "b": 3, "c": 3, "d": 3}
    # One view change in all: the view is carried from the parent's certificate.
    assert {block.certificate.slot.view for block in world.actors["c"].chain} == {1}
    world.start("a")
    world.connect_all()
    world.run(3_000)
    assert world.heights()["a"] == 3
    assert world.actors["a"].live.situation.view == 1


def test_every_set_of_view_changes_gives_the_prepared_block_of_the_highest_view() -> None:
    """Exhaustive for n = 4 (pitfall 5): each node reports nothing, or a block of view 0 … 2."""
    committee = committee_of(4)
    headers = [header_on(HEAD, b"block of view %d" % v, START_MS + v, "abc"[v]) for v in range(3)]
    proofs = [prepared(slot(1, v), headers[v], "abcd") for v in range(3)]
    reports = {
        name: [view_change(slot(1, 3), HEAD, name, proof) for proof in (None, *proofs)]
        for name in "abcd"
    }
    for names in itertools.combinations("abcd", committee.q):
        for changes in itertools.product(*(reports[name] for name in names)):
            views = [c.prepared_view for c in changes if c.prepared_view is not None]
            highest = max(views, default=None)
            proof = None if highest is None else proofs[highest]
            expected = None if proof is None else proof.header_hash
            assert choice(changes) == (highest, expected)
            check_new_view(new_view(slot(1, 3), changes, "d", proof), committee)
            for other in (None, *proofs):
                if other is not proof:
                    with pytest.raises(VerificationError):
                        check_new_view(new_view(slot(1, 3), changes, "d", other), committee)


def test_a_new_view_of_fewer_of_other_or_of_repeated_nodes_is_refused() -> None:
    committee = committee_of(4)
    ask = {name: view_change(slot(1, 1), HEAD, name) for name in "abcd"}
    good = new_view(slot(1, 1), [ask[name] for name in "abc"], "b")
    check_new_view(good, committee)
    proof = prepared(slot(1, 0), header_on(HEAD, b"one", START_MS, "a"), "abc")
    for wrong in (
        new_view(slot(1, 1), [ask["a"], ask["b"]], "b"),
        new_view(slot(1, 1), [ask["a"], ask["b"], ask["b"]], "b"),
        new_view(slot(1, 1), [ask["b"], ask["a"], ask["c"]], "b"),
        new_view(slot(1, 1), [ask[name] for name in "abc"], "c"),
        new_view(slot(1, 1), [ask["a"], ask["b"], view_change(slot(1, 2), HEAD, "c")], "b"),
        new_view(slot(1, 1), [ask["a"], ask["b"], view_change(slot(2, 1), HEAD, "c")], "b"),
        replace(good, changes=(*good.changes[:2], replace(good.changes[2], signature=bytes(64)))),
        replace(good, chosen=proof.header_hash, proof=proof),
    ):
        with pytest.raises(VerificationError):
            check_new_view(wrong, committee)


def test_a_report_without_its_certificate_or_with_another_is_refused() -> None:
    world = World(silent="d")
    one, two = (header_on(HEAD, text, START_MS, "a") for text in (b"one", b"two"))
    good = view_change(slot(1, 1), HEAD, "d", prepared(slot(1, 0), one, "abc"))
    short = view_change(slot(1, 1), HEAD, "d", prepared(slot(1, 0), one, "ab"))
    headless = view_change(slot(1, 1), HEAD, "d", prepared(slot(1, 0), one, "bcd"))
    for lie in (
        replace(good, proof=None),
        replace(good, proof=prepared(slot(1, 0), two, "abc")),
        short,
        headless,  # Without the primary's Prepare nothing is prepared.
        view_change(slot(1, 1), HEAD, "d", prepared(slot(1, 1), one, "abc")),
        view_change(slot(1, 1), HEAD, "d", prepared(slot(2, 0), one, "abc")),
    ):
        world.hand("d", "b", lie)
        assert world.actors["b"].live.situation.asking == ()
    world.hand("d", "b", good)
    assert world.actors["b"].live.situation.asking == ("d",)


def test_old_view_changes_of_another_height_do_not_fork_the_chain() -> None:
    """The thirteen steps; see the scenario."""
    world = an_old_view_change_of_another_height()
    assert world.faults() == set()


def test_a_block_that_only_one_node_saw_decided_is_decided_by_all() -> None:
    world = a_commit_that_only_one_has_seen()
    assert {world.payloads(name)[0] for name in "bcd"} == {b"decided"}


def test_no_half_of_the_committee_decides_anything() -> None:
    assert set(two_halves().heights().values()) != {0}


def test_five_nodes_decide_one_block_although_one_of_them_votes_in_both_halves() -> None:
    """Pitfall 22: q is four of five; 2f + 1 would be three."""
    assert set(five_nodes_and_one_that_votes_in_both_halves().heights().values()) != {0}


def test_commits_of_different_views_never_add_up_to_a_certificate() -> None:
    """Four nodes are enough (pitfall 10): a, b, c honest, x = d not; see the spec's scenario."""
    world = World(silent="d", view_timeout_ms=1_000, view_timeout_max_ms=30_000)
    drop: list[tuple[str, str]] = []
    world.drop = lambda mail: (mail.origin, mail.to) in drop or is_vote(mail, Phase.COMMIT)
    # View 0: only a becomes prepared on B.
    drop[:] = [("b", "c"), ("c", "b"), ("a", "d"), ("a", "b"), ("a", "c")]
    world.wait(b"B", "a")
    world.wait(b"B'", "bc")
    world.run(50)
    drop.clear()
    made = next(m.message for m in world.said if isinstance(m.message, PrePrepare))
    block = made.header
    world.hand("d", "a", prepare(slot(1, 0), block.hash(), "d"))
    drop[:] = [("b", "c"), ("c", "b"), ("a", "b"), ("a", "c")]
    for name in "bc":
        world.hand("a", name, made)
    world.settle()
    assert world.actors["a"].live.situation.prepared == block.hash()
    assert [world.actors[name].live.situation.prepared for name in "bc"] == [None, None]
    # View 1 (primary b) starts from {b, c, x}: free; only c becomes prepared on B'.
    drop[:] = [("a", "b"), ("a", "c"), ("c", "a"), ("b", "a")]
    world.run(1_200)
    world.hand("d", "b", view_change(slot(1, 1), HEAD, "d"))
    drop.append(("c", "b"))
    world.run(300)
    second = next(
        m.message
        for m in world.said
        if isinstance(m.message, PrePrepare) and m.message.slot == slot(1, 1)
    )
    assert second.payload == b"B'"
    world.hand("d", "c", prepare(slot(1, 1), second.prepare.header_hash, "d"))
    world.settle()
    prepared_on = [world.actors[name].live.situation.prepared for name in "abc"]
    assert prepared_on == [block.hash(), None, second.prepare.header_hash]
    # View 3 (primary x) starts from {a, b, x}: the highest certificate is a's, B.
    drop[:] = [(x, y) for x in "abc" for y in "abc"]
    for name in "abc":
        leave_to(world, name, 3)
    proof = world.actors["a"].live._at.here.promises.prepared
    assert proof is not None and proof.header_hash == block.hash()
    asks = [
        view_change(slot(1, 3), HEAD, "a", proof),
        view_change(slot(1, 3), HEAD, "b"),
        view_change(slot(1, 3), HEAD, "d"),
    ]
    third = new_view(slot(1, 3), asks, "d", proof)
    drop[:] = [("b", "a"), ("b", "c"), ("c", "a"), ("c", "b"), ("a", "c")]
    for name in "ab":
        world.hand("d", name, third)
        world.hand("d", name, prepare(slot(1, 3), block.hash(), "d"))
    world.settle()
    assert world.actors["b"].live.situation.prepared == block.hash()
    assert 3 in world.actors["b"].live._at.here.promises.commits
    assert 3 not in world.actors["a"].live._at.here.promises.commits
    # View 4 (primary a) starts from {a, c, x}: the highest certificate is c's, B'. It commits.
    world.said.clear()
    drop[:] = [("b", x) for x in "acd"] + [(x, "b") for x in "acd"]
    for name in "abc":
        leave_to(world, name, 4)
    world.settle()
    world.hand("d", "a", view_change(slot(1, 4), HEAD, "d"))
    world.settle()
    fourth = next(m.message for m in world.said if isinstance(m.message, NewView))
    assert fourth.chosen == second.prepare.header_hash
    for name in "ac":
        world.hand("d", name, prepare(slot(1, 4), second.prepare.header_hash, "d"))
    world.settle()
    # B now has Commits of a (view 0), b (view 3) and x (both): they are of two slots.
    for name in "abc":
        for voter, view in (("a", 0), ("b", 3), ("d", 0), ("d", 3)):
            world.hand("d", name, commit(slot(1, view), block.hash(), voter))
    world.settle()
    assert world.heights() == {"a": 0, "b": 0, "c": 0}
    for name in "ac":
        world.hand("d", name, commit(slot(1, 4), second.prepare.header_hash, "d"))
    world.drop = lambda mail: False
    world.run(5_000)
    world.check_agreement()
    assert {world.payloads(name)[0] for name in "abc"} == {b"B'"}


def leave_to(world: World, name: str, view: int) -> None:
    """Let a node ask for a view as if its clock had run out there."""
    actor = world.actors[name]
    if actor.live.situation.view < view:
        actor.live._at.view_changes.leave(View(view), world.clock(actor))
        world.perform(actor, actor.live.tick(world.clock(actor)))


def test_a_hidden_payload_is_found_with_whoever_has_prepared_it() -> None:
    """x alone shows the prepared certificate and hides the block; the new view proposes it still."""
    world = World(silent="d", view_timeout_ms=1_000)
    world.drop = lambda mail: is_vote(mail, Phase.PREPARE) or is_vote(mail, Phase.COMMIT)
    world.wait(b"one", "abc")
    world.drop = lambda mail: not isinstance(mail.message, PrePrepare) or mail.to == "c"
    world.run(100)
    made = next(m.message for m in world.said if isinstance(m.message, PrePrepare))
    # Only x gathers q Prepares: a's, b's and its own. a and b are not prepared; c has no block.
    hidden = prepared(slot(1, 0), made.header, "abd")
    assert all(actor.live.situation.prepared is None for actor in world.up())
    world.drop = lambda mail: mail.origin == "a" and isinstance(mail.message, PrePrepare)
    for name in "abc":
        world.hand("d", name, view_change(slot(1, 1), HEAD, "d", hidden))
    world.run(1_000)
    # a takes no part in the new view: b, c and x carry it, and b hands the block to c.
    world.drop = lambda mail: "a" in (mail.origin, mail.to)
    world.run(3_000)
    started = [m.message for m in world.said if isinstance(m.message, NewView)]
    assert started and started[0].chosen == hidden.header_hash
    for name in "bc":
        world.hand("d", name, prepare(slot(1, 1), hidden.header_hash, "d"))
        world.hand("d", name, commit(slot(1, 1), hidden.header_hash, "d"))
    world.settle()
    assert world.payloads("b") == world.payloads("c") == [b"one"]


def test_every_honest_node_derives_the_same_block_whatever_view_changes_are_lost() -> None:
    """Pitfall 1: NEW-VIEW carries the exact set, so it does not matter who received what."""
    for seed in range(30):
        dice = random.Random(seed)
        world = World(7, view_timeout_ms=1_000)
        world.drop = lambda mail, dice=dice: (  # type: ignore[misc]
            is_vote(mail, Phase.COMMIT) or (is_vote(mail, Phase.PREPARE) and dice.random() < 0.4)
        )
        world.wait(b"one")
        world.run(900)
        world.drop = lambda mail, dice=dice: (  # type: ignore[misc]
            isinstance(mail.message, ViewChange | NewView) and dice.random() < 0.4
        )
        world.crash("a")
        world.run(60_000, until=lambda w=world: all(len(a.chain) == 1 for a in w.up()))  # type: ignore[misc]
        world.check_agreement()
        assert all(len(actor.chain) == 1 for actor in world.up()), seed
        assert world.faults() == set()


def test_the_first_copy_of_everything_is_lost_and_the_height_is_decided() -> None:
    """Pitfall 2: last words are sent again."""
    world = World(view_timeout_ms=2_000)
    seen: set[tuple[str, str, str]] = set()

    def first(mail: Mail) -> bool:
        key = (mail.origin, mail.to, repr(mail.message))
        new = key not in seen
        seen.add(key)
        return new

    world.drop = first
    world.crash("a")
    world.wait(b"one", "bcd")
    world.run(60_000, until=lambda: all(len(actor.chain) == 1 for actor in world.up()))
    assert world.heights() == {"a": 0, "b": 1, "c": 1, "d": 1}


def test_a_huge_view_moves_nobody_and_costs_no_memory() -> None:
    """Pitfall 3: view 2⁶³ of one node, and a few thousand others."""
    world = World(silent="d", view_timeout_ms=1_000)
    for view in (1 << 63, *range(5, 1_000)):
        for name in "abc":
            world.hand("d", name, view_change(slot(1, view), HEAD, "d"))
            world.hand("d", name, prepare(slot(1, view), HEAD.header_hash, "d"))
    for actor in world.up():
        here = actor.live._at.here
        assert actor.live.situation.view == 0
        assert len(here.changes) == 1
        kept = len(list(here.votes.of_node(committee_of(4).nodes[3].node_id)))
        assert kept <= actor.config.views_per_node_max
    world.wait(b"one")
    world.run(500)
    assert world.heights() == {"a": 1, "b": 1, "c": 1}
    # The primary dies: with x's huge view in hand the others still go one view up, not 2⁶³.
    for name in "abc":
        world.hand("d", name, view_change(slot(2, 1 << 63), world.actors["a"].head, "d"))
    world.crash("a")
    world.wait(b"two", "bc")
    world.run(1_500)
    assert {actor.live.situation.view for actor in world.up()} == {1}


def test_one_node_that_asks_alone_moves_nobody_and_f_plus_one_move_all() -> None:
    world = World(7)
    for count, name in enumerate("cde"):
        leave_to(world, name, 5 + count)
        world.settle()
        joined = [actor.live.situation.view for actor in world.up() if actor.name in "abfg"]
        assert joined == ([0] * 4 if count < 2 else [5] * 4)


def test_the_clock_of_a_view_starts_only_once_a_quorum_asks_for_it() -> None:
    world = World(silent="d", view_timeout_ms=1_000)
    world.drop = lambda mail: True
    world.wait(b"one", "c")
    world.run(60_000)
    # c is alone: it asked once, and stays where it is instead of running ahead through the views.
    assert world.actors["c"].live.situation.view == 1
    for name in "ab":
        world.hand(name, "c", view_change(slot(1, 1), HEAD, name))
    world.run(2_500)
    assert world.actors["c"].live.situation.view == 2


def test_a_prepared_block_survives_clocks_that_are_an_hour_ahead() -> None:
    """Pitfall 8: a chosen block has no clock rule, or it would be refused for ever."""
    world = World(view_timeout_ms=1_000)
    world.drop = lambda mail: is_vote(mail, Phase.COMMIT)
    world.wait(b"one")
    world.run(200)
    block = world.actors["a"].live.situation.prepared
    assert block is not None
    for actor in world.actors.values():
        actor.clock_off_ms = 3_600_000
    world.crash("a")
    world.drop = lambda mail: False
    world.run(10_000)
    assert {actor.chain[0].header.hash() for actor in world.up()} == {block}
    assert world.actors["b"].chain[0].certificate.slot.view == 1


def test_a_node_with_a_parent_certificate_of_a_later_view_takes_the_silent_along() -> None:
    """A backup that has signed nothing at a height moves up to the view of the carried parent."""
    world = World(silent="d")
    made = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a")
    # The same block was committed in view 0 (a's certificate) and in view 1 (b's and c's).
    for name in "abc":
        at = slot(1, 0 if name == "a" else 1)
        decided = certificate(at, made.prepare.header_hash, "abd")
        world.actors[name].chain = [CertifiedBlock(made.header, made.payload, decided)]
        world.start(name)
    assert [actor.live.situation.view for actor in world.up()] == [0, 1, 1]
    world.run(600)
    world.wait(b"two", "b")
    world.run(300)
    assert [actor.live.situation.view for actor in world.up()] == [1, 1, 1]
    assert {actor.chain[1].certificate.slot.view for actor in world.up()} == {1}


def test_a_node_that_has_voted_at_a_height_is_not_moved_by_a_parent_certificate() -> None:
    world = World(silent="ab")
    made = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a")
    views = {view: certificate(slot(1, view), made.prepare.header_hash, "abd") for view in (0, 1)}
    c = world.actors["c"]
    c.chain = [CertifiedBlock(made.header, made.payload, views[0])]
    world.start("c")
    world.run(600)
    world.hand("a", "c", pre_prepare(slot(2, 0), c.head, b"two", world.now_ms, "a"))
    assert not c.live._at.here.promises.silent
    later = pre_prepare(slot(2, 1), c.head, b"other", world.now_ms, "b")
    world.hand("b", "c", replace(later, parent=views[1]))
    assert c.live.situation.view == 0
    assert len(c.live._at.here.promises.prepares) == 1


def test_a_parent_certificate_that_does_not_hold_moves_nobody() -> None:
    """Two of four nodes are no quorum: x = b cannot invent a view for the parent."""
    world = World(silent="ab")
    made = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a")
    hashed = made.prepare.header_hash
    c = world.actors["c"]
    c.chain = [CertifiedBlock(made.header, made.payload, certificate(slot(1, 0), hashed, "abd"))]
    world.start("c")
    world.run(600)
    later = pre_prepare(slot(2, 1), c.head, b"two", world.now_ms, "b")
    world.hand("b", "c", replace(later, parent=certificate(slot(1, 1), hashed, "ab")))
    assert c.live.situation.view == 0
    assert c.live._at.here.promises.silent


def test_a_primary_that_holds_more_view_changes_than_it_carries_chooses_from_those_it_carries() -> (
    None
):
    """Pitfall 1: b was listening while all four asked; d's certificate is not among the first three."""
    world = World(silent="acd")
    b = world.actors["b"]
    b.chain = [decided_block(HEAD, b"one", START_MS, "abc")]
    world.start("b")
    proof = prepared(slot(2, 0), header_on(b.head, b"two", START_MS + 1, "a"), "abd")
    for name in "acd":
        change = view_change(slot(2, 1), b.head, name, proof if name == "d" else None)
        world.hand(name, "b", change)
    world.run(b.config.listen_ms)
    started = next(m.message for m in world.said if isinstance(m.message, NewView))
    assert [change.node for change in started.changes] == ["a", "b", "c"]
    assert started.chosen is None
    check_new_view(started, committee_of(4))


def test_whoever_holds_a_new_view_hands_it_on() -> None:
    """x = b starts view 1 towards a alone; c and d hear it from a, as soon as they ask again."""
    world = World(silent="b", view_timeout_ms=1_000)
    world.wait(b"one", "acd")
    world.drop = lambda mail: mail.origin == "a" and isinstance(mail.message, PrePrepare)
    world.run(1_200)
    asked = {m.message.node: m.message for m in world.said if isinstance(m.message, ViewChange)}
    world.hand("b", "a", new_view(slot(1, 1), [asked[NodeId(name)] for name in "acd"], "b"))
    assert [actor.live.situation.active for actor in world.up()] == [True, False, False]
    world.run(1_100)
    assert {(a.live.situation.view, a.live.situation.active) for a in world.up()} == {(1, True)}
