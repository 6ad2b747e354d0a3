"""The promises journal: what was promised is there after any crash, and nobody else's is believed."""

import pytest

from consensus import journal as journal_module
from consensus.core.ready import EntryKind, JournalEntry
from consensus.journal import Journal, repair
from ledger.codes import Code
from ledger.core.identifiers import Height, NetworkId, NodeId
from ledger.errors import StoreError
from tests.consensus.memory_file import Crash, MemoryFile

NETWORK = NetworkId(bytes(32))
NODE = NodeId("node-1")


def entry(height: int, body: bytes, kind: EntryKind = EntryKind.PREPARE) -> JournalEntry:
    return JournalEntry(kind, Height(height), body)


def opened(file: MemoryFile) -> Journal:
    return Journal(file, NETWORK, NODE)


def test_a_new_journal_is_empty_and_is_there_after_a_restart() -> None:
    file = MemoryFile()
    assert opened(file).entries == ()
    assert opened(file.after_crash()).entries == ()
    assert opened(file.after_crash()).abstain_until == 0


def test_entries_come_back_in_order_with_every_kind() -> None:
    file = MemoryFile()
    entries = tuple(entry(7, bytes([place]) * 300, kind) for place, kind in enumerate(EntryKind))
    first = opened(file)
    first.append(entries[:2])
    first.append(entries[2:])
    assert opened(file.after_crash()).entries == entries


def test_a_promise_is_synced_before_append_returns() -> None:
    file = MemoryFile()
    opened(file).append([entry(1, b"promise")])
    assert file.calls[-2:] == ["append", "sync"]
    assert file.written == b""


@pytest.mark.parametrize("kept_bytes", range(0, 90, 3))
def test_a_crash_before_the_fsync_keeps_all_of_a_ready_or_none(kept_bytes: int) -> None:
    file = MemoryFile()
    journal = opened(file)
    journal.append([entry(1, b"earlier")])
    file.dies_at = len(file.calls) + 1
    with pytest.raises(Crash):
        journal.append([entry(1, b"block"), entry(1, b"prepare")])
    left = file.after_crash(kept_bytes)
    again = opened(left)
    both = (entry(1, b"earlier"), entry(1, b"block"), entry(1, b"prepare"))
    assert again.entries in (both[:1], both)
    assert (again.entries == both) == (kept_bytes >= len(file.written))
    # What is promised now stands behind what was kept, not behind the torn bytes.
    again.append([entry(1, b"later")])
    assert opened(left.after_crash()).entries == (*again.entries,)


def test_a_torn_tail_is_cut_and_told() -> None:
    file = MemoryFile()
    journal = opened(file)
    journal.append([entry(1, b"kept")])
    left = MemoryFile(durable=file.durable + b"\xb1\x0c\0")
    again = opened(left)
    assert again.cut_bytes == 3
    assert opened(left).cut_bytes == 0


def test_what_a_start_reads_is_durable_before_anyone_hears_of_it() -> None:
    """The process died between its write and its fsync; the bytes are there, in memory only."""
    file = MemoryFile()
    journal = opened(file)
    journal.append([entry(1, b"earlier")])
    file.dies_at = len(file.calls) + 1
    with pytest.raises(Crash):
        journal.append([entry(1, b"a vote")])
    file.dies_at = None
    found = opened(file).entries
    assert found == (entry(1, b"earlier"), entry(1, b"a vote"))
    assert opened(file.after_crash()).entries == found


def test_a_long_journal_starts_anew_in_records_that_can_be_read() -> None:
    file = MemoryFile()
    journal = opened(file)
    entries = [entry(height, b"%d" % height) for height in range(1, 5_000)]
    for start in range(0, len(entries), 100):
        journal.append(entries[start : start + 100])
    left = MemoryFile(durable=file.durable + b"\xb1\x0c\0")
    assert opened(left).entries == tuple(entries)
    assert opened(left).entries == tuple(entries)


def test_a_flipped_bit_in_any_record_stops_the_node_with_a_sentence() -> None:
    file = MemoryFile()
    journal = opened(file)
    for number in range(5):
        journal.append([entry(1, b"promise %d" % number)])
    for place in range(len(file.durable)):
        damaged = bytearray(file.durable)
        damaged[place] ^= 0x10
        with pytest.raises(StoreError) as caught:
            opened(MemoryFile("promises", bytes(damaged)))
        assert caught.value.code is Code.JOURNAL_DAMAGED
        assert caught.value.detail["path"] == "promises"


def test_the_journal_of_another_node_or_network_is_not_believed() -> None:
    file = MemoryFile()
    opened(file).append([entry(1, b"promise")])
    for network, node in ((NETWORK, NodeId("node-2")), (NetworkId(b"\1" * 32), NODE)):
        with pytest.raises(StoreError) as caught:
            Journal(file.after_crash(), network, node)
        assert caught.value.code is Code.JOURNAL_OTHER_NODE


def test_the_journal_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "ROTATE_BYTES", 2_000)
    file = MemoryFile()
    journal = opened(file)
    for height in range(1, 200):
        journal.append([entry(height, bytes(100)), entry(height + 1, b"early")])
        journal.decided(Height(height))
        assert len(file.durable) < 2_500
    assert {each.height for each in opened(file.after_crash()).entries} >= {200}


@pytest.mark.parametrize("call", range(8))
def test_a_crash_at_any_call_loses_no_promise_that_was_made(
    call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "ROTATE_BYTES", 1)
    file = MemoryFile(dies_at=call)
    promised: list[JournalEntry] = []
    decided = 0
    with pytest.raises(Crash):
        journal = opened(file)
        for height in range(1, 10):
            made = entry(height, b"promise %d" % height)
            journal.append([made])
            promised.append(made)
            journal.decided(Height(height - 1))
            decided = height - 1
    found = opened(file.after_crash(1000)).entries
    assert {each for each in promised if each.height > decided} <= set(found)


def test_a_repaired_journal_abstains_until_the_open_height_is_decided() -> None:
    file = MemoryFile(durable=b"damaged beyond reading")
    with pytest.raises(StoreError):
        opened(file)
    repair(file, NETWORK, NODE, Height(41))
    journal = opened(file)
    assert (journal.entries, journal.abstain_until) == ((), 42)
    journal.decided(Height(41))
    assert opened(file.after_crash()).abstain_until == 42
    journal.decided(Height(42))
    assert opened(file.after_crash()).abstain_until == 0
