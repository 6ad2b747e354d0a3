"""The chain on a real LevelDB: what it appends, what it refuses, what it proves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.chain import Chain
from ledger.codes import Code
from ledger.core import merkle
from ledger.core.effects import EnteredRecord
from ledger.core.entry import Entry, entry_hashes
from ledger.core.identifiers import BundleId, Digest, Height, LogIndex, MemberId, NodeId, RecordId
from ledger.core.merkle import verify_consistency
from ledger.core.note import parse_note
from ledger.core.payload import rebuild
from ledger.core.receipt import decode_receipt
from ledger.core.status import Interval, KeyRow, key_row_key
from ledger.cosigned import Counted
from ledger.errors import InvariantBroken, StoreError, VerificationError
from ledger.store.leveldb import LevelDBStore
from ledger.store.memory import MemoryStore
from ledger.store.rows import LastSigned
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.ledger.small_chain import (
    GENESIS,
    NODES,
    ROWS,
    SmallChain,
    certify,
    cosignature_lines,
    make_bundle,
)
from tests.vectors.small_network import SmallNetwork, signer, small_genesis, small_record

TRUST = trust_root(GENESIS)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallChain]:
    store = LevelDBStore(tmp_path / "db")
    yield SmallChain(store)
    store.close()


def test_a_new_chain_stands_before_the_first_block(small: SmallChain) -> None:
    head = small.chain.head
    assert (head.height, head.log_size, head.certificate) == (0, 0, None)
    assert head.network_id == GENESIS.network_id
    assert bytes(head.header_hash) == GENESIS.network_id
    assert small.chain.status.size == 4
    with pytest.raises(StoreError) as none:
        small.chain.checkpoint()
    assert none.value.code is Code.CHECKPOINT_NONE


def test_a_receipt_verifies_and_is_the_one_that_a_plain_list_of_leaves_gives(
    small: SmallChain,
) -> None:
    network = SmallNetwork()
    records = [small_record(f"r{i}") for i in range(5)]
    alert = replace(small_record("alert"), issuer=MemberId("network"))
    small.commit([make_bundle(records[:3])])
    small.commit([make_bundle(records[3:4]), make_bundle(records[4:])], [alert])
    network.commit([make_bundle(records[:3])])
    network.commit([make_bundle(records[3:4]), make_bundle(records[4:])], [alert])
    assert small.cosign(2) == [Counted.WAITING, Counted.WAITING, Counted.QUORUM]
    for record in (*records, alert):
        receipt = small.chain.receipt(record.record_id)
        expected = network.receipt(record, ["centre", "supervisor", "registry"])
        assert replace(receipt, checkpoint="") == replace(expected, checkpoint="")
        assert decode_receipt(receipt.encode()) == receipt
    for record in records:
        receipt = small.chain.receipt(record.record_id)
        assert verify_receipt(receipt, TRUST).record == record


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    small = SmallChain(store)
    record = small_record("kept")
    small.commit([make_bundle([record])], writes={b"plain": b"1"})
    small.cosign(1)
    before = small.chain
    store.close()
    again = Chain(LevelDBStore(tmp_path), GENESIS, ROWS)
    assert again.head == before.head
    assert again.frontier == before.frontier
    assert again.receipt(record.record_id).encode()
    assert again.state.get(b"plain") == b"1"
    assert again.cosigned_height == 1


def test_a_block_comes_back_to_the_byte_and_rebuilds_its_header(small: SmallChain) -> None:
    first, second = small_record("first"), small_record("second")
    one = small.commit([make_bundle([first])])
    # The second block's bundle repeats a record that is on the ledger: only its id is carried.
    two = small.commit([make_bundle([first, second])])
    for effects in (one, two):
        height = effects.header.height
        payload = small.chain.blocks.payload(height)
        assert rebuild(effects.header, payload) == effects.bundles
    assert (
        len(small.chain.blocks.payload(Height(2))) < len(small.chain.blocks.payload(Height(1))) * 2
    )
    served = small.chain.serve(Height(1), 1 << 20)
    assert [header for header, _, _ in served] == [one.header.encode(), two.header.encode()]
    assert len(small.chain.serve(Height(1), 1)) == 1
    assert small.chain.serve(Height(3), 1 << 20) == ()


def test_a_record_keeps_its_first_entry(small: SmallChain) -> None:
    first, second = small_record("first"), small_record("second")
    small.commit([make_bundle([first])])
    small.commit([make_bundle([first, second])])
    found = small.chain.blocks.record(first.record_id)
    assert found is not None
    assert (found.place.height, found.place.index) == (1, 0)
    small.cosign(2)
    for record in (first, second):
        verify_receipt(small.chain.receipt(record.record_id), TRUST)


def test_appending_the_same_block_again_changes_nothing(small: SmallChain) -> None:
    effects = small.commit([make_bundle([small_record("once")])])
    head = small.chain.head
    small.chain.append(effects, certify(effects.header, view=3))
    assert small.chain.head == head


def test_another_block_at_a_decided_height_stops_the_node(small: SmallChain) -> None:
    other = small.effects([make_bundle([small_record("other")])])
    small.commit([make_bundle([small_record("one")])])
    with pytest.raises(InvariantBroken, match="two certified blocks at height 1"):
        small.chain.append(other, certify(other.header))


@pytest.mark.parametrize(
    "wrong",
    [
        {"network_id": bytes(32)},
        {"height": 7},
        {"previous": bytes(32)},
        {"epoch": 1},
        {"time_ms": GENESIS.created_at_ms},
        {"bundle_count": 2},
        {"bundles_root": bytes(32)},
        {"entry_count": 2},
        {"state_hash": bytes(32)},
        {"status_size": 5},
        {"status_root": bytes(32)},
        {"log_size": 3},
        {"log_root": bytes(32)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_header_that_differs_in_one_field_is_refused(
    small: SmallChain, wrong: dict[str, object]
) -> None:
    effects = small.effects([make_bundle([small_record("r")])], wrong=wrong)
    with pytest.raises(InvariantBroken):
        small.chain.append(effects, certify(effects.header))
    assert small.chain.head.height == 0
    small.reopen()
    assert small.chain.head.height == 0
    small.commit([make_bundle([small_record("r")])])


def test_a_certificate_of_another_block_is_refused(small: SmallChain) -> None:
    effects = small.effects([make_bundle([small_record("r")])])
    other = small.effects([make_bundle([small_record("other")])])
    with pytest.raises(InvariantBroken, match="certificate header"):
        small.chain.append(effects, certify(other.header))


def test_records_that_are_not_the_bundles_are_refused(small: SmallChain) -> None:
    good = small.effects([make_bundle([small_record("a"), small_record("b")])])
    a, b = good.records
    forged = EnteredRecord(a.record_id, b.data, a.bundle_id)
    for records in ((b, a), (a,), (a, b, b), (forged, b), (a, b, replace(a, bundle_id=None))):
        with pytest.raises(InvariantBroken):
            small.chain.append(replace(good, records=records), certify(good.header))


def test_a_record_never_enters_twice(small: SmallChain) -> None:
    derived = replace(small_record("derived"), issuer=MemberId("network"))
    small.commit([make_bundle([small_record("a")])], [derived])
    again = small.effects([make_bundle([small_record("b")])], [derived])
    with pytest.raises(InvariantBroken, match="enters again"):
        small.chain.append(again, certify(again.header))


def test_the_fast_entry_hashes_are_the_entries_hashes(small: SmallChain) -> None:
    places: list[tuple[BundleId | None, RecordId]] = [
        (BundleId(bytes([i // 3]) * 32) if i < 7 else None, RecordId(bytes([i]) * 32))
        for i in range(9)
    ]
    for height, time_ms in ((1, 0), (200, 1 << 40), (70_000, 1 << 52)):
        assert entry_hashes(Height(height), time_ms, places) == [
            merkle.leaf_hash(Entry(Height(height), time_ms, bundle, record).leaf())
            for bundle, record in places
        ]


def test_the_log_goes_on_consistently_block_by_block(small: SmallChain) -> None:
    heads = [small.commit([make_bundle([small_record(f"r{i}")])]).header for i in range(9)]
    for old in heads:
        for new in heads[old.height - 1 :]:
            path = small.chain.consistency(old.log_size, new.log_size)
            verify_consistency(old.log_size, new.log_size, path, old.log_root, new.log_root)


def test_of_many_blocks_each_receipt_stands_on_the_first_cosigned_head_above(
    small: SmallChain,
) -> None:
    records = [small_record(f"r{i}") for i in range(6)]
    for record in records:
        small.commit([make_bundle([record])])
    assert small.cosign(4)[-1] is Counted.QUORUM
    # A quorum for a lower head that arrives late must not move anybody's receipt.
    assert small.cosign(2) == [Counted.KNOWN] * 3
    first = [small.chain.receipt(record.record_id) for record in records[:4]]
    with pytest.raises(StoreError) as pending:
        small.chain.receipt(records[5].record_id)
    assert pending.value.code is Code.RECEIPT_PENDING
    assert pending.value.detail == {"height": 6, "found": 0, "needed": 3}
    small.cosign(6)
    small.reopen()
    assert first == [small.chain.receipt(record.record_id) for record in records[:4]]
    for record in records:
        verify_receipt(small.chain.receipt(record.record_id), TRUST)


def test_the_checkpoint_never_shrinks(small: SmallChain) -> None:
    for i in range(3):
        small.commit([make_bundle([small_record(f"r{i}")])])
    small.cosign(3)
    newest = small.chain.checkpoint()
    small.cosign(1)
    small.reopen()
    assert small.chain.checkpoint() == newest
    assert parse_note(newest).text.splitlines()[1] == str(small.chain.head.log_size)


def test_a_cosignature_counts_once_and_only_where_it_holds(small: SmallChain) -> None:
    header = small.commit([make_bundle([small_record("r")])]).header
    (node, line), (other, other_line) = cosignature_lines(header, NODES[:2])
    add, root = small.chain.add_cosignature, header.log_root
    assert add(node, header.log_size, root, line) is Counted.WAITING
    assert add(node, header.log_size, root, line) is Counted.KNOWN
    assert add(node, header.log_size + 5, root, line) is Counted.AHEAD
    for args in (
        (other, header.log_size, root, line),
        (NodeId("stranger"), header.log_size, root, line),
        (other, header.log_size, Digest(bytes(32)), other_line),
        (other, header.log_size - 1, root, other_line),
    ):
        with pytest.raises(VerificationError) as refused:
            add(*args)
        assert refused.value.code is Code.NOTE_SIGNATURE
    assert list(small.chain.cosignatures(header.height)) == [node]
    with pytest.raises(StoreError) as pending:
        small.chain.receipt(small_record("r").record_id)
    assert pending.value.detail == {"height": 1, "found": 1, "needed": 3}


def test_a_valid_cosignature_of_another_log_is_evidence(small: SmallChain) -> None:
    header = small.commit([make_bundle([small_record("r")])]).header
    fork = replace(header, log_root=Digest(bytes([1]) * 32))
    inside = replace(header, log_size=header.log_size - 1)
    for false in (fork, inside):
        ((node, line),) = cosignature_lines(false, NODES[:1])
        with pytest.raises(VerificationError) as refused:
            small.chain.add_cosignature(node, false.log_size, false.log_root, line)
        assert refused.value.code is Code.CHECKPOINT_CONFLICT


def test_a_receipt_proves_the_key_as_it_stood_under_its_own_head(small: SmallChain) -> None:
    record = small_record("before the revocation")
    header = small.commit([make_bundle([record])]).header
    key = key_row_key(MemberId("centre"), make_bundle([record]).header.key_id)
    until = Interval(None, None, LogIndex(header.log_size), header.time_ms)
    ended = KeyRow(until, MemberId("centre"), signer("member centre").public_key).encode()
    small.commit([make_bundle([small_record("b")])], writes={b"status/" + key: ended})
    small.commit([make_bundle([small_record("c")])], writes={b"status/new": b"\x01"})
    small.commit([make_bundle([small_record("d")])], writes={b"status/new": None})
    small.cosign(1)
    early = small.chain.receipt(record.record_id)
    assert early.key is not None
    assert early.key.row == ROWS[b"status/" + key]
    verify_receipt(early, TRUST)
    small.reopen()
    assert small.chain.receipt(record.record_id) == early
    small.cosign(4)
    late = small.chain.receipt(small_record("b").record_id)
    assert late.key is not None
    assert late.key.row == ended


def test_the_state_is_read_by_key_and_by_prefix(small: SmallChain) -> None:
    small.commit(
        [make_bundle([small_record("r")])],
        writes={b"a/1": b"x", b"a/2": b"y", b"b/1": b"z", b"a/": b""},
    )
    state = small.chain.state
    assert list(state.scan(b"a/")) == [(b"a/", b""), (b"a/1", b"x"), (b"a/2", b"y")]
    assert list(state.scan(b"a/", b"a/2")) == [(b"a/2", b"y")]
    small.commit([make_bundle([small_record("s")])], writes={b"a/1": None})
    assert state.get(b"a/1") is None
    assert state.get(b"a/2") == b"y"


def test_what_this_node_promised_is_kept_and_never_taken_back(small: SmallChain) -> None:
    header = small.commit([make_bundle([small_record("r")])]).header
    promise = LastSigned(header.log_size, header.log_root, 100)
    small.chain.keep_last_signed(promise)
    small.reopen()
    assert small.chain.last_signed == promise
    small.chain.keep_last_signed(replace(promise, time_s=101))
    for false in (
        replace(promise, size=1, time_s=102),
        replace(promise, time_s=100),
        replace(promise, root=Digest(bytes(32)), time_s=102),
    ):
        with pytest.raises(InvariantBroken):
            small.chain.keep_last_signed(false)


def test_a_store_of_another_network_or_of_a_newer_layout_is_refused(small: SmallChain) -> None:
    other = small_genesis(("centre",))
    with pytest.raises(StoreError) as refused:
        Chain(small.store, other, {})
    assert refused.value.code is Code.STORE_OTHER_NETWORK
    with pytest.raises(StoreError) as refused:
        Chain(small.store, GENESIS, ROWS | {b"status/more": b""})
    assert refused.value.code is Code.STORE_DAMAGED
    small.store.write([(b"Mlayout", (3).to_bytes(8))])
    with pytest.raises(StoreError) as refused:
        small.reopen()
    assert refused.value.code is Code.STORE_NEWER


class FailingStore(MemoryStore):
    """Fails where it is told to, as a full disk does."""

    failing = False

    def write(self, writes: object) -> None:
        if self.failing:
            raise StoreError(Code.STORE_DISK_FULL, path="memory")
        super().write(writes)  # type: ignore[arg-type]


def test_a_block_that_could_not_be_written_is_not_there(small: SmallChain) -> None:
    store = FailingStore()
    small = SmallChain(store)
    small.commit([make_bundle([small_record("a")])])
    head, frontier = small.chain.head, small.chain.frontier
    store.failing = True
    with pytest.raises(StoreError):
        small.commit([make_bundle([small_record("b")])], writes={b"status/x": b"\x01"})
    assert (small.chain.head, small.chain.frontier) == (head, frontier)
    assert small.chain.status.size == 4
    store.failing = False
    small.reopen()
    assert small.chain.head == head
    small.commit([make_bundle([small_record("b")])])


def test_a_large_bundle_gives_cheap_receipts(small: SmallChain) -> None:
    records = [small_record(f"r{i}") for i in range(1000)]
    small.commit([make_bundle(records)])
    small.cosign(1)
    for record in records[::97]:
        verify_receipt(small.chain.receipt(record.record_id), TRUST)


def test_the_start_reads_as_many_rows_after_a_thousand_blocks_as_after_one() -> None:
    reads = []
    for count in (1, 1000):
        store = CountingStore()
        small = SmallChain(store)
        for i in range(count):
            small.commit([make_bundle([small_record(f"r{i}")])])
        store.reads_count = 0
        small.reopen()
        reads.append(store.reads_count)
    assert reads[0] == reads[1] <= 16


class CountingStore(MemoryStore):
    """Counts rows that were read."""

    reads_count = 0

    def get(self, key: bytes) -> bytes | None:
        self.reads_count += 1
        return super().get(key)

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        for row in super().scan(start, stop, reverse=reverse):
            self.reads_count += 1
            yield row
