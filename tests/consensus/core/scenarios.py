"""Stories in which a weaker protocol forks; each ends by asking whether all chains are one.

Without its safety rule, the same story ends with two blocks at one height: see `tests/mutants`.
"""

from dataclasses import replace

from consensus.core.messages import Decided, Message, Phase, PrePrepare, ViewChange, Vote
from tests.consensus.core.world import (
    Mail,
    World,
    commit,
    genesis_head,
    new_view,
    pre_prepare,
    prepare,
    slot,
    view_change,
)


def is_vote(mail: Mail, phase: Phase) -> bool:
    return isinstance(mail.message, Vote) and mail.message.phase is phase


def tells_of_decision(mail: Mail) -> bool:
    return is_vote(mail, Phase.COMMIT) or isinstance(mail.message, Decided)


def first_said(world: World, kind: type[PrePrepare]) -> PrePrepare:
    return next(m.message for m in world.said if isinstance(m.message, kind))


def two_halves() -> World:
    """Four honest nodes, cut in two halves, each with work of its own."""
    world = World(view_timeout_ms=1_000, view_timeout_max_ms=4_000)
    halves = {name: name in "ab" for name in "abcd"}
    world.drop = lambda mail: halves[mail.origin] != halves[mail.to]
    world.wait(b"left", "ab")
    world.wait(b"right", "cd")
    world.run(30_000)
    world.check_agreement()
    assert set(world.heights().values()) == {0}, "half of the nodes decided"
    world.drop = lambda mail: False
    world.run(20_000)
    world.check_agreement()
    return world


def five_nodes_and_one_that_votes_in_both_halves() -> World:
    """n = 5 is not 3f + 1: a and c here, b and d there, and x = e votes for what either half has.

    With three votes each half decides: a's block in view 0, b's in view 1.
    """
    world = World(5, silent="e", view_timeout_ms=1_000)
    world.drop = lambda mail: (mail.origin in "ac") != (mail.to in "ac")
    world.wait(b"left", "ac")
    world.wait(b"right", "bd")
    world.run(100)
    _vote_along(world, first_said(world, PrePrepare), "ac", "e")
    world.said.clear()
    world.run(1_200)
    for name in "bd":
        world.hand("e", name, view_change(slot(1, 1), genesis_head(), "e"))
    world.run(100)
    for made in [m.message for m in world.said if isinstance(m.message, PrePrepare)]:
        _vote_along(world, made, "bd", "e")
    world.check_agreement()
    assert set(world.heights().values()) == {0}, "two honest nodes and a liar decided"
    world.drop = lambda mail: False
    world.run(20_000)
    world.check_agreement()
    return world


def a_commit_that_only_one_has_seen() -> World:
    """a alone learns that its block is decided, and is then cut off; the others change the view."""
    world = World(view_timeout_ms=1_000)
    world.drop = lambda mail: mail.to != "a" and tells_of_decision(mail)
    world.wait(b"decided", "a")
    world.wait(b"something else", "bcd")
    world.run(100)
    assert world.heights() == {"a": 1, "b": 0, "c": 0, "d": 0}
    world.drop = lambda mail: "a" in (mail.origin, mail.to)
    world.run(5_000)
    world.check_agreement()
    assert world.payloads("b")[0] == b"decided"
    return world


def an_old_view_change_of_another_height() -> World:
    """The thirteen steps: c once timed out alone at height 1; x = b uses it at height 2.

    c has since voted in view 0 of height 2; the old message says that it prepared nothing.
    """
    world = World(silent="b", view_timeout_ms=1_000)
    # 1 – 3: c alone has work, times out, asks for view 1 of height 1.
    world.wait(b"unknown to the others", "c")
    world.run(1_200)
    old = next(m.message for m in world.said if isinstance(m.message, ViewChange))
    assert (old.node, old.slot) == ("c", slot(1, 1))
    # 4 – 6: height 1 is decided in view 0 by a, d and x; c follows, and is free again.
    world.work.clear()
    world.wait(b"one", "ad")
    world.run(500)
    _vote_along(world, first_said(world, PrePrepare), "acd")
    assert world.heights() == {"a": 1, "c": 1, "d": 1}
    assert world.actors["c"].live.situation.active
    # 7: d alone has work at height 2, and asks for view 1 with nothing prepared.
    world.drop = lambda mail: True
    world.said.clear()
    world.wait(b"known to d", "d")
    world.run(1_200)
    fresh = next(m.message for m in world.said if isinstance(m.message, ViewChange))
    assert (fresh.node, fresh.slot, fresh.prepared_view) == ("d", slot(2, 1), None)
    # 8 – 9: a, c and x decide height 2 in view 0; only a learns it, d sees none of it.
    world.drop = lambda mail: mail.to == "d" or (mail.to == "c" and tells_of_decision(mail))
    world.said.clear()
    world.wait(b"two", "ac")
    world.run(100)
    two = first_said(world, PrePrepare)
    world.hand("b", "c", prepare(slot(2, 0), two.prepare.header_hash, "b"))
    _vote_along(world, two, "a")
    assert world.heights() == {"a": 2, "c": 1, "d": 1}
    assert 0 in world.actors["c"].live._at.here.promises.commits
    # 10 – 11: x starts view 1 of height 2 from its own, the old one of c, and the fresh one of d.
    head = world.actors["c"].head
    changes = [
        view_change(slot(2, 1), head, "b"),
        replace(old, slot=slot(2, 1), parent=head.header_hash),
        fresh,
    ]
    forged = new_view(slot(2, 1), changes, "b")
    other = pre_prepare(slot(2, 1), head, b"fork", world.now_ms, "b")
    # 12 – 13: and proposes another block in it.
    world.drop = lambda mail: "a" in (mail.origin, mail.to)
    for name in "cd":
        world.hand("b", name, forged)
        world.hand("b", name, other)
    world.settle()
    _vote_along(world, other, "cd")
    world.check_agreement()
    world.drop = lambda mail: False
    world.run(5_000)
    world.check_agreement()
    assert {tuple(world.payloads(name))[:2] for name in "acd"} == {(b"one", b"two")}
    return world


def _vote_along(world: World, made: PrePrepare, names: str, liar: str = "b") -> None:
    """The liar votes for a block, in both phases, towards some nodes."""
    for speak in (prepare, commit):
        for name in names:
            message: Message = speak(made.slot, made.prepare.header_hash, liar)
            world.hand(liar, name, message)
        world.settle()
