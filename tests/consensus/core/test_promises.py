"""Amnesia (pitfall 14): nothing that was signed is forgotten, and nothing contradicts it later."""

import pytest

from consensus.core.message_encoding import encode_message
from consensus.core.messages import NewView, Phase, PrePrepare, ViewChange, Vote
from consensus.core.ready import EntryKind, JournalEntry, Ready
from consensus.core.replica import Replica
from ledger.core.identifiers import NodeId
from ledger.errors import InvariantBroken, StoreError
from tests.consensus.core.world import (
    START_MS,
    Actor,
    World,
    decided_block,
    genesis_head,
    pre_prepare,
    signer_of,
    slot,
    view_change,
)


def own_votes(world: World, name: str) -> list[bytes]:
    """Every vote and view change that `name` has sent, as bytes, without repetition."""
    sent: dict[bytes, None] = {}
    for mail in world.said:
        message = mail.message
        if isinstance(message, PrePrepare):
            message = message.prepare
        if isinstance(message, Vote | ViewChange | NewView) and message.node == name:
            sent[encode_message(message)] = None
    return list(sent)


class Watch:
    """A world in which every Ready is checked before it is performed."""

    def __init__(self, world: World) -> None:
        self.perform = world.perform
        world.perform = self.checked  # type: ignore[method-assign]

    def checked(self, actor: Actor, ready: Ready) -> None:
        durable = {entry.body for entry in (*actor.journal, *ready.persist)}
        blocks = b"".join(durable)
        for send in ready.send:
            message = send.message
            if isinstance(message, PrePrepare):
                assert message.payload in blocks
                message = message.prepare
            if isinstance(message, Vote | ViewChange | NewView) and message.node == actor.name:
                assert any(encode_message(message) in body for body in durable), message
        self.perform(actor, ready)


def test_every_signature_is_durable_before_it_is_sent() -> None:
    world = World()
    Watch(world)
    world.wait(b"one")
    world.run(500)
    world.crash("a")
    world.wait(b"two", "bcd")
    world.run(20_000, until=lambda: world.heights()["b"] == 2)
    world.check_agreement()
    assert world.heights() == {"a": 1, "b": 2, "c": 2, "d": 2}


@pytest.mark.parametrize("kept", range(4))
def test_a_crash_at_any_point_between_persist_and_send_contradicts_nothing(kept: int) -> None:
    """b dies with `kept` of its journal entries durable; another block must not get its vote."""
    world = World(silent="a")
    one = pre_prepare(slot(1, 0), genesis_head(), b"one", START_MS, "a")
    two = pre_prepare(slot(1, 0), genesis_head(), b"two", START_MS, "a")
    world.drop = lambda mail: mail.origin == "b"
    for name in "bcd":
        world.hand("a", name, one)
    world.settle()
    world.drop = lambda mail: False
    b = world.actors["b"]
    assert [entry.kind for entry in b.journal] == [
        EntryKind.BLOCK,
        EntryKind.PREPARE,
        EntryKind.COMMIT,
    ]
    world.crash("b")
    b.journal, b.chain = b.journal[:kept], []
    world.said.clear()
    world.start("b")
    world.run(1_000)
    world.hand("a", "b", two)
    world.settle()
    votes = [m.message for m in world.said if isinstance(m.message, Vote)]
    prepared = {v.header_hash for v in votes if v.node == "b" and v.phase is Phase.PREPARE}
    # Had the Prepare not been durable it was not sent either, and any one block may get it now.
    assert prepared == ({one.prepare.header_hash} if kept >= 2 else {two.prepare.header_hash})


def test_after_a_restart_the_same_bytes_are_sent_again() -> None:
    world = World()
    world.drop = lambda mail: isinstance(mail.message, Vote) and mail.message.phase is Phase.COMMIT
    world.wait(b"one")
    world.run(200)
    before = {name: set(own_votes(world, name)) for name in "abcd"}
    assert all(len(said) == 2 for said in before.values())
    for name in "abcd":
        world.crash(name)
    world.said.clear()
    for name in "abcd":
        world.start(name)
    world.settle()
    assert {name: set(own_votes(world, name)) for name in "abcd"} == before
    world.drop = lambda mail: False
    world.run(5_000, until=lambda: set(world.heights().values()) == {1})
    world.check_agreement()
    assert world.payloads("a") == [b"one"]
    assert world.faults() == set()


def test_a_view_that_was_asked_for_is_remembered_through_a_restart() -> None:
    world = World()
    world.drop = lambda mail: mail.origin == "a" or mail.to == "a"
    world.wait(b"one", "b")
    world.run(4_500)
    assert not world.actors["b"].live.situation.active
    asked = next(m.message for m in world.said if isinstance(m.message, ViewChange))
    world.crash("b")
    world.said.clear()
    world.start("b")
    world.settle()
    assert world.actors["b"].live.situation.view == 1
    assert asked in [m.message for m in world.said]
    late = pre_prepare(slot(1, 0), genesis_head(), b"one", world.now_ms, "a")
    world.run(1_000)
    world.hand("a", "b", late)
    assert not any(isinstance(m.message, Vote) for m in world.said if m.origin == "b")


