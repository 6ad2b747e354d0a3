"""What was acknowledged is on disk, and leaves it once it no longer waits."""

import pytest

from consensus import intake as intake_module
from consensus.append_file import frame
from consensus.fates import Refused
from consensus.intake import Intake
from consensus.mempool import Mempool
from consensus.pool_limits import PoolLimits
from ledger.codes import Code
from ledger.core.acknowledgement import refuse
from ledger.core.bundle import Bundle
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import HeaderHash, Height, NodeId
from ledger.core.limits import DEFAULT
from ledger.core.reader import array_header, byte_string
from ledger.core.shapes import array
from ledger.errors import Rejected, StoreError
from tests.consensus.memory_file import MemoryFile
from tests.vectors.small_network import SmallNetwork, seed, signer, small_record

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
            pool.committed([bundle(str(number - 2)).pool_key], Height(number), number)
        if intake.outgrown:
            intake.compact(pool.taken_in_by(OWN))
        assert len(file.durable) < 6_500
    found = opened(file.after_crash()).take_found()
    assert [each[0] for each in found if isinstance(each, tuple)][-2:] == [38, 39]


def refusal(one: Bundle, at_ms: int, **facts: str | int) -> Refused:
    """What a node says once a bundle that it took in has expired."""
    head, code = HeaderHash(seed("head")), Code.BUNDLE_EXPIRED
    signed = refuse(signer("node own"), NETWORK.trust.network_id, OWN, one.pool_key, code, head)
    return Refused(Rejected(code, facts), signed, at_ms)


def test_a_refusal_is_durable_and_stands_for_its_bundle() -> None:
    file = MemoryFile()
    intake, said = opened(file), refusal(bundle("a"), 30, issuer="张三", now=-5)
    intake.take(bundle("a"), 17)
    intake.take(bundle("b"), 18)
    intake.refuse([said])
    assert file.calls[-2:] == ["append", "sync"]
    assert opened(file.after_crash()).take_found() == ((18, bundle("b")), said)


def test_the_last_word_about_a_bundle_counts() -> None:
    file = MemoryFile()
    intake = opened(file)
    for name in "ab":
        intake.take(bundle(name), 1)
        intake.refuse([refusal(bundle(name), 2)])
    intake.take(bundle("a"), 3)
    intake.moot([bundle("b").pool_key])
    assert opened(file.after_crash()).take_found() == ((3, bundle("a")),)


def test_refusals_stay_where_the_file_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "COMPACT_BYTES", 1)
    file = MemoryFile()
    intake, said = opened(file), refusal(bundle("a"), 2)
    intake.take(bundle("a"), 1)
    intake.refuse([said])
    assert intake.outgrown
    intake.compact([], [said])
    assert opened(file.after_crash()).take_found() == (said,)
    assert bundle("a").encode() not in file.durable


def test_a_file_in_which_much_still_stands_is_not_written_anew_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake_module, "COMPACT_BYTES", 1_000)
    file = MemoryFile()
    intake = opened(file)
    said = [refusal(bundle(str(number)), number) for number in range(20)]
    for number in range(20):
        intake.refuse(said[number : number + 1])
        if intake.outgrown:
            intake.compact([], said[: number + 1])
    assert file.calls.count("replace") <= 4


def test_many_refusals_cost_one_fsync_and_a_crash_keeps_the_earlier_ones() -> None:
    file = MemoryFile()
    said = [refusal(bundle(name), 2) for name in "abc"]
    opened(file).refuse(said)
    assert file.calls == ["append", "sync"]
    assert opened(file.after_crash()).take_found() == tuple(said)
    torn = MemoryFile(durable=file.durable[:-1])
    assert opened(torn).take_found() == tuple(said[:2])


def test_a_refusal_of_a_later_version_stops_no_node_and_its_bundle_does_not_wait() -> None:
    file = MemoryFile()
    intake = opened(file)
    intake.take(bundle("a"), 1)
    intake.take(bundle("b"), 2)
    one = refusal(bundle("a"), 3)
    words = list(array(decode(intake_module._encode_refusal(one), 9_999), "refusal", 10))
    words[6] = "bundle.of_tomorrow"
    later = MemoryFile(durable=file.durable + frame(encode(tuple(words))))
    assert opened(later).take_found() == ((2, bundle("b")),)


@pytest.mark.parametrize("fact", ["e\u0301" * 10_000, "\ud800", 1 << 80, "長" * 9_999])
def test_no_fact_of_a_refusal_stops_the_node_or_the_next_start(fact: str | int) -> None:
    file = MemoryFile()
    many = {f"fact_{place}": fact for place in range(40)}
    opened(file).refuse([refusal(bundle("a"), 2, **many)])
    (found,) = opened(file.after_crash()).take_found()
    assert isinstance(found, Refused) and found.verdict.code is Code.BUNDLE_EXPIRED


@pytest.mark.parametrize(
    "body",
    [
        encode(("refusal", 2)),
        encode(("refusal", 1, 5)),
        encode(("moot", 1)),
        encode(("moot", 1, b"short")),
        encode(("other", 1, bytes(32))),
    ],
)
def test_a_word_of_another_form_is_damage(body: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        opened(MemoryFile(durable=frame(body)))
    assert caught.value.code is Code.JOURNAL_DAMAGED
