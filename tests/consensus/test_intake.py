"""What was acknowledged is on disk, and leaves it once it no longer waits."""

import pytest

from consensus import intake as intake_module
from consensus.append_file import frame
from consensus.intake import Intake
from consensus.mempool import Mempool, PoolLimits
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Height, NodeId
from ledger.core.limits import DEFAULT
from ledger.core.reader import array_header, byte_string
from ledger.errors import StoreError
from tests.consensus.memory_file import MemoryFile
from tests.vectors.small_network import SmallNetwork, small_record

OWN = NodeId("node-own")
NETWORK = SmallNetwork()


def bundle(name: str) -> Bundle:
    return NETWORK.bundle([small_record(name)])


def opened(file: MemoryFile) -> Intake:
    return Intake(file, DEFAULT)


def test_bundles_come_back_once_with_the_time_of_receipt() -> None:
    file = MemoryFile()
    intake = opened(file)
    intake.take(bundle("a"), 17)
    intake.take(bundle("b"), 18)
    again = opened(file.after_crash())
    assert again.take_found() == ((17, bundle("a")), (18, bundle("b")))
    assert again.take_found() == ()


def test_a_bundle_is_synced_before_take_returns() -> None:
    file = MemoryFile()
    opened(file).take(bundle("a"), 1)
    assert (file.calls, file.written) == (["append", "sync"], b"")


def test_what_a_start_reads_is_durable_before_it_is_acknowledged_again() -> None:
    file = MemoryFile()
    opened(file).take(bundle("a"), 1)
    file.written, file.durable = file.durable, b""
    found = opened(file).take_found()
    assert found == ((1, bundle("a")),)
    assert opened(file.after_crash()).take_found() == found


def test_a_torn_bundle_was_never_acknowledged_and_is_cut() -> None:
    file = MemoryFile()
    opened(file).take(bundle("a"), 1)
    torn = MemoryFile(durable=file.durable + file.durable[:50])
    again = opened(torn)
    assert (again.cut_bytes, len(again.take_found())) == (50, 1)
    assert torn.durable == file.durable


def test_a_damaged_file_stops_the_node() -> None:
    file = MemoryFile()
    opened(file).take(bundle("a"), 1)
    damaged = bytearray(file.durable)
    damaged[60] ^= 1
    with pytest.raises(StoreError) as caught:
        opened(MemoryFile(durable=bytes(damaged)))
    assert caught.value.code is Code.JOURNAL_DAMAGED


def test_a_time_of_another_length_is_damage() -> None:
    """One spelling: the seven bytes would be read as the same time, and written as eight."""
    body = array_header(2) + byte_string(bytes(7)) + byte_string(bundle("a").encode())
    with pytest.raises(StoreError) as caught:
        opened(MemoryFile(durable=frame(body)))
    assert caught.value.code is Code.JOURNAL_DAMAGED


def test_the_file_shrinks_to_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "COMPACT_BYTES", 5_000)
    file = MemoryFile()
    intake = opened(file)
    pool = Mempool(lambda _bundle, _time: None, PoolLimits())
    for number in range(40):
        one = bundle(str(number))
        pool.admit(one, OWN, Height(0), number)
        intake.take(one, number)
        if number >= 2:
            pool.committed([bundle(str(number - 2)).pool_key], Height(number))
        own = pool.taken_in_by(OWN)
        intake.compact(own, sum(each.size_bytes for each in own))
        assert len(file.durable) < 6_500
    found = opened(file.after_crash()).take_found()
    assert [time for time, _ in found][-2:] == [38, 39]
