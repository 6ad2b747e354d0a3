"""Heads that a log never had: a word for one, and one for a head that it has, are evidence."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import strange_heads
from ledger.audit_tables import strange_findings
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name, sign_log
from ledger.core.identifiers import Digest, NodeId
from ledger.core.misconduct import Fault, decode_fault
from ledger.core.misconduct_file import MisconductFile, decode_misconduct_file
from ledger.core.note import Note, parse_line
from ledger.errors import VerificationError
from ledger.store.keys import Table
from ledger.store.leveldb import LevelDBStore
from ledger.strange_heads import STRANGE_MAX
from tests.bits import flipped
from tests.ledger.small_chain import GENESIS, NODES, SmallChain, cosignature_lines, make_bundle
from tests.vectors.small_network import signer, small_record

LIAR = NODES[0]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallChain]:
    store = LevelDBStore(tmp_path / "db")
    yield SmallChain(store)
    store.close()


def forked(header: Header, byte: int = 1) -> Header:
    """The same head with another root."""
    return replace(header, log_root=Digest(bytes([byte]) * 32))


def cosigns(small: SmallChain, header: Header, node: NodeId = LIAR) -> None:
    """One node's cosignature of a head comes here; that it is of another log changes nothing."""
    ((who, line),) = cosignature_lines(header, [node])
    try:
        small.chain.add_cosignature(who, header.log_size, header.log_root, line)
    except VerificationError as problem:
        assert problem.code is Code.CHECKPOINT_CONFLICT


def blocks(small: SmallChain, count: int) -> list[Header]:
    return [small.commit([make_bundle([small_record(f"{n}")])]).header for n in range(count)]


def proven(small: SmallChain) -> list[str]:
    found = small.chain.heads.take_faults()
    for fault in found:
        fault.verify(GENESIS.network_id, GENESIS.committee)
    return [f"{fault.node} {fault.place[0]}" for fault in found]


def test_two_heads_of_one_size_are_evidence_in_either_order(small: SmallChain) -> None:
    first, second = blocks(small, 2)
    cosigns(small, first)
    cosigns(small, forked(first))
    assert proven(small) == [f"{LIAR} {first.log_size}"]
    cosigns(small, forked(second))
    assert proven(small) == []
    cosigns(small, second)
    assert proven(small) == [f"{LIAR} {second.log_size}"]


def test_a_larger_head_that_did_not_grow_from_the_smaller_is_evidence(small: SmallChain) -> None:
    """The consistency proof of our own log shows what stood there in truth."""
    first, _, third = blocks(small, 3)
    cosigns(small, forked(first))
    cosigns(small, third)
    assert proven(small) == [f"{LIAR} {first.log_size}"]


def test_a_cosigned_head_in_the_store_is_the_other_half(small: SmallChain) -> None:
    """Also after a restart, when nobody remembers the words that came."""
    blocks(small, 2)
    small.cosign(2)
    second = small.chain.blocks.header(small.chain.head.height)
    assert proven(small) == []
    again = SmallChain(small.chain._store)
    cosigns(again, forked(second))
    assert proven(again) == [f"{LIAR} {second.log_size}"]


def test_it_is_told_once(small: SmallChain) -> None:
    first, second = blocks(small, 2)
    for header in (forked(first), first, second, forked(first), forked(first, 2), second):
        cosigns(small, header)
    assert len(proven(small)) == 1


def test_what_honest_nodes_do_is_no_evidence(small: SmallChain) -> None:
    """Heads again and later, with other times; and those of nodes that are elsewhere alone."""
    first, second = blocks(small, 2)
    for header in (first, second, replace(first, time_ms=first.time_ms + 5_000), second):
        cosigns(small, header)
    inside = small.chain.root_of(first.log_size - 1)
    # An end inside a block: no node signs it, and nothing is contradicted by it.
    cosigns(small, replace(first, log_size=first.log_size - 1, log_root=inside))
    # Another node's strange head accuses nobody else; alone it contradicts this log only.
    cosigns(small, forked(first), NODES[1])
    # A fork's larger head, and ours below it: without the fork's leaves nobody can tell.
    cosigns(small, forked(second), NODES[2])
    cosigns(small, first, NODES[2])
    assert proven(small) == []


def test_a_head_that_is_not_here_yet_is_held_against_the_log_when_it_is(small: SmallChain) -> None:
    """It is offered again, as `consensus.cosigning` does."""
    (first,) = blocks(small, 1)
    later = forked(replace(first, log_size=first.log_size + 2))
    cosigns(small, later)
    assert proven(small) == []
    second = small.commit([make_bundle([small_record("second")])]).header
    assert second.log_size == later.log_size
    cosigns(small, later)
    cosigns(small, second)
    assert proven(small) == [f"{LIAR} {second.log_size}"]


def test_memory_is_bounded(small: SmallChain) -> None:
    headers = blocks(small, STRANGE_MAX + 3)
    for header in headers[:-1]:
        cosigns(small, forked(header))
    cosigns(small, headers[-1])
    assert len(proven(small)) == STRANGE_MAX


def test_a_head_of_another_log_is_remembered_by_the_next_process(small: SmallChain) -> None:
    """Its own log never had it, so nothing else in the store tells of it."""
    headers = blocks(small, STRANGE_MAX + 2)
    for header in headers[:-1]:
        cosigns(small, forked(header))
    assert proven(small) == []
    again = SmallChain(small.chain._store)
    cosigns(again, headers[-1])
    assert proven(again) == [f"{LIAR} {header.log_size}" for header in headers[:STRANGE_MAX]]
    rows = list(small.chain._store.scan(*Table.STRANGE.range()))
    assert len(rows) == STRANGE_MAX
    assert list(strange_findings(small.chain._store, small.chain.epochs)) == []
    small.chain._store.write([(rows[0][0], rows[1][1])])
    (found,) = strange_findings(small.chain._store, small.chain.epochs)
    assert found.detail["table"] == "strange"


def test_a_liar_may_not_wear_out_the_disk(
    small: SmallChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strange_heads, "WRITES_MAX", 2)
    for header in reversed(blocks(small, STRANGE_MAX + 2)):
        cosigns(small, forked(header))
    assert len(list(small.chain._store.scan(*Table.STRANGE.range()))) == 2


def test_a_note_from_anybody_is_compared_line_by_line(small: SmallChain) -> None:
    """Log signatures too, each against its own key only; what does not hold is left out."""
    blocks(small, 2)
    small.cosign(2)
    header = small.chain.blocks.header(small.chain.head.height)
    fork = Checkpoint(GENESIS.origin, header.log_size, Digest(bytes(32)))
    lines = [
        cosign(signer(node.replace("node-", "node ")), cosigner_name(fork.origin, node), fork, 7)
        for node in NODES[:2]
    ]
    bent = replace(lines[1], signature=flipped(lines[1].signature))
    log = sign_log(signer("log centre"), GENESIS.origin, fork)
    note = Note(fork.text(), (log, lines[0], bent))
    small.chain.heads.compare(note.format())
    assert proven(small) == [f"{NODES[0]} {header.log_size}"]


def test_what_is_found_can_be_read_again(small: SmallChain) -> None:
    first, _, third = blocks(small, 3)
    cosigns(small, forked(first))
    cosigns(small, third)
    (fault,) = small.chain.heads.take_faults()
    assert isinstance(fault, Fault)
    assert decode_fault(fault.encode()) == fault
    assert decode_misconduct_file(MisconductFile(fault).encode()).fault == fault
    assert parse_line(cosignature_lines(third, [LIAR])[0][1]).signature.endswith(
        fault.second.signature
    )
