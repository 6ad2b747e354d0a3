"""A ledger that begins with a snapshot: what is taken, what goes on from it, what it lacks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from consensus.cosigning import Cosigner
from consensus.events import Events
from consensus.signed_mark import SignedMark
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import DIGEST_BYTES, Digest, Height, NodeId
from ledger.core.note import parse_line
from ledger.core.snapshot_offer import SnapshotOffer, decode_snapshot_offer
from ledger.core.statements import Word
from ledger.cosigned import Counted
from ledger.errors import FormatError, LedgerError, Rejected, StoreError, VerificationError
from ledger.signed_heads import SignedHead
from ledger.snapshot_taking import SnapshotTaking, began_at, own_rows
from ledger.snapshot_trust import ProvenSnapshot, prove_snapshot
from ledger.store.keys import Table
from ledger.store.memory import MemoryStore
from ledger.strange_heads import strange_key, strange_row
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.bits import flipped
from tests.consensus.memory_file import MemoryFile
from tests.contracts.test_snapshots import INTERVAL, deposits, snapshot_town
from tests.contracts.town import CATALOGUE, Town, certify
from tests.vectors.small_network import signer

BLOCKS = 3 * INTERVAL + 1
BASE = 2 * INTERVAL


def donor(blocks: int = BLOCKS) -> Town:
    town = snapshot_town()
    for _ in range(blocks):
        deposits(town, 150)
        while town.chain.snapshots.step():
            pass
    return town


def gathering(town: Town, store: MemoryStore) -> SnapshotTaking:
    return SnapshotTaking(lambda: store, town.genesis, genesis_rows(town.genesis), resume=True)


def taken(town: Town, store: MemoryStore | None = None) -> SnapshotTaking:
    """The newest snapshot of a town, as far as what proves it."""
    taking = gathering(town, MemoryStore() if store is None else store)
    offered = town.chain.offers.offer()
    assert offered is not None
    taking.begin(offered, taking.prove(offered))
    return taking


def fetch(town: Town, taking: SnapshotTaking, places: Sequence[int]) -> None:
    for place in places:
        assert taking.proven is not None
        chunk = town.chain.offers.chunk(taking.proven.header.height, place)
        assert chunk is not None
        taking.add(place, *chunk)


def joined(town: Town) -> Town:
    """A second ledger that began with the first one's snapshot, and has not gone on yet."""
    store = MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing))
    assert taking.finish() == BASE
    return opened(town, store)


def cosigned_by(town: Town, header: Header) -> list[tuple[NodeId, str]]:
    """The lines of three nodes under the head after a block."""
    origin = town.genesis.origin
    head = Checkpoint(origin, header.log_size, header.log_root)
    nodes = tuple(town.genesis.committee)[:3]
    keys = [signer(f"node {node.removeprefix('node-')}") for node in nodes]
    at_s = header.time_ms // 1000
    return [
        (node, cosign(key, cosigner_name(origin, node), head, at_s).line())
        for node, key in zip(nodes, keys, strict=True)
    ]


def opened(town: Town, store: MemoryStore) -> Town:
    other = Town(MemoryStore(), parameters=town.genesis.parameters)
    other.chain = Chain(store, town.genesis, genesis_rows(town.genesis))
    other.executor = BlockExecutor(other.chain, CATALOGUE)
    other.now_ms, other._said = town.now_ms, town._said
    return other


def follow(voter: Town, town: Town) -> None:
    """Give a second town every block of the first above its own head."""
    above = Height(voter.chain.head.height + 1)
    for header, payload, certificate in town.executor.serve(above, 1 << 30):
        block = decode_header_of_block(header)
        assert voter.executor.check(block, payload) is None
        voter.executor.commit(block, payload, decode_certificate(certificate))


def test_it_goes_on_and_both_say_the_same() -> None:
    town = donor()
    other = joined(town)
    assert other.chain.head.height == BASE
    follow(other, town)
    assert other.chain.head == town.chain.head
    assert other.chain.frontier == town.chain.frontier
    stated = []
    for _ in range(2 * INTERVAL):
        stated.append(deposits(town).snapshot)
        follow(other, town)
        assert other.chain.head == town.chain.head
    assert any(stated)
    assert dict(other.chain.state.scan(b"")) == dict(town.chain.state.scan(b""))


def test_it_proposes_blocks_that_the_others_judge_fit() -> None:
    town = donor()
    other = joined(town)
    follow(other, town)
    made = other.block(other.bundle(other.record("centre", "evidence.deposited", "new")))
    assert made is not None
    assert town.executor.check(*made) is None


def test_a_record_from_below_is_a_duplicate() -> None:
    town = snapshot_town()
    bundle = town.bundle(town.record("centre", "evidence.deposited", "old"))
    town.commit(bundle)
    for _ in range(BLOCKS - 1):
        deposits(town, 150)
    other = joined(town)
    verdict = other.executor.judge(bundle, other.now_ms)
    assert isinstance(verdict, Rejected) and verdict.code is Code.BUNDLE_KNOWN


