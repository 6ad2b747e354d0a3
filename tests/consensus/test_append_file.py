"""The append-only file: a torn tail is cut, damage is told, and nothing else is believed."""

import os
import subprocess
import sys
from contextlib import closing
from errno import EIO, ENOENT
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.append_file import DiskFile, frame, scan
from ledger.codes import Code
from ledger.errors import StoreError

BODIES = st.lists(st.binary(max_size=200), max_size=6)


@given(BODIES)
def test_what_was_written_is_read_back(bodies: list[bytes]) -> None:
    data = b"".join(map(frame, bodies))
    assert scan(data, "file").bodies == tuple(bodies)
    assert scan(data, "file").size == len(data)


@given(BODIES, st.binary(min_size=1, max_size=100), st.data())
def test_a_torn_tail_is_cut_wherever_it_was_torn(
    bodies: list[bytes], last: bytes, draw: st.DataObject
) -> None:
    data = b"".join(map(frame, bodies))
    torn = frame(last)[: draw.draw(st.integers(0, len(frame(last)) - 1))]
    assert scan(data + torn, "file").bodies == tuple(bodies)
    assert scan(data + torn, "file").size == len(data)


@given(BODIES, st.integers(1, 5000))
def test_room_that_the_file_system_made_for_a_lost_write_is_a_torn_tail(
    bodies: list[bytes], zeros: int
) -> None:
    data = b"".join(map(frame, bodies))
    assert scan(data + bytes(zeros), "file").bodies == tuple(bodies)


def test_one_flipped_bit_anywhere_is_damage_and_never_a_shorter_file() -> None:
    bodies = [b"first", b"second record", b"x" * 40]
    data = b"".join(map(frame, bodies))
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StoreError) as caught:
            scan(bytes(flipped), "file")
        assert caught.value.code is Code.JOURNAL_DAMAGED


@given(st.binary(max_size=300))
def test_any_bytes_are_either_records_or_a_clear_error(data: bytes) -> None:
    try:
        found = scan(data, "file")
    except StoreError as problem:
        assert problem.code is Code.JOURNAL_DAMAGED
    else:
        assert b"".join(map(frame, found.bodies)) == data[: found.size]


def test_a_file_on_disk_keeps_what_was_appended_and_what_replaced_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "promises"
    file = DiskFile(path)
    file.append(b"one")
    file.append(b"two")
    file.sync()
    assert file.read() == b"onetwo"
    file.replace(b"three")
    file.append(b"four")
    file.sync()
    file.close()
    assert path.read_bytes() == b"threefour"


def test_a_second_process_is_refused_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "promises"
    script = (
        "import sys; from pathlib import Path; from consensus.append_file import DiskFile;"
        "file = DiskFile(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).resolve().parents[2]
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None and holder.stdin is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreError) as caught:
        DiskFile(path)
    assert caught.value.code is Code.STORE_LOCKED
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    DiskFile(path).close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_a_sentence_not_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "promises"
    path.symlink_to("/dev/full")
    file = DiskFile(path)
    with pytest.raises(StoreError) as caught:
        file.append(b"one")
    assert caught.value.code is Code.STORE_DISK_FULL
    file.close()


def test_after_an_fsync_that_failed_the_file_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(EIO, os.strerror(EIO))

    with closing(DiskFile(tmp_path / "promises")) as file:
        file.append(b"one")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", broken)
            with pytest.raises(StoreError):
                file.sync()
        for later in (file.sync, lambda: file.append(b"two"), lambda: file.replace(b"three")):
            with pytest.raises(StoreError) as caught:
                later()
            assert caught.value.code is Code.STORE_IO
        assert (tmp_path / "promises").read_bytes() == b"one"


def test_a_disk_that_fails_is_a_sentence_not_a_trace(tmp_path: Path) -> None:
    with closing(DiskFile(tmp_path / "promises")) as file:
        (tmp_path / "promises").unlink()
        with pytest.raises(StoreError) as caught:
            file.read()
    assert caught.value.code is Code.STORE_IO
    assert caught.value.detail["reason"] == os.strerror(ENOENT)
