"""Evidence (pitfall 13): equivocation is proven, kept once, and no honest node is ever accused."""

from dataclasses import replace

import pytest

from consensus.core.fault import (
    forgotten_commit,
    said_by_vote,
    two_new_views,
    two_votes,
)
from consensus.core.messages import Decided, Message, Phase, ViewChange, Vote
from consensus.core.testimony import HEIGHTS_MAX
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import Epoch, NodeId
from ledger.core.misconduct import Fault, FaultKind
from ledger.core.signing import sign_tagged
from ledger.core.statements import Statement, Word, slot_values
from ledger.errors import FormatError, VerificationError
from tests.consensus.core.scenarios import is_vote
from tests.consensus.core.world import (
    NETWORK,
    START_MS,
    World,
    certificate,
    commit,
    committee_of,
    genesis_head,
    header_on,
    new_view,
    pre_prepare,
    prepare,
    prepared,
    signer_of,
    slot,
    view_change,
)

HEAD = genesis_head()
ONE = header_on(HEAD, b"one", START_MS, "a")
TWO = header_on(HEAD, b"two", START_MS, "a")


def test_a_primary_that_tells_two_stories_is_proven_to_have_done_so() -> None:
    """a proposes one block to b and another to c and d; their Prepares bring it to light."""
    world = World(silent="a")
    world.hand("a", "b", pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a"))
    for name in "cd":
        world.hand("a", name, pre_prepare(slot(1, 0), HEAD, b"two", START_MS, "a"))
    world.settle()
    assert world.faults() == {("two-prepares", "a")}
    # Each half knows both statements, and each reports them once.
    assert [len(world.actors[name].faults) for name in "bcd"] == [1, 1, 1]
    world.wait(b"three")
    world.run(10_000)
    world.check_agreement()
    # "two" had a quorum of Prepares, with a's own; so it was carried into the next view.
    assert [world.payloads(name) for name in "bcd"] == [[b"two", b"three"]] * 3
    assert world.faults() == {("two-prepares", "a")}


def test_two_commits_of_one_slot_are_evidence() -> None:
    world = World(silent="d")
    for header in (ONE, TWO, TWO):
        world.hand("d", "a", commit(slot(1, 0), header.hash(), "d"))
    assert world.faults() == {("two-commits", "d")}
    assert len(world.actors["a"].faults) == 1


def test_two_new_views_of_one_slot_are_evidence() -> None:
    world = World(silent="bd")
    changes = {name: view_change(slot(1, 1), HEAD, name) for name in "abcd"}
    for names in ("abc", "abd"):
        world.hand("b", "a", new_view(slot(1, 1), [changes[name] for name in names], "b"))
    assert world.faults() == {("two-new-views", "b")}


def test_a_view_change_that_forgets_an_earlier_commit_is_evidence() -> None:
    for commit_first in (True, False):
        world = World(silent="d")
        said: list[Message] = [
            commit(slot(1, 1), ONE.hash(), "d"),
            view_change(slot(1, 2), HEAD, "d", prepared(slot(1, 0), ONE, "abc")),
        ]
        for message in said if commit_first else reversed(said):
            world.hand("d", "a", message)
        assert world.faults() == {("forgotten-commit", "d")}


def test_what_honest_nodes_do_is_no_fault() -> None:
    """The closed list: nothing of different views, heights or epochs, nothing said twice."""
    base = prepare(slot(1, 0), ONE.hash(), "d")
    for other in (
        base,
        prepare(slot(1, 1), TWO.hash(), "d"),
        prepare(slot(2, 0), TWO.hash(), "d"),
        prepare(slot(1, 0, epoch=1), TWO.hash(), "d"),
        prepare(slot(1, 0), TWO.hash(), "c"),
        commit(slot(1, 0), TWO.hash(), "d"),
    ):
        assert two_votes(base, other) is None, other
    done = commit(slot(1, 1), ONE.hash(), "d")
    proof = prepared(slot(1, 1), ONE, "abc")
    for change in (
        view_change(slot(1, 2), HEAD, "d", proof),
        view_change(slot(1, 1), HEAD, "d"),
        view_change(slot(2, 2), HEAD, "d"),
        view_change(slot(1, 2, epoch=1), HEAD, "d"),
        view_change(slot(1, 2), HEAD, "c"),
    ):
        assert forgotten_commit(done, change) is None, change
    assert (
        forgotten_commit(replace(done, phase=Phase.PREPARE), view_change(slot(1, 2), HEAD, "d"))
        is None
    )
    changes = [view_change(slot(1, 1), HEAD, name) for name in "abc"]
    assert (
        two_new_views(new_view(slot(1, 1), changes, "b"), new_view(slot(1, 1), changes, "b"))
        is None
    )


def test_honest_nodes_that_change_views_and_crash_are_never_accused() -> None:
    world = World()
    for number, down in enumerate("abcd"):
        world.crash(down)
        world.wait(b"work %d" % number)
        world.run(15_000, until=lambda: min(world.heights().values()) > len(world.actors))
        world.start(down)
        world.connect_all()
        world.run(3_000)
    world.check_agreement()
    assert set(world.heights().values()) == {4}
    assert world.faults() == set()


def test_honest_nodes_that_change_views_after_a_commit_are_never_accused() -> None:
    """d alone hears b's Commit of view 0; then b asks for view 1, and reports what it committed on."""
    world = World(view_timeout_ms=1_000)
    world.drop = lambda mail: is_vote(mail, Phase.COMMIT) and (mail.origin, mail.to) != ("b", "d")
    world.wait(b"one")
    world.run(200)
    assert set(world.heights().values()) == {0}
    world.crash("a")
    world.run(1_200)
    asked = [m.message for m in world.said if isinstance(m.message, ViewChange)]
    assert {(change.node, change.prepared_view) for change in asked} >= {("b", 0)}
    assert world.faults() == set()


def test_a_vote_under_another_name_or_a_broken_signature_is_dropped() -> None:
    world = World(silent="d")
    honest = commit(slot(1, 0), ONE.hash(), "d")
    for lie in (
        Vote(honest.phase, honest.slot, TWO.hash(), honest.node, honest.signature),
        Vote(honest.phase, honest.slot, honest.header_hash, ONE.proposer, honest.signature),
        replace(honest, phase=Phase.PREPARE),
    ):
        world.hand("d", "b", lie)
    assert world.actors["b"].live.situation.dropped_count == 3
    assert world.faults() == set()


def test_evidence_is_checked_for_what_it_says_and_not_only_for_its_signatures() -> None:
    """Whoever is shown a Fault can tell an accusation that proves nothing."""
    committee = committee_of(4)
    one, two = (prepare(slot(1, 0), header.hash(), "d") for header in (ONE, TWO))
    real = two_votes(one, two)
    assert real is not None
    real.verify(NETWORK, committee)
    done = commit(slot(1, 1), ONE.hash(), "d")
    hides = forgotten_commit(done, view_change(slot(1, 2), HEAD, "d"))
    assert hides is not None
    hides.verify(NETWORK, committee)
    honest = view_change(slot(1, 2), HEAD, "d", prepared(slot(1, 1), ONE, "abc"))
    for nothing in (
        replace(real, second=real.first),
        replace(real, kind=FaultKind.TWO_COMMITS),
        replace(real, kind=FaultKind.FORGOTTEN_COMMIT),
        replace(real, second=said_by_vote(prepare(slot(1, 1), TWO.hash(), "d"))),
        replace(hides, second=Statement(Word.VIEW_CHANGE, honest.body, honest.signature)),
        replace(real, node=ONE.proposer),
    ):
        with pytest.raises(VerificationError):
            nothing.verify(NETWORK, committee)


def test_bodies_that_are_no_statements_are_no_evidence_and_no_trace() -> None:
    """A key may sign anything: what is too short or too long for its tag says nothing."""

    def signed(word: Word, *items: Value) -> Statement:
        body = encode(items)
        return Statement(word, body, sign_tagged(signer_of("d"), Tag(word.value), body))

    at, other = (*slot_values(slot(1, 0)), bytes(32)), (*slot_values(slot(1, 0)), b"\1" * 32)
    one = said_by_vote(prepare(slot(1, 0), ONE.hash(), "d"))
    for kind, first, second in (
        (FaultKind.FORGOTTEN_COMMIT, signed(Word.COMMIT), signed(Word.VIEW_CHANGE)),
        (FaultKind.FORGOTTEN_COMMIT, signed(Word.COMMIT, *at), signed(Word.VIEW_CHANGE, *at)),
        (FaultKind.TWO_PREPARES, signed(Word.PREPARE, *at[:4]), one),
        (FaultKind.TWO_PREPARES, signed(Word.PREPARE, *at, 1), one),
        (FaultKind.TWO_NEW_VIEWS, signed(Word.NEW_VIEW, *at), signed(Word.NEW_VIEW, *other)),
        (FaultKind.TWO_COMMITS, signed(Word.COMMIT), signed(Word.COMMIT, 1)),
    ):
        with pytest.raises((FormatError, VerificationError)):
            accused = Fault(kind, NETWORK, Epoch(0), NodeId("d"), first, second)
            accused.verify(NETWORK, committee_of(4))


LATE: dict[str, tuple[Message, Message]] = {
    "prepares": (prepare(slot(1, 0), ONE.hash(), "d"), prepare(slot(1, 0), TWO.hash(), "d")),
    "commits": (commit(slot(1, 0), ONE.hash(), "d"), commit(slot(1, 0), TWO.hash(), "d")),
    "a change": (commit(slot(1, 1), ONE.hash(), "d"), view_change(slot(1, 2), HEAD, "d")),
    "a commit": (view_change(slot(1, 2), HEAD, "d"), commit(slot(1, 1), ONE.hash(), "d")),
}


@pytest.mark.parametrize("what", LATE)
def test_the_second_half_of_a_contradiction_counts_also_when_the_height_is_decided(
    what: str,
) -> None:
    """d is one of four, and nobody needs its votes: what it says late is evidence all the same."""
    soon, late = LATE[what]
    world = World(silent="d")
    world.wait(b"work")
    world.hand("d", "a", soon)
    world.run(2_000, until=lambda: world.heights()["a"] == 1)
    assert world.faults() == set()
    world.hand("d", "a", late)
    world.hand("d", "a", late)
    assert {node for _, node in world.faults()} == {"d"}
    assert len(world.actors["a"].faults) == 1


@pytest.mark.parametrize("stranger", ["x", "D"])
def test_a_late_word_in_a_name_that_no_committee_knows_is_dropped(stranger: str) -> None:
    """One flipped bit in the name of who proposed must end nobody (seed 1086 with changes)."""
    world = World(silent="d")
    world.wait(b"work")
    world.run(2_000, until=lambda: world.heights()["a"] == 1)
    late = pre_prepare(slot(1, 0), HEAD, b"work", START_MS, "d")
    named = replace(late, prepare=replace(late.prepare, node=NodeId(stranger)))
    for word in (
        named,
        named.prepare,
        replace(view_change(slot(1, 1), HEAD, "d"), node=NodeId(stranger)),
    ):
        world.hand("d", "a", word)
    assert world.faults() == set()
    world.hand("d", "a", late)
    assert world.heights()["a"] == 1


def test_what_honest_nodes_say_late_is_no_fault() -> None:
    """Everything that was said at decided heights comes again, and once more, to everybody."""
    world = World()
    world.drop = lambda mail: is_vote(mail, Phase.COMMIT) and world.now_ms < START_MS + 5_000
    for number in range(4):
        world.wait(b"work %d" % number)
        world.run(30_000, until=lambda number=number: min(world.heights().values()) > number)  # type: ignore[misc]
    assert min(world.heights().values()) == 4
    for mail in tuple(world.said):
        world.hand(mail.origin, mail.to, mail.message)
        world.mail.clear()
    assert world.faults() == set()


def test_a_height_is_listened_to_for_a_while_and_not_for_ever() -> None:
    world = World(silent="d")
    world.hand("d", "a", prepare(slot(1, 0), ONE.hash(), "d"))
    for number in range(HEIGHTS_MAX + 1):
        world.wait(b"work %d" % number)
        world.run(30_000, until=lambda number=number: world.heights()["a"] > number)  # type: ignore[misc]
    world.hand("d", "a", prepare(slot(1, 0), TWO.hash(), "d"))
    assert world.faults() == set()


def test_a_certificate_is_held_against_the_votes_inside_it() -> None:
    """d commits TWO towards a, and ONE in a certificate: both are its words."""
    world = World(silent="d")
    world.hand("d", "a", commit(slot(1, 0), TWO.hash(), "d"))
    world.hand("d", "a", Decided(ONE, certificate(slot(1, 0), ONE.hash(), "bcd")))
    assert world.faults() == {("two-commits", "d")}