def test_a_receipt_of_a_later_record_verifies_offline() -> None:
    town = donor()
    other = joined(town)
    follow(other, town)
    record = other.record("centre", "evidence.deposited", "later")
    header = other.commit(other.bundle(record))
    assert header is not None
    for node, line in cosigned_by(town, header):
        other.chain.add_cosignature(node, header.log_size, header.log_root, line)
    receipt = other.chain.receipt(record.record_id)
    verify_receipt(receipt, trust_root(town.genesis))


def test_it_is_a_donor_of_the_same_snapshot_at_once() -> None:
    town = donor()
    other = joined(town)
    follow(other, town)
    third = joined(other)
    follow(third, other)
    assert third.chain.head == town.chain.head
    assert dict(third.chain.state.scan(b"")) == dict(town.chain.state.scan(b""))


def test_what_was_before_is_said_to_be_elsewhere() -> None:
    town = donor()
    other = joined(town)
    follow(other, town)
    lacking: list[Callable[[], object]] = [
        lambda: other.chain.blocks.header(Height(BASE - 1)),
        lambda: other.chain.blocks.block_bundles(Height(BASE)),
        lambda: other.chain.blocks.entry_ids(Height(1)),
        lambda: other.chain.blocks.entered(Height(BASE)),
    ]
    for each in lacking:
        with pytest.raises(StoreError) as told:
            each()
        assert told.value.code is Code.BLOCK_NOT_KEPT
        assert told.value.detail["first"] == BASE + 1
    assert other.chain.serve(Height(1), 1 << 20) == ()
    assert other.chain.serve(Height(BASE), 1 << 20) == ()
    assert len(other.chain.serve(Height(BASE + 1), 1 << 30)) == BLOCKS - BASE


def test_an_older_head_neither_counts_nor_accuses() -> None:
    town = donor()
    other = joined(town)
    follow(other, town)
    old = town.chain.blocks.header(Height(BASE - 1))
    for node, line in cosigned_by(town, old):
        counted = other.chain.add_cosignature(node, old.log_size, old.log_root, line)
        assert counted is Counted.KNOWN
    assert other.chain.heads.take_faults() == ()


def test_a_node_that_cosigned_long_ago_cosigns_again() -> None:
    """Its disk was lost and its mark was not: what it signed then is below the snapshot."""
    town = donor()
    other = joined(town)
    old = town.chain.blocks.header(Height(1))
    with pytest.raises(StoreError) as told:
        other.chain.root_of(old.log_size)
    assert told.value.code is Code.BLOCK_NOT_KEPT
    own = next(iter(town.genesis.committee))
    mark = SignedMark(MemoryFile(), town.genesis.network_id, own)
    mark.cosigned(old.height, old.log_size, old.log_root, 1)
    key = signer(f"node {own.removeprefix('node-')}")
    cosigner = Cosigner(own, town.genesis.origin, (key,), other.chain, mark, Events())
    assert cosigner.sign(other.chain.head, other.chain.head.time_ms) is not None


@pytest.mark.parametrize("stop", range(8))
def test_a_process_that_dies_goes_on_at_its_chunk(stop: int) -> None:
    town, store = donor(), MemoryStore()
    taking = taken(town, store)
    assert taking.total > 8
    fetch(town, taking, range(taking.total)[: stop + 1])
    again = gathering(town, store)
    assert list(again.missing) == list(range(stop + 1, again.total))
    assert began_at(store) == 0
    fetch(town, again, list(again.missing))
    again.finish()
    assert began_at(store) == BASE
    other = opened(town, store)
    follow(other, town)
    assert other.chain.head == town.chain.head


def test_chunks_come_in_any_order() -> None:
    town, store = donor(), MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing)[::-1])
    taking.finish()
    assert opened(town, store).chain.head.height == BASE


def test_it_is_not_finished_before_the_last_chunk() -> None:
    town = donor()
    taking = taken(town)
    fetch(town, taking, list(taking.missing)[:-1])
    with pytest.raises(StoreError) as told:
        taking.finish()
    assert told.value.code is Code.SNAPSHOT_STATE


def test_a_later_snapshot_takes_the_place_of_a_half_one() -> None:
    town, store = donor(), MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing)[:3])
    for _ in range(INTERVAL):
        deposits(town)
    taking = taken(town, store)
    assert len(taking.missing) == taking.total
    fetch(town, taking, list(taking.missing))
    assert taking.finish() == BASE + INTERVAL
    other = opened(town, store)
    follow(other, town)
    assert other.chain.head == town.chain.head


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_chunk_with_one_bit_changed_is_refused(place: int) -> None:
    town = donor()
    taking = taken(town)
    assert taking.proven is not None
    place = place % taking.total
    chunk = town.chain.offers.chunk(taking.proven.header.height, place)
    assert chunk is not None
    data, path = chunk
    other = town.chain.offers.chunk(taking.proven.header.height, (place + 1) % taking.total)
    assert other is not None
    lies = [
        (flipped(data), path),
        (data[:-1], path),
        (data, path[:-1]),
        (data, (*path, path[0])),
        (data, (type(path[0])(flipped(path[0])), *path[1:])),
        other,
    ]
    before = list(taking.missing)
    for lie in lies:
        with pytest.raises((FormatError, VerificationError)):
            taking.add(place, *lie)
    assert list(taking.missing) == before
    taking.add(place, data, path)


