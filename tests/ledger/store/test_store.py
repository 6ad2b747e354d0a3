"""Both stores keep the promises of the port; LevelDB keeps them through crashes and full disks."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.errors import StoreError
from ledger.store import folders
from ledger.store.api import Store, Write
from ledger.store.leveldb import LevelDBStore
from ledger.store.memory import MemoryStore

ALL = (b"", b"\xff" * 9)


@pytest.fixture(params=["memory", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else LevelDBStore(tmp_path / "db")
    yield opened
    opened.close()


def test_what_is_written_is_read_and_scanned_in_order(store: Store) -> None:
    store.write([(b"b", b"2"), (b"a", b"1"), (b"c", b"3")])
    assert store.get(b"a") == b"1"
    assert store.get(b"x") is None
    assert list(store.scan(b"a", b"c")) == [(b"a", b"1"), (b"b", b"2")]
    assert list(store.scan(*ALL, reverse=True)) == [(b"c", b"3"), (b"b", b"2"), (b"a", b"1")]


def test_the_later_of_two_writes_to_one_key_counts(store: Store) -> None:
    store.write([(b"a", b"1"), (b"a", None), (b"b", b"1"), (b"c", None), (b"c", b"3")])
    assert list(store.scan(*ALL)) == [(b"b", b"1"), (b"c", b"3")]
    store.write([(b"b", None), (b"b", b"4")])
    assert list(store.scan(*ALL)) == [(b"b", b"4"), (b"c", b"3")]


def test_a_lone_row_at_the_start_of_a_range_is_seen_from_both_sides(store: Store) -> None:
    store.write([(b"a", b"1"), (b"b", b"2"), (b"z", b"3")])
    assert list(store.scan(b"b", b"c")) == [(b"b", b"2")]
    assert list(store.scan(b"b", b"c", reverse=True)) == [(b"b", b"2")]


def test_a_scan_does_not_see_what_is_written_meanwhile(store: Store) -> None:
    store.write([(b"a", b"1"), (b"c", b"1")])
    rows = store.scan(*ALL)
    assert next(rows) == (b"a", b"1")
    store.write([(b"b", b"2"), (b"c", None)])
    assert list(rows) == [(b"c", b"1")]


KEYS = [b"", b"a", b"ab", b"b", b"\x00", b"\xff", b"\xff\xff"]
_WRITES = st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.binary(max_size=3)), max_size=8)


@given(st.lists(_WRITES, max_size=6))
def test_the_memory_store_is_a_sorted_dict(batches: list[list[Write]]) -> None:
    assert differences_from_a_dict(MemoryStore(), batches) == []


@given(st.lists(_WRITES, max_size=4))
@settings(max_examples=30, deadline=None)
def test_leveldb_is_a_sorted_dict(batches: list[list[Write]]) -> None:
    with TemporaryDirectory() as folder:
        store = LevelDBStore(Path(folder))
        assert differences_from_a_dict(store, batches) == []
        store.close()


def differences_from_a_dict(store: Store, batches: list[list[Write]]) -> list[object]:
    """Ranges of keys that, after some batch and read some way, are not what a sorted dict gives."""
    reference, wrong = dict[bytes, bytes](), list[object]()
    for batch in batches:
        store.write(batch)
        for key, value in batch:
            reference.pop(key, None)
            if value is not None:
                reference[key] = value
        for start, stop, reverse in product(KEYS, KEYS, (False, True)):
            expected = [(k, v) for k, v in sorted(reference.items()) if start <= k < stop]
            found = list(store.scan(start, stop, reverse=reverse))
            if found != (expected[::-1] if reverse else expected):
                wrong.append((start, stop, reverse, found))
    return wrong


def test_rows_survive_closing_and_opening(tmp_path: Path) -> None:
    first = LevelDBStore(tmp_path)
    first.write([(b"a", b"1")])
    first.close()
    again = LevelDBStore(tmp_path)
    assert again.get(b"a") == b"1"
    again.close()


def run(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    )


def test_a_second_process_on_one_folder_refuses_with_a_sentence(tmp_path: Path) -> None:
    holder = LevelDBStore(tmp_path)
    second = run(
        "import sys; from pathlib import Path\n"
        "from ledger.errors import StoreError\n"
        "from ledger.store.leveldb import LevelDBStore\n"
        "try: LevelDBStore(Path(sys.argv[1]))\n"
        "except StoreError as refused: print(refused)\n",
        str(tmp_path),
    )
    assert second.communicate()[0].strip() == f"store.locked(path={tmp_path})"
    with pytest.raises(StoreError) as refused:
        LevelDBStore(tmp_path)
    assert refused.value.code is Code.STORE_LOCKED
    holder.close()
    LevelDBStore(tmp_path).close()


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    writer = run(
        "import sys; from pathlib import Path\n"
        "from ledger.store.leveldb import LevelDBStore\n"
        "store = LevelDBStore(Path(sys.argv[1]))\n"
        "for i in range(10**9):\n"
        "    store.write([(b'%09d' % i, b'x'), (b'last', b'%d' % i)])\n"
        "    print(i, flush=True)\n",
        str(tmp_path),
    )
    assert writer.stdout is not None
    acknowledged = 0
    while acknowledged < 50:
        acknowledged = int(writer.stdout.readline())
    writer.kill()
    rest, _ = writer.communicate()
    acknowledged = int(rest.split()[-1]) if rest.split() else acknowledged
    store = LevelDBStore(tmp_path)
    last = int(store.get(b"last") or b"-1")
    assert last >= acknowledged
    assert len(list(store.scan(b"0", b":"))) == last + 1
    store.close()


def test_a_full_disk_stops_writing_and_loses_nothing(tmp_path: Path) -> None:
    # A limit on the size of one file stands for the full disk: LevelDB's log hits it.
    writer = run(
        "import resource, sys; from pathlib import Path\n"
        "from ledger.errors import StoreError\n"
        "from ledger.store.leveldb import LevelDBStore\n"
        "store = LevelDBStore(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "written = 0\n"
        "try:\n"
        "    while True:\n"
        "        store.write([(b'%09d' % written, bytes(1000)), (b'last', b'%d' % written)])\n"
        "        written += 1\n"
        "except StoreError as full: print(written, full.code.value)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)\n"
        "try: store.write([(b'late', b'')])\n"
        "except StoreError as refused: print(refused.code.value)\n"
        "store.close()\n",
        str(tmp_path),
    )
    written, first, later = writer.communicate()[0].split()
    assert (first, later) == ("store.disk_full", "store.disk_full")
    assert int(written) > 50
    store = LevelDBStore(tmp_path)
    assert store.get(b"last") == b"%d" % (int(written) - 1)
    assert len(list(store.scan(b"0", b":"))) == int(written)
    assert store.get(b"late") is None
    store.write([(b"late", b"again")])
    store.close()


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    store.write([(b"%05d" % i, bytes([i % 251]) * 100) for i in range(1000)])
    store.close()
    (table,) = (path for path in tmp_path.iterdir() if path.suffix in {".ldb", ".sst"})
    data = bytearray(table.read_bytes())
    data[len(data) // 3] ^= 1
    table.write_bytes(data)
    store = LevelDBStore(tmp_path)
    with pytest.raises(StoreError) as refused:
        list(store.scan(b"0", b":"))
    assert refused.value.code is Code.STORE_DAMAGED
    store.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError) as refused:
        LevelDBStore(tmp_path / "file" / "db")
    assert refused.value.code is Code.STORE_IO


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
def test_a_damaged_table_never_makes_a_scan_shorter(
    tmp_path: Path, place: float, reverse: bool
) -> None:
    store = LevelDBStore(tmp_path)
    store.write([(b"%05d" % i, bytes([i % 251]) * 100) for i in range(1000)])
    store.close()
    (table,) = (path for path in tmp_path.iterdir() if path.suffix in {".ldb", ".sst"})
    data = bytearray(table.read_bytes())
    filled = data.rindex(b"00999")
    data[int(filled * place) + 1] ^= 1
    table.write_bytes(data)
    store = LevelDBStore(tmp_path)
    with pytest.raises(StoreError) as refused:
        list(store.scan(b"0", b":", reverse=reverse))
    assert refused.value.code is Code.STORE_DAMAGED
    assert "b'" not in str(refused.value.detail["what"])
    store.close()


def test_a_database_without_its_current_file_is_damage_and_not_a_new_one(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    store.write([(b"a", b"1")])
    store.close()
    current = (tmp_path / "CURRENT").read_bytes()
    (tmp_path / "CURRENT").unlink()
    with pytest.raises(StoreError) as refused:
        LevelDBStore(tmp_path)
    assert refused.value.code is Code.STORE_DAMAGED
    (tmp_path / "CURRENT").write_bytes(current)
    store = LevelDBStore(tmp_path)
    assert store.get(b"a") == b"1"
    store.close()


def test_a_power_cut_while_a_database_is_made_leaves_a_folder_that_starts(tmp_path: Path) -> None:
    """LevelDB 1.22 names its first manifest in CURRENT before it is on the disk."""
    (tmp_path / "MANIFEST-000001").write_bytes(b"")
    (tmp_path / "CURRENT").write_bytes(b"MANIFEST-000001\n")
    (tmp_path / "000003.log").write_bytes(b"a row")
    with pytest.raises(StoreError) as refused:
        LevelDBStore(tmp_path)
    assert refused.value.code is Code.STORE_DAMAGED
    (tmp_path / "000003.log").write_bytes(b"")
    store = LevelDBStore(tmp_path)
    store.write([(b"a", b"1")])
    store.close()
    store = LevelDBStore(tmp_path)
    assert store.get(b"a") == b"1"
    store.close()


def test_a_failure_is_judged_by_its_reason_and_not_by_the_name_of_the_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "block quota: File too large"
    folder.mkdir()
    (folder / "LOCK").mkdir()
    with pytest.raises(StoreError) as refused:
        LevelDBStore(folder)
    assert refused.value.code is Code.STORE_IO
    assert refused.value.detail["reason"] == f"{folder / 'LOCK'}: Is a directory"


def test_every_folder_that_is_made_gets_a_durable_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folders, "sync_folder", synced.append)
    folders.make_folder(tmp_path / "a" / "b" / "c")
    assert sorted(synced) == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    folders.make_folder(tmp_path / "a" / "b" / "c")
    assert synced[3:] == [tmp_path / "a" / "b"]
