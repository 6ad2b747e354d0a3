"""Coming back: by certificates only, donor by donor, whatever a peer claims."""

from dataclasses import replace

import pytest

from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    CertifiedBlock,
    Decided,
    PayloadAnswer,
    PayloadRequest,
    PrePrepare,
    Status,
    Vote,
    status_body,
)
from ledger.core.hashing import Tag
from ledger.core.identifiers import Height, NodeId
from ledger.core.signing import sign_tagged
from ledger.errors import InvariantBroken
from tests.consensus.core.world import (
    START_MS,
    Mail,
    World,
    certificate,
    decided_block,
    genesis_head,
    head_after,
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


def chain_of(length: int) -> list[CertifiedBlock]:
    head, blocks = HEAD, []
    for number in range(length):
        blocks.append(decided_block(head, b"block %d" % number, START_MS + number, "abc"))
        head = head_after(blocks[-1])
    return blocks


def status_of(name: str, height: int, now_ms: int) -> Status:
    at = slot(height, 0)
    signed = sign_tagged(signer_of(name), Tag.STATUS, status_body(at, HEAD.header_hash, now_ms))
    return Status(at, HEAD.header_hash, now_ms, NodeId(name), signed)


def test_a_node_that_was_away_follows_in_chunks() -> None:
    world = World(chunk_blocks_max=3)
    world.crash("d")
    for number in range(8):
        world.wait(b"work %d" % number, "abc")
        world.run(400)
    assert world.heights() == {"a": 8, "b": 8, "c": 8, "d": 0}
    world.said.clear()
    world.start("d")
    world.connect_all()
    world.run(3_000)
    assert world.heights()["d"] == 8
    world.check_agreement()
    chunks = [m.message for m in world.said if isinstance(m.message, Blocks)]
    assert max(len(chunk.blocks) for chunk in chunks) == 3
    assert len(chunks) >= 3


@pytest.mark.parametrize("after", range(6))
def test_a_crash_while_catching_up_loses_nothing(after: int) -> None:
    """Pitfall 12: d dies once `after` blocks have arrived, and goes on from there."""
    world = World(chunk_blocks_max=2)
    for name in "abc":
        world.actors[name].chain = chain_of(6)
        world.start(name)
    world.connect_all()
    world.run(10_000, until=lambda: world.heights()["d"] >= after)
    world.crash("d")
    world.start("d")
    world.run(10_000)
    assert world.heights()["d"] == 6


def test_a_claim_of_a_great_height_stops_nothing() -> None:
    """Pitfall 12: "I am at height 10⁹" costs one small request, now and then."""
    world = World(silent="d")
    world.run(500)
    world.said.clear()
    for step in range(60):
        for name in "abc":
            world.hand("d", name, status_of("d", 10**9, world.now_ms))
        if step % 10 == 0:
            world.wait(b"work %d" % step)
        world.run(1_000)
    assert world.heights() == {"a": 6, "b": 6, "c": 6}
    asked = [m for m in world.said if isinstance(m.message, BlocksRequest) and m.to == "d"]
    assert 3 <= len(asked) <= 3 * 8
    assert {actor.live.situation.certified for actor in world.up()} == {6}


def test_only_its_own_word_says_where_a_peer_stands() -> None:
    """d hands on what b has signed, as if it were at that height and had that clock itself."""
    world = World(silent="bd")
    world.run(500)
    world.said.clear()
    world.hand("d", "a", status_of("b", 9, world.now_ms + 3_600_000))
    world.run(900)
    assert not any(isinstance(m.message, BlocksRequest) for m in world.said)
    world.hand("b", "a", status_of("b", 9, world.now_ms))
    assert [m.to for m in world.said if isinstance(m.message, BlocksRequest)] == ["b"]


def test_a_certificate_above_the_head_stops_voting_and_is_worked_off() -> None:
    world = World(silent="ab")
    blocks = chain_of(3)
    world.hand("a", "c", Decided(blocks[2].header, blocks[2].certificate))
    world.said.clear()
    world.hand("a", "c", pre_prepare(slot(1, 0), HEAD, b"other", START_MS, "a"))
    assert not any(isinstance(m.message, Vote) for m in world.said)
    world.run(7_000)
    asked = [m.to for m in world.said if isinstance(m.message, BlocksRequest) and m.origin == "c"]
    assert {"a", "b", "d"} >= set(asked) and len(set(asked)) >= 2
    donor = asked[-1]
    world.hand(donor, "c", Blocks(tuple(blocks)))
    world.settle()
    assert world.heights()["c"] == 3


def test_a_certificate_above_the_head_that_does_not_hold_stops_nothing() -> None:
    """Pitfall 12: two votes of four say that height 3 is decided; c goes on voting at height 1."""
    world = World(silent="a")
    third = chain_of(3)[2]
    forged = replace(third.certificate, votes=third.certificate.votes[:2])
    world.hand("a", "c", Decided(third.header, forged))
    world.hand("a", "c", pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a"))
    assert world.actors["c"].live.situation.certified == 0
    assert any(isinstance(m.message, Vote) for m in world.said if m.origin == "c")


def test_what_a_donor_sends_is_believed_only_for_its_certificate() -> None:
    """Pitfall 11: a Byzantine donor with newer but uncertified, or otherwise wrong, blocks."""
    good = chain_of(2)
    head = head_after(good[0])
    newer = header_on(head, b"newer", START_MS + 1, "a")
    at = slot(2, 0)
    short = certificate(at, newer.hash(), "ab")
    mixed = certificate(at, newer.hash(), "ab")
    votes = (*mixed.votes, certificate(slot(2, 1), newer.hash(), "c").votes[0])
    twice = (*mixed.votes, mixed.votes[1])
    for wrong in (
        CertifiedBlock(newer, b"newer", short),
        CertifiedBlock(newer, b"newer", replace(mixed, votes=votes)),
        CertifiedBlock(newer, b"newer", replace(mixed, votes=twice)),
        replace(good[1], payload=b"not what the header commits to"),
    ):
        world = World(silent="ab")
        world.hand("a", "c", status_of("a", 3, START_MS))
        world.hand("a", "c", Blocks((good[0], wrong)))
        assert [block.header for block in world.actors["c"].chain] == [good[0].header]
        world.run(40_000)
        world.hand("b", "c", status_of("b", 3, world.now_ms))
        world.hand("b", "c", Blocks((good[1],)))
        assert world.heights()["c"] == 2


def test_a_chunk_that_nobody_asked_for_is_not_taken() -> None:
    world = World(silent="a")
    world.hand("a", "c", Blocks(tuple(chain_of(2))))
    assert world.heights()["c"] == 0


def test_a_stale_message_is_answered_with_the_certificate_but_not_every_time() -> None:
    world = World(silent="d")
    world.wait(b"one")
    world.run(2_000)
    stale = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a").prepare
    world.said.clear()
    for _ in range(50):
        world.hand("d", "a", stale)
    answers = [m.message for m in world.said if isinstance(m.message, Decided) and m.to == "d"]
    assert len(answers) == 1
    assert answers[0].header == world.actors["a"].chain[0].header


def test_a_block_whose_payload_never_came_is_fetched_by_its_hash() -> None:
    world = World()
    world.drop = lambda mail: isinstance(mail.message, PrePrepare) and mail.to == "d"
    world.wait(b"one")
    world.run(900)
    assert set(world.heights().values()) == {1}
    assert any(isinstance(m.message, PayloadRequest) and m.origin == "d" for m in world.said)


def test_a_broken_copy_under_a_good_header_hash_poisons_nothing() -> None:
    """Pitfall 26: no verdict and no memory of bytes that do not rebuild the header."""
    world = World(silent="a")
    good = pre_prepare(slot(1, 0), HEAD, b"one", START_MS, "a")
    world.hand("a", "b", replace(good, payload=b"broken"))
    assert world.actors["b"].judged == []
    world.hand("a", "b", good)
    assert world.actors["b"].judged == [good.prepare.header_hash]
    for name in "cd":
        world.hand("a", name, good)
    world.settle()
    # The same by fetch: a certified block, first broken, then whole.
    world = World(silent="ab")
    decided = decided_block(HEAD, b"one", START_MS, "abc")
    world.hand("a", "c", Decided(decided.header, decided.certificate))
    hashed = decided.certificate.header_hash
    world.hand("a", "c", PayloadAnswer(decided.header, hashed, b"broken"))
    assert world.heights()["c"] == 0
    world.hand("b", "c", PayloadAnswer(decided.header, hashed, b"one"))
    assert world.heights()["c"] == 1


def test_a_false_block_gets_no_vote_and_a_certified_one_stops_the_node() -> None:
    """Pitfall 25: a node that disagrees with a certificate stops; it never shrugs."""
    world = World(silent="a")
    bad = pre_prepare(slot(1, 0), HEAD, b"bad", START_MS, "a")
    world.hand("a", "b", bad)
    assert world.actors["b"].judged and not any(
        isinstance(m.message, Vote) for m in world.said if m.origin == "b"
    )
    with pytest.raises(InvariantBroken):
        decided = certificate(slot(1, 0), bad.prepare.header_hash, "acd")
        world.hand("a", "b", Decided(bad.header, decided))


def test_two_certificates_of_one_height_stop_the_node() -> None:
    world = World(silent="ab")
    one = decided_block(HEAD, b"one", START_MS, "abc")
    two = decided_block(HEAD, b"two", START_MS, "abc")
    world.hand("a", "c", Decided(one.header, one.certificate))
    with pytest.raises(InvariantBroken):
        world.hand("a", "c", Decided(two.header, two.certificate))


def test_early_messages_are_kept_in_a_bounded_room_and_used_in_time() -> None:
    world = World()
    world.drop = lambda mail: mail.to == "d" and isinstance(mail.message, Vote)
    held: list[Mail] = []
    world.wait(b"one", "abc")
    world.run(100)

    def hold(mail: Mail) -> bool:
        if mail.to == "d":
            held.append(mail)
        return mail.to == "d"

    world.drop = hold
    world.wait(b"two", "abc")
    world.run(100)
    assert world.heights() == {"a": 2, "b": 2, "c": 2, "d": 0}
    world.drop = lambda mail: mail.origin == "d"
    for mail in held:
        world.hand(mail.origin, "d", mail.message)
    decided = world.actors["a"].chain[0]
    world.hand("a", "d", Decided(decided.header, decided.certificate))
    # The votes of height 2 were there before height 1 was decided.
    assert world.heights()["d"] == 2
    room = world.actors["d"].live._reception._early
    for view in range(1_000):
        vote = prepare(slot(4, view), decided.header.hash(), "c")
        world.hand("c", "d", vote)
    assert len(room._of[NodeId("c")]) <= world.actors["d"].config.early_per_peer_max


def test_messages_of_another_network_or_epoch_mean_nothing_here() -> None:
    """Pitfall 19: the epoch is in every signed byte."""
    world = World(silent="a")
    head = HEAD
    for at in (
        slot(1, 0, epoch=1),
        replace(slot(1, 0), network_id=type(head.network_id)(bytes(32))),
    ):
        header = replace(
            header_on(head, b"one", START_MS, "a"), epoch=at.epoch, network_id=at.network_id
        )
        world.hand("a", "b", PrePrepare(prepare(at, header.hash(), "a"), header, None, b"one"))
    assert not any(isinstance(m.message, Vote) for m in world.said)
    assert world.actors["b"].live.situation.height == Height(1)


def test_a_donor_that_sends_old_blocks_for_ever_is_not_asked_for_ever() -> None:
    world = World(silent="a")
    old = chain_of(1)
    world.actors["c"].chain = list(old)
    world.start("c")
    for _ in range(50):
        world.hand("a", "c", status_of("a", 9, world.now_ms))
        world.hand("a", "c", Blocks(tuple(old)))
    asked = [m for m in world.said if isinstance(m.message, BlocksRequest) and m.origin == "c"]
    assert len(asked) == 1


def test_a_peer_that_asks_for_chunks_without_end_is_served_now_and_then() -> None:
    world = World(silent="d")
    world.wait(b"one")
    world.run(2_000)
    world.said.clear()
    for _ in range(50):
        world.hand("d", "a", BlocksRequest(Height(1)))
    served = sum(isinstance(m.message, Blocks) for m in world.said)
    assert served == world.actors["a"].config.chunks_per_answer_max


@pytest.mark.parametrize("answer", ["another block", "old blocks"])
def test_a_donor_that_answers_beside_the_point_is_not_asked_for_ever(answer: str) -> None:
    """A chosen block that d lacks: a voted for it, so it is asked first, and it sends rubbish."""
    world = World(silent="a")
    (first,) = chain_of(1)
    for name in "bcd":
        world.actors[name].chain = [first]
        world.start(name)
    head = head_after(first)
    chosen = pre_prepare(slot(2, 0), head, b"chosen", START_MS + 1, "a")
    proof = prepared(slot(2, 0), chosen.header, "abc")
    rubbish = header_on(head, b"rubbish", START_MS + 1, "a")
    answers: dict[str, PayloadAnswer | Blocks] = {
        "another block": PayloadAnswer(rubbish, rubbish.hash(), b"rubbish"),
        "old blocks": Blocks((first,)),
    }
    beside = answers[answer]
    world.run(1_000)
    changes = [
        view_change(slot(2, 1), head, name, proof if name == "b" else None) for name in "bcd"
    ]
    world.said.clear()
    world.hand("b", "d", new_view(slot(2, 1), changes, "b", proof))
    asked: list[str] = []
    for _ in range(50):
        new = [m for m in world.said if isinstance(m.message, PayloadRequest)]
        world.said.clear()
        asked += [mail.to for mail in new]
        if any(mail.to == "a" for mail in new):
            world.hand("a", "d", beside)
    assert asked == ["a", "b"]