def lied(offer: SnapshotOffer, town: Town) -> dict[str, SnapshotOffer]:
    """Offers that are wrong, each in one thing."""
    chain = town.chain
    stating = decode_header_of_block(offer.stating_header)
    assert stating.snapshot is not None
    forged = replace(stating, snapshot=replace(stating.snapshot, size=1))
    plain = [bytes(each) for each in chain.blocks.block_bytes(Height(stating.height + 1))]
    earlier = [bytes(each) for each in chain.blocks.block_bytes(Height(BASE - 1))]
    edge = list(offer.edge)
    level = next(place for place, each in enumerate(edge) if each)
    edge[level] = flipped(edge[level])
    return {
        "an uncertified root": replace(offer, stating_header=forged.encode()),
        "a header that states nothing": replace(
            offer, stating_header=plain[0], stating_certificate=plain[1]
        ),
        "the state of another height": replace(offer, header=earlier[0], certificate=earlier[1]),
        "another block's certificate": replace(offer, certificate=offer.stating_certificate),
        "too few votes": replace(offer, stating_certificate=short_certificate(forged, town)),
        "another log": replace(offer, edge=tuple(edge)),
        "a log that is cut": replace(offer, edge=offer.edge[:-1]),
        "hashes left out": replace(offer, edge=tuple(each[DIGEST_BYTES:] for each in offer.edge)),
    }


def short_certificate(header: Header, town: Town) -> bytes:
    certificate = certify(town.genesis, header)
    return replace(certificate, votes=certificate.votes[:-1]).encode()


@pytest.mark.parametrize("lie", [
    "an uncertified root",
    "a header that states nothing",
    "the state of another height",
    "another block's certificate",
    "too few votes",
    "another log",
    "a log that is cut",
    "hashes left out",
])  # fmt: skip
def test_an_offer_that_no_quorum_certified_is_refused(lie: str) -> None:
    town = donor()
    offered = town.chain.offers.offer()
    assert offered is not None
    offer = decode_snapshot_offer(offered)
    assert isinstance(prove_snapshot(offer, town.genesis), ProvenSnapshot)
    if lie == "too few votes":
        stating = decode_header_of_block(offer.stating_header)
        wrong = replace(offer, stating_certificate=short_certificate(stating, town))
    else:
        wrong = lied(offer, town)[lie]
    with pytest.raises(LedgerError):
        prove_snapshot(decode_snapshot_offer(wrong.encode()), town.genesis)


def test_an_audit_of_it_finds_nothing_and_a_changed_link_to_before() -> None:
    town, store = donor(), MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing))
    taking.finish()
    other = opened(town, store)
    follow(other, town)
    assert found(store, town) == []
    row = next(store.scan(*Table.NODE.range()))
    store.write([(row[0], flipped(row[1], at=0))])
    assert found(store, town)


def found(store: MemoryStore, town: Town) -> list[Finding]:
    events = audit(store, town.genesis, genesis_rows(town.genesis), None)
    return [each for each in events if isinstance(each, Finding)]


def test_nothing_is_offered_before_a_header_states_it() -> None:
    town = donor(2 * INTERVAL - 1)
    assert town.chain.offers.offer() is None
    deposits(town)
    assert town.chain.offers.offer() is not None


def test_a_head_of_another_log_that_came_along_is_held_against_what_the_log_shows() -> None:
    """Above the snapshot it accuses; below it the log is not here, and nobody is accused of it."""
    town = donor()
    store = MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing))
    taking.finish()
    low, high = (town.chain.blocks.header(Height(each)) for each in (1, BASE))
    old = MemoryStore()
    for header in (low, high):
        ((node, line), *_) = cosigned_by(town, replace(header, log_root=Digest(bytes(32))))
        head = Checkpoint(town.genesis.origin, header.log_size, Digest(bytes(32)))
        strange = SignedHead(head, Word.COSIGNATURE, parse_line(line))
        old.write([(strange_key(node, strange), strange_row(strange))])
    store.write(own_rows(old))
    other = opened(town, store)
    follow(other, town)
    later = other.chain.blocks.header(Height(BASE + 1))
    ((node, line), *_) = cosigned_by(town, later)
    other.chain.add_cosignature(node, later.log_size, later.log_root, line)
    (fault,) = other.chain.heads.take_faults()
    fault.verify(town.genesis.network_id, town.genesis.committee)
    assert (fault.node, fault.place[0]) == (node, high.log_size)