def test_a_node_that_was_alone_for_one_timeout_is_free_again_at_the_next_commit() -> None:
    world = World()
    world.wait(b"never proposed", "d")
    world.run(4_500)
    assert not world.actors["d"].live.situation.active
    world.wait(b"one", "abc")
    world.run(1_000)
    assert set(world.heights().values()) == {1}
    after = world.actors["d"].live.situation
    assert (after.active, after.view) == (True, 0)


def test_a_journal_that_contradicts_itself_or_the_chain_stops_the_node() -> None:
    world = World()
    world.wait(b"one")
    world.drop = lambda mail: isinstance(mail.message, Vote) and mail.message.phase is Phase.COMMIT
    world.run(200)
    b = world.actors["b"]
    head = genesis_head()

    def restart(journal: list[JournalEntry]) -> Replica:
        return Replica(b.config, signer_of("b"), world.committee, head, None, journal)

    restart(b.journal)
    restart([*b.journal, b.journal[1]])
    other = pre_prepare(slot(1, 0), head, b"two", START_MS, "b").prepare
    for broken in (
        [*b.journal, JournalEntry(EntryKind.PREPARE, b.journal[0].height, encode_message(other))],
        [JournalEntry(EntryKind.COMMIT, b.journal[0].height, b.journal[1].body)],
        [JournalEntry(b.journal[1].kind, b.journal[1].height, b.journal[1].body[:-1])],
        [JournalEntry(b.journal[1].kind, type(head.height)(9), b.journal[1].body)],
    ):
        with pytest.raises(StoreError):
            restart(broken)


def test_the_signing_place_itself_refuses_to_break_a_promise() -> None:
    world = World(silent="a")
    for name in "bcd":
        world.hand("a", name, pre_prepare(slot(1, 0), genesis_head(), b"one", START_MS, "a"))
    b = world.actors["b"].live
    promises = b._at.here.promises
    block = promises.blocks[next(iter(promises.blocks))]
    with pytest.raises(InvariantBroken):
        promises.prepare(slot(1, 0), block)
    promises.view_change(slot(1, 3), genesis_head().header_hash)
    with pytest.raises(InvariantBroken):
        promises.prepare(slot(1, 2), block)
    with pytest.raises(InvariantBroken):
        promises.view_change(slot(1, 3), genesis_head().header_hash)


def test_a_signature_of_ours_that_we_do_not_remember_silences_us_at_this_height() -> None:
    """Cloned, or restored from yesterday's copy (pitfall 16)."""
    world = World()
    world.wait(b"one")
    world.drop = lambda mail: isinstance(mail.message, Vote) and mail.message.phase is Phase.COMMIT
    world.run(200)
    world.crash("b")
    world.actors["b"].journal.clear()
    world.start("b")
    world.said.clear()
    for peer in "acd":
        peers = world.actors[peer]
        world.perform(peers, peers.live.connected(NodeId("b"), world.now_ms))
    world.settle()
    assert world.actors["b"].live.situation.muted
    world.drop = lambda mail: False
    world.run(3_000)
    # The others commit without b, b follows their certificate, and votes again above it.
    assert set(world.heights().values()) == {1}
    assert not any(isinstance(m.message, Vote) for m in world.said if m.origin == "b")
    world.wait(b"two")
    world.run(2_000)
    assert set(world.heights().values()) == {2}
    assert [actor.live.situation.muted for actor in world.up()] == [False] * 4
    assert world.faults() == set()


def test_restored_promises_are_of_the_open_height_only() -> None:
    world = World()
    world.wait(b"one")
    world.run(500)
    b = world.actors["b"]
    assert b.journal and b.head.height == 1
    replica = Replica(
        b.config, signer_of("b"), world.committee, b.head, b.chain[-1].header, b.journal
    )
    assert replica._at.here.promises.silent
    change = view_change(slot(2, 1), b.head, "c")
    replica.start(world.now_ms)
    replica.receive(NodeId("c"), change, world.now_ms)
    assert replica.situation.view == 0


def test_a_restarted_node_listens_before_it_signs() -> None:
    """Pitfall 16: what its key has signed elsewhere it can only hear."""
    world = World(silent="a")
    b = world.actors["b"]
    b.chain = [decided_block(genesis_head(), b"one", START_MS, "abc")]
    world.start("b")
    world.hand("a", "b", pre_prepare(slot(2, 0), b.head, b"two", world.now_ms + 1, "a"))
    world.run(b.config.listen_ms - 1)
    assert own_votes(world, "b") == []
    world.run(1)
    assert len(own_votes(world, "b")) == 1
