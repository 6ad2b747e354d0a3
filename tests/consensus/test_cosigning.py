"""What a node cosigns, and what of its peers' words it believes."""

from dataclasses import replace

import pytest

from consensus.cosigning import AHEAD_MAX, Cosignature, Cosigner, decode_cosignature
from consensus.events import Events
from consensus.signed_mark import SignedMark
from ledger.codes import Code
from ledger.core.block import Head
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import Height, NodeId
from ledger.core.note import parse_line
from ledger.errors import FormatError, InvariantBroken, VerificationError
from ledger.store.memory import MemoryStore
from tests.consensus.memory_file import MemoryFile
from tests.ledger.small_chain import GENESIS, SmallChain, make_bundle, node_signer
from tests.vectors.small_network import small_record

OWN = NodeId("node-centre")


class Stage:
    """A chain with one block, and the cosigner of its first node."""

    def __init__(self) -> None:
        self.small = SmallChain(MemoryStore())
        self.small.commit([make_bundle([small_record("a")])])
        self.events = Events()
        self.signed = MemoryFile("signed")
        self.reopen()

    def reopen(self) -> None:
        self.small.reopen()
        chain = self.small.chain
        mark, keys = SignedMark(self.signed, GENESIS.network_id, OWN), (node_signer(OWN),)
        self.cosigner = Cosigner(OWN, GENESIS.origin, keys, chain, mark, self.events)

    @property
    def head(self) -> Head:
        return self.small.chain.head

    def from_peer(self, name: str, head: Head | None = None, time_s: int = 10) -> Cosignature:
        at, node = head or self.head, NodeId(f"node-{name}")
        checkpoint = Checkpoint(GENESIS.origin, at.log_size, at.log_root)
        name = cosigner_name(GENESIS.origin, node)
        line = cosign(node_signer(node), name, checkpoint, time_s).line()
        return Cosignature(at.log_size, at.log_root, line)


def time_of(data: bytes | None) -> int:
    assert data is not None
    line = parse_line(decode_cosignature(data).line)
    return int.from_bytes(line.signature[:8])


def test_three_of_four_make_a_head_cosigned() -> None:
    stage = Stage()
    assert stage.cosigner.sign(stage.head, 5_000) is not None
    stage.cosigner.received(NodeId("node-notary"), stage.from_peer("notary").encode())
    assert stage.cosigner.height == 0
    stage.cosigner.received(NodeId("node-registry"), stage.from_peer("registry").encode())
    assert stage.cosigner.height == 1


def test_an_empty_log_is_never_cosigned() -> None:
    stage = Stage()
    empty = SmallChain(MemoryStore()).chain.head
    assert stage.cosigner.sign(empty, 5_000) is None
    assert stage.small.chain.last_signed is None


def test_time_never_goes_back_restarts_included() -> None:
    stage = Stage()
    assert time_of(stage.cosigner.sign(stage.head, 9_000)) == 9
    assert time_of(stage.cosigner.sign(stage.head, 4_000)) == 9
    stage.reopen()
    assert time_of(stage.cosigner.sign(stage.head, 1_000)) == 9


def test_a_smaller_or_another_head_is_never_cosigned_restarts_included() -> None:
    stage = Stage()
    first = stage.head
    stage.small.commit([make_bundle([small_record("b")])])
    stage.cosigner.sign(stage.head, 9_000)
    stage.reopen()
    with pytest.raises(InvariantBroken):
        stage.cosigner.sign(first, 10_000)
    other = replace(stage.head, log_root=first.log_root)
    with pytest.raises(InvariantBroken):
        stage.cosigner.sign(other, 10_000)


def test_what_is_signed_is_durable_before_it_leaves() -> None:
    stage = Stage()
    data = stage.cosigner.sign(stage.head, 9_000)
    assert data is not None
    kept = stage.small.chain.last_signed
    assert kept is not None
    said = decode_cosignature(data)
    assert (kept.size, kept.root, kept.time_s) == (said.size, said.root, 9)


def test_a_word_about_a_head_that_is_not_here_yet_counts_when_it_is() -> None:
    stage, ahead = Stage(), Stage()
    ahead.small.commit([make_bundle([small_record("b")])])
    for name in ("notary", "registry", "supervisor"):
        stage.cosigner.received(NodeId(f"node-{name}"), ahead.from_peer(name).encode())
    assert stage.cosigner.height == 0
    stage.small.commit([make_bundle([small_record("b")])])
    stage.cosigner.committed(stage.head)
    assert stage.cosigner.height == 2


def test_words_from_far_ahead_are_bounded() -> None:
    stage = Stage()
    for size in range(100, 100 + 3 * AHEAD_MAX):
        far = replace(stage.head, log_size=size)
        stage.cosigner.received(NodeId("node-notary"), stage.from_peer("notary", far).encode())
    kept = stage.cosigner._ahead[NodeId("node-notary")]
    assert sorted(kept) == list(range(100 + 2 * AHEAD_MAX, 100 + 3 * AHEAD_MAX))


def test_a_word_in_another_nodes_name_is_refused() -> None:
    stage = Stage()
    with pytest.raises(VerificationError) as caught:
        stage.cosigner.received(NodeId("node-registry"), stage.from_peer("notary").encode())
    assert caught.value.code is Code.NOTE_SIGNATURE


@pytest.mark.parametrize("data", [b"", b"\x90", b"x" * 3000])
def test_garbage_is_one_clear_code(data: bytes) -> None:
    with pytest.raises(FormatError):
        Stage().cosigner.received(NodeId("node-notary"), data)


def test_missing_cosignatures_are_asked_for_once_a_second_and_only_while_missing() -> None:
    stage = Stage()
    assert stage.cosigner.must_ask(stage.head, 2_000)
    assert not stage.cosigner.must_ask(stage.head, 2_500)
    assert stage.cosigner.must_ask(stage.head, 3_000)
    stage.small.cosign(1)
    assert stage.cosigner.height == Height(1)
    assert not stage.cosigner.must_ask(stage.head, 9_000)


def test_a_store_that_is_older_than_what_was_signed_cosigns_nothing_below_it() -> None:
    """Yesterday's copy lacks the promise too; the mark is apart and has it."""
    stage = Stage()
    rows = list(stage.small.chain._store.scan(b"", b"\xff" * 64))
    first = stage.head
    stage.small.commit([make_bundle([small_record("b")])])
    stage.cosigner.sign(stage.head, 9_000)
    newer = stage.head
    store = MemoryStore()
    store.write(rows)
    stage.small = SmallChain(store)
    stage.reopen()
    assert stage.cosigner.sign(first, 10_000) is None
    stage.small.commit([make_bundle([small_record("b")])])
    assert stage.head.log_root == newer.log_root
    assert time_of(stage.cosigner.sign(stage.head, 1_000)) == 9


def test_a_log_that_is_not_the_one_that_was_cosigned_stops_the_node() -> None:
    stage = Stage()
    rows = list(stage.small.chain._store.scan(b"", b"\xff" * 64))
    stage.small.commit([make_bundle([small_record("b")])])
    stage.cosigner.sign(stage.head, 9_000)
    store = MemoryStore()
    store.write(rows)
    stage.small = SmallChain(store)
    stage.reopen()
    stage.small.commit([make_bundle([small_record("another")])])
    with pytest.raises(InvariantBroken, match="another log"):
        stage.cosigner.sign(stage.head, 10_000)
