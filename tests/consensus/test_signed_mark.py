"""How far a node has signed (pitfall 16): kept apart, and held against store and journal at a start."""

from collections.abc import Sequence

import pytest

from consensus import signed_mark
from consensus.core.ready import EntryKind, JournalEntry
from consensus.signed_mark import NOTHING, SignedMark
from ledger.codes import Code
from ledger.core.identifiers import Digest, Height, NetworkId, NodeId
from ledger.errors import InvariantBroken, StoreError
from tests.consensus.memory_file import Crash, MemoryFile

NETWORK, NODE = NetworkId(bytes(32)), NodeId("node-1")
ROOT = Digest(b"\1" * 32)


def opened(file: MemoryFile) -> SignedMark:
    return SignedMark(file, NETWORK, NODE)


def entries(height: int, count: int) -> list[JournalEntry]:
    return [JournalEntry(EntryKind.PREPARE, Height(height), b"vote")] * count


def until(mark: SignedMark, head: int, journal: Sequence[JournalEntry] = ()) -> int:
    return mark.abstain_until(Height(head), journal)


def test_a_new_node_has_signed_nothing_and_may_vote() -> None:
    mark = opened(MemoryFile())
    assert mark.missing and mark.mark == NOTHING
    assert until(mark, 0) == 0


def test_what_was_signed_is_there_after_a_restart() -> None:
    file = MemoryFile()
    mark = opened(file)
    mark.promised(entries(5, 2), 3)
    mark.cosigned(Height(4), 17, ROOT, 99)
    again = opened(file.after_crash())
    assert again.mark == mark.mark and not again.missing
    assert (again.mark.size, again.mark.root, again.mark.time_s) == (17, ROOT, 99)


def test_it_never_goes_back_or_what_is_lost_would_be_forgotten() -> None:
    mark = opened(MemoryFile())
    mark.promised(entries(5, 2), 2)
    with pytest.raises(InvariantBroken, match="at height 4 after 5"):
        mark.promised(entries(4, 1), 1)
    assert mark.mark.height == 5


def test_it_is_durable_before_the_call_returns() -> None:
    file = MemoryFile()
    mark = opened(file)
    file.dies_at = len(file.calls) + 1
    with pytest.raises(Crash):
        mark.promised(entries(1, 1), 1)
    file = MemoryFile()
    opened(file).promised(entries(1, 1), 1)
    assert file.written == b"" and opened(file.after_crash()).mark.height == 1


@pytest.mark.parametrize(
    ("head", "held", "expected"),
    [
        (7, 3, 0),
        (7, 4, 0),
        (8, 0, 0),
        (12, 0, 0),
        (7, 2, 8),
        (7, 0, 8),
        (6, 0, 8),
        (3, 0, 8),
        (0, 0, 8),
    ],
    ids=[
        "as it was",
        "a crash before the mark",
        "decided since",
        "long decided",
        "a journal of this height that lacks one",
        "the journal is gone",
        "yesterday's copy",
        "last week's",
        "all is gone",
    ],
)
def test_store_and_journal_are_held_against_it(head: int, held: int, expected: int) -> None:
    """Head 7 was cosigned, and three promises were made at height 8."""
    mark = opened(MemoryFile())
    mark.cosigned(Height(7), 30, ROOT, 9)
    mark.promised(entries(8, 1), 3)
    assert until(mark, head, entries(8, held)) == expected


def test_a_head_that_was_cosigned_and_is_gone_silences_also_without_promises_above_it() -> None:
    mark = opened(MemoryFile())
    mark.cosigned(Height(7), 30, ROOT, 9)
    assert [until(mark, head) for head in (5, 6, 7)] == [8, 8, 0]


def test_another_nodes_mark_and_a_damaged_one_are_refused() -> None:
    file = MemoryFile()
    opened(file).promised(entries(1, 1), 1)
    with pytest.raises(StoreError) as other:
        SignedMark(file.after_crash(), NETWORK, NodeId("node-2"))
    assert other.value.code is Code.JOURNAL_OTHER_NODE
    flipped = bytearray(file.durable)
    flipped[20] ^= 1
    with pytest.raises(StoreError) as damaged:
        opened(MemoryFile("signed", bytes(flipped)))
    assert damaged.value.code is Code.JOURNAL_DAMAGED


def test_the_file_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_mark, "ROTATE_BYTES", 1_000)
    file = MemoryFile()
    mark = opened(file)
    for height in range(1, 200):
        mark.promised(entries(height, 1), 1)
        assert len(file.durable) <= 1_200
    assert opened(file.after_crash()).mark.height == 199
