"""Rows come back as they went in; what is not a row is damage with a name, never a trace."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.identifiers import Digest, Height, LogIndex, RecordId
from ledger.errors import StoreError
from ledger.store import rows

FRONTIER = merkle.Frontier().extend([merkle.leaf_hash(bytes([i])) for i in range(11)])
IDS = tuple(RecordId(bytes([i]) * 32) for i in range(9))
BUNDLE = rows.BundleRow(b"header", b"s" * 64, b"\xff\x80", IDS)
PLACE = rows.Place(LogIndex(7), Height(3), 2, 1)
PROMISE = rows.LastSigned(9, Digest(bytes(32)), 1_700_000_000)
UNDO: list[tuple[bytes, bytes | None]] = [(b"status/a", None), (b"status/b", b""), (b"c", b"v")]


def test_rows_come_back_as_they_went_in() -> None:
    assert rows.head_from(rows.head_row(Height(5), FRONTIER)) == (5, FRONTIER)
    assert rows.block_from(rows.block_row(b"header", b"certificate")) == (b"header", b"certificate")
    assert rows.bundle_from(BUNDLE.encode()) == BUNDLE
    assert [BUNDLE.has_entered(i) for i in range(9)] == [True] * 9
    assert rows.record_from(rows.record_row(PLACE, b"data")) == (PLACE, b"data")
    assert rows.undo_from(rows.undo_row(UNDO)) == UNDO
    assert rows.last_signed_from(PROMISE.encode()) == PROMISE


READERS: list[tuple[Callable[[bytes], object], bytes]] = [
    (rows.head_from, rows.head_row(Height(5), FRONTIER)),
    (rows.block_from, rows.block_row(b"header", b"certificate")),
    (rows.bundle_from, BUNDLE.encode()),
    (rows.undo_from, rows.undo_row(UNDO)),
    (rows.last_signed_from, PROMISE.encode()),
]


@pytest.mark.parametrize(("read", "row"), READERS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_row_cut_anywhere_or_grown_is_damage(read: Callable[[bytes], object], row: bytes) -> None:
    for wrong in (*(row[:size] for size in range(len(row))), row + b"\x00"):
        with pytest.raises(StoreError) as damaged:
            read(wrong)
        assert damaged.value.code is Code.STORE_DAMAGED


@given(st.binary(max_size=80))
def test_any_bytes_are_a_row_or_damage(data: bytes) -> None:
    readers = [read for read, _ in READERS]
    for read in (*readers, rows.record_from, rows.runs_from, rows.split_digests):
        try:
            read(data)
        except StoreError as damaged:
            assert damaged.code is Code.STORE_DAMAGED


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_exactly_their_offsets(offsets: set[int]) -> None:
    ordered = sorted(offsets)
    runs = rows.runs_from(rows.runs_row(ordered))
    assert [offset for run in runs for offset in run] == ordered


def test_a_row_that_must_exist_is_named() -> None:
    assert rows.present(b"", "empty is there") == b""
    with pytest.raises(StoreError) as damaged:
        rows.present(None, "block 7")
    assert damaged.value.detail == {"what": "block 7"}
