"""Two processes with one key are told apart before either signs; no restart and no lie looks like it."""

from dataclasses import replace
from itertools import count

import pytest

from consensus.core.messages import Message, NewView, PrePrepare, ViewChange, Vote
from consensus.core.own_keys import OwnKeys
from consensus.presence import DOUBLE_MS, Presence, Presences
from ledger.core.committee import Committee
from ledger.core.identifiers import Epoch, NodeId
from tests.bits import flipped
from tests.consensus.core.world import NETWORK, World, committee_of, signer_of

COMMITTEE = committee_of(4)
A, B, C = map(NodeId, "abc")
NUMBERS = count(1)
NOW_MS = 1_000


def process(name: str, *renewed: str) -> Presences:
    """A process that begins on the folder of a node, or on a copy of it."""
    number = next(NUMBERS).to_bytes(16)
    keys = OwnKeys(signer_of(name), [signer_of(each) for each in renewed])
    return Presences(NETWORK, NodeId(name), keys, number)


def greet(
    one: tuple[NodeId, Presences], other: tuple[NodeId, Presences], now_ms: int = NOW_MS
) -> None:
    """`one` dials `other`: greeting, answer."""
    for (name, said), (to, hears) in ((one, other), (other, one)):
        word, shown = said.own(to, COMMITTEE), said.other(to)
        hears.told(name, shown)
        hears.greeted(name, word, COMMITTEE, now_ms)


def test_both_of_two_idle_processes_learn_of_each_other_by_one_peer() -> None:
    """Each new connection ends the other's, so both dial again and again."""
    true, copy, peer = process("a"), process("a"), process("b")
    for _ in range(3):
        greet((A, true), (B, peer))
        greet((A, copy), (B, peer))
    assert true.cloned and copy.cloned
    assert not peer.cloned
    assert peer.doubled(NOW_MS) == (A,)
    assert peer.doubled(NOW_MS + DOUBLE_MS) == ()


def test_a_node_that_is_started_often_is_nobodys_clone() -> None:
    peers = {B: process("b"), C: process("c")}
    for _ in range(4):
        node = process("a")
        for _ in range(3):
            for name, peer in peers.items():
                greet((A, node), (name, peer))
        assert not node.cloned
    assert all(peer.doubled(NOW_MS) == () for peer in peers.values())


def test_peers_that_lie_silence_nobody() -> None:
    """They show whatever earlier processes said, what they made up, and the node's own word."""
    older = process("a")
    older.told(B, process("a").own(B, COMMITTEE))
    kept = [older.own(B, COMMITTEE), process("a").own(B, COMMITTEE)]
    node = process("a")
    mine = node.own(B, COMMITTEE)
    named = replace(kept[0], heard=mine.incarnation)
    made_up = replace(process("b").own(A, COMMITTEE), heard=mine.incarnation)
    broken = replace(named, signature=flipped(named.signature))
    for shown in (*kept, mine, named, made_up, broken):
        assert not node.told(B, shown)
    assert not node.cloned


def test_a_word_that_names_this_process_is_proof_from_whomever_it_comes() -> None:
    true, copy = process("a"), process("a")
    copy.told(C, true.own(C, COMMITTEE))
    word = copy.own(C, COMMITTEE)
    assert true.told(B, word)
    assert not true.told(C, word), "said once"
    assert true.cloned


def test_a_peer_is_reported_by_its_own_word_only() -> None:
    """What another key signed, or a node outside the committee says, counts nowhere."""
    peer, true, copy = process("b"), process("a"), process("a")
    copy.told(B, true.own(B, COMMITTEE))
    true.told(B, copy.own(B, COMMITTEE))
    words = [true.own(B, COMMITTEE), copy.own(B, COMMITTEE)]
    for word in words:
        assert not peer.greeted(C, word, COMMITTEE, NOW_MS)
        assert not peer.greeted(NodeId("x"), word, COMMITTEE, NOW_MS)
        unsigned = Presence(word.incarnation, word.heard, flipped(word.signature))
        assert not peer.greeted(A, unsigned, COMMITTEE, NOW_MS)
    assert [peer.greeted(A, word, COMMITTEE, NOW_MS) for word in words] == [False, True]


def test_a_process_whose_key_was_renewed_without_it_is_told_of_the_other() -> None:
    """Nothing leads to the one that is behind any more, and it speaks by a key that counts no more."""
    behind, ahead, peer = process("a", "a again"), process("a", "a again"), process("b")
    first, *others = COMMITTEE.nodes
    renewed = replace(first, node_key=signer_of("a again").public_key)
    later = Committee(Epoch(COMMITTEE.epoch + 1), (renewed, *others))
    greet((A, behind), (B, peer))
    greet((A, ahead), (B, peer))
    for _ in range(2):
        for own, known in ((behind, COMMITTEE), (ahead, later)):
            word = own.own(B, known)
            peer.greeted(A, word, later, NOW_MS)
            own.told(B, peer.other(A))
    assert ahead.cloned or ahead.own(B, later).heard is not None
    assert behind.cloned


@pytest.mark.parametrize("silenced", ["a", "d"])
def test_a_silenced_replica_signs_nothing_and_follows(silenced: str) -> None:
    """Also the primary: the others change the view, and the silenced one takes their blocks."""
    world = World()
    world.actors[silenced].live.silence()
    world.wait(b"work")
    world.run(60_000, until=lambda: min(world.heights().values()) == 1)
    assert set(world.heights().values()) == {1}
    signed = Vote | PrePrepare | ViewChange | NewView
    assert not [mail for mail in world.said if signs(mail.message, NodeId(silenced))]
    assert any(isinstance(mail.message, signed) for mail in world.said)


def signs(message: Message, node: NodeId) -> bool:
    """Whether a message is a new word of a node, not one that it hands on."""
    if isinstance(message, PrePrepare):
        return message.prepare.node == node
    return isinstance(message, Vote | ViewChange | NewView) and message.node == node
