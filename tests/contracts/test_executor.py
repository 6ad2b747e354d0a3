"""The executor over the real chain: what a block does, what leaves no trace, what comes out twice."""

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from unittest import mock

import pytest

from contracts.admission import Seen
from contracts.executor import Fit
from contracts.faults import NOT_LOOKED_AT
from contracts.overlay import EmptyState, Overlay
from contracts.state import State
from contracts.timers import TimerRow, due, start
from contracts.verdict import World
from ledger.codes import Code
from ledger.core.block import BlockBundle, Header, Snapshot, decode_header_of_block
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import (
    Digest,
    Height,
    MemberId,
    NetworkId,
    NodeId,
    RecordId,
    Subject,
)
from ledger.core.limits import Parameters
from ledger.core.payload import bundles_root, decode_payload, encode_payload
from ledger.core.record import decode_record, record_id
from ledger.errors import InvariantBroken, Rejected
from ledger.state_view import StateView
from ledger.store.keys import Table
from ledger.store.memory import MemoryStore
from tests.bits import flipped
from tests.contracts.town import CATALOGUE, DAY, HOUR, START_MS, Town, certify
from tests.vectors.small_network import signer


def deposits(town: Town, count: int, issuer: str = "notary") -> list[bytes]:
    """Records about as many documents."""
    return [
        town.record(issuer, "evidence.deposited", f"D-{number}").encode() for number in range(count)
    ]


def signed(town: Town, records: list[bytes], issuer: str = "notary") -> Bundle:
    return sign_bundle(
        town.signers[issuer],
        town.genesis.network_id,
        MemberId(issuer),
        records,
        town.now_ms,
        town.now_ms + HOUR,
        bytes(16),
    )


def judged(town: Town, bundle: Bundle, time_ms: int | None = None) -> Code | None:
    verdict = town.executor.judge(bundle, town.now_ms if time_ms is None else time_ms)
    return verdict.code if isinstance(verdict, Rejected) else None


# Entering, once.


def test_a_record_enters_and_its_bundle_is_known_afterwards() -> None:
    town = Town()
    bundle = signed(town, deposits(town, 1))
    assert town.executor.judge(bundle, town.now_ms) == Fit(1)
    header = town.commit(bundle)
    assert header is not None and header.entry_count == 1 and header.log_size == 2
    assert judged(town, bundle) is Code.BUNDLE_KNOWN
    assert town.commit(bundle) is None


@pytest.mark.parametrize(
    ("first", "second", "entered"),
    [
        ([0, 1], [1, 2], [False, True]),
        ([0], [0, 1, 2], [False, True, True]),
        ([0, 1, 2, 3], [4, 2, 5, 0], [True, False, True, False]),
    ],
)
@pytest.mark.parametrize("one_block", [True, False])
def test_resubmission_in_any_mix_enters_only_what_is_new(
    first: list[int], second: list[int], entered: list[bool], one_block: bool
) -> None:
    town = Town()
    records = deposits(town, 6)
    before = signed(town, [records[each] for each in first])
    after = signed(town, [records[each] for each in second])
    if one_block:
        header = town.commit(before, after)
    else:
        town.commit(before)
        header = town.commit(after)
    assert header is not None
    last = town.chain.blocks.block_bundles(header.height)[-1]
    assert [record is not None for record in last.records] == entered
    for each in {*first, *second}:
        assert town.chain.blocks.record(decode_record(records[each]).record_id) is not None


def test_a_refused_record_leaves_no_trace_and_takes_its_bundle_along() -> None:
    town = Town()
    good = town.record("builder", "tender.entry_commitment", "P-1")
    bad = town.record("builder", "tender.document_filed", "P-1/1", kind="tender")
    assert judged(town, town.bundle(good, bad)) is Code.RECORD_MUST_FOLLOW
    other = signed(town, deposits(town, 1))
    header = town.commit(town.bundle(good, bad), other)
    assert header is not None and header.bundle_count == 1
    assert town.chain.blocks.record(good.record_id) is None
    assert not list(town.chain.state.scan(b"by/P-1"))
    header = town.commit(town.bundle(good))
    assert header is not None and header.entry_count == 1


def test_what_a_record_must_follow_may_stand_in_its_own_bundle_or_block() -> None:
    town = Town()
    commitment = town.record("builder", "tender.entry_commitment", "P-1")
    intake = town.record(
        "centre",
        "tender.project_accepted",
        "P-1",
        tenderer="builder",
        name="学校",
        industry="housing",
    )
    document = town.record("builder", "tender.document_filed", "P-1/1", kind="tender")
    deadline = town.now_ms + 60 * DAY
    notice = town.record(
        "builder", "tender.announcement", "P-1/1", kind="announcement", bid_deadline_ms=deadline
    )
    header = town.commit(
        town.bundle(commitment), town.bundle(intake), town.bundle(document, notice)
    )
    assert header is not None and (header.bundle_count, header.entry_count) == (3, 4)


# Admission of a bundle.


def test_a_bundle_is_refused_outside_of_its_life() -> None:
    town = Town()
    town.now_ms = START_MS + HOUR
    bundle = signed(town, deposits(town, 1))
    created, expires = bundle.header.created_at_ms, bundle.header.expires_at_ms
    ahead = Parameters().clock_ahead_ms
    assert judged(town, bundle, expires) is None
    assert judged(town, bundle, expires + 1) is Code.BUNDLE_EXPIRED
    assert judged(town, bundle, created - ahead) is None
    assert judged(town, bundle, created - ahead - 1) is Code.BUNDLE_EARLY


@pytest.mark.parametrize(
    ("life_ms", "code"),
    [(7 * DAY, None), (7 * DAY + 1, Code.BUNDLE_LIFE), (0, None), (-1, Code.BUNDLE_EXPIRED)],
)
def test_a_bundle_lives_at_most_seven_days(life_ms: int, code: Code | None) -> None:
    town = Town()
    bundle = sign_bundle(
        town.signers["notary"],
        town.genesis.network_id,
        MemberId("notary"),
        deposits(town, 1),
        START_MS,
        START_MS + life_ms,
        bytes(16),
    )
    assert judged(town, bundle, START_MS) is code


def test_a_foreign_network_a_stranger_and_a_wrong_key_are_refused() -> None:
    town = Town()
    records = deposits(town, 1)
    key, life = town.signers["notary"], (town.now_ms, town.now_ms + HOUR)
    own, notary = town.genesis.network_id, MemberId("notary")
    foreign = sign_bundle(key, NetworkId(bytes(32)), notary, records, *life, bytes(16))
    assert judged(town, foreign) is Code.BUNDLE_NETWORK
    stranger = sign_bundle(signer("stranger"), own, notary, records, *life, bytes(16))
    assert judged(town, stranger) is Code.BUNDLE_KEY
    other = sign_bundle(key, own, MemberId("centre"), records, *life, bytes(16))
    assert judged(town, other) is Code.BUNDLE_KEY
    network = sign_bundle(key, own, MemberId("network"), records, *life, bytes(16))
    assert judged(town, network) is Code.BUNDLE_ISSUER
    good = signed(town, records)
    forged = replace(good, signature=bytes(64))
    assert judged(town, forged) is Code.BUNDLE_SIGNATURE
    assert judged(town, good) is None, "no negative verdict is kept"


def test_whose_signature_does_not_hold_has_no_record_looked_up() -> None:
    """Ten thousand look-ups once held up consensus for each bundle that nobody had signed."""
    town = Town()
    bundle = signed(town, deposits(town, 3))
    forged = replace(bundle, signature=flipped(bundle.signature))
    with mock.patch.object(State, "known", side_effect=AssertionError("looked up")):
        assert town.executor.faults(forged, town.now_ms) == NOT_LOOKED_AT


def test_a_record_under_another_issuers_bundle_is_refused() -> None:
    town = Town()
    assert judged(town, signed(town, deposits(town, 1, "builder"))) is Code.BUNDLE_ISSUER


def test_bytes_that_are_no_record_are_refused_by_their_own_code() -> None:
    town = Town()
    assert judged(town, signed(town, [b"\x93\x01\x02\x03"])) is Code.FORMAT_SHAPE


def test_a_derived_record_cannot_be_submitted() -> None:
    town = Town()
    record = town.record("notary", "ledger.alert_raised", "P-1", alert="AL17", rule="AL17")
    bundle = town.bundle(record)
    assert judged(town, bundle) in {Code.RECORD_FIELD_MISSING, Code.RECORD_ISSUER_ROLE}
    whole = town.record(
        "notary",
        "ledger.alert_raised",
        "P-1",
        alert="AL17",
        severity="serious",
        about="tender.objection",
        member="builder",
        because="objection_answer",
        rule="AL17",
        rule_version=1,
    )
    assert judged(town, town.bundle(whole)) is Code.RECORD_ISSUER_ROLE


# Assembling and checking.


def test_every_node_computes_the_block_that_one_node_assembled() -> None:
    proposer, voter = Town(), Town()
    proposer.announced(START_MS + 30 * DAY)
    served = proposer.executor.serve(Height(1), 1 << 20)
    assert len(served) == proposer.chain.head.height
    for header_bytes, payload, _ in served:
        header = decode_header_of_block(header_bytes)
        assert voter.executor.check(header, payload) is None
        voter.executor.commit(header, payload, certify(voter.genesis, header))
    assert voter.chain.head.state_hash == proposer.chain.head.state_hash


WRONG: dict[str, object] = {
    "network_id": NetworkId(bytes(32)),
    "height": 2,
    "previous": bytes(32),
    "time_ms": START_MS - 1,
    "proposer": NodeId("node-nobody"),
    "epoch": 1,
    "bundle_count": 2,
    "bundles_root": bytes(32),
    "entry_count": 2,
    "state_hash": bytes(32),
    "status_size": 0,
    "status_root": bytes(32),
    "snapshot": Snapshot(Height(1), 1, Digest(bytes(32))),
    "log_size": 3,
    "log_root": bytes(32),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Header)])
def test_a_header_that_says_anything_else_is_refused(name: str) -> None:
    town = Town()
    made = town.block(signed(town, deposits(town, 1)))
    assert made is not None
    header, payload = made
    wrong = replace(header, **{name: WRONG[name]})  # type: ignore[arg-type]
    verdict = town.executor.check(wrong, payload)
    assert verdict is not None
    assert verdict.code in {Code.BLOCK_MISMATCH, Code.BLOCK_NOT_REBUILT}
    assert town.executor.check(header, payload) is None


def test_a_payload_that_repeats_the_bytes_of_a_known_record_is_refused() -> None:
    town = Town()
    records = deposits(town, 2)
    town.commit(signed(town, records[:1]))
    made = town.block(signed(town, records))
    assert made is not None
    header, payload = made
    (bundle,) = decode_payload(payload)
    whole = BlockBundle(
        bundle.header,
        bundle.header_bytes,
        bundle.signature,
        b"\xc0",
        bundle.record_ids,
        tuple(records),
    )
    wrong = replace(header, bundles_root=bundles_root([whole]))
    verdict = town.executor.check(wrong, encode_payload([whole]))
    assert verdict is not None and verdict.code is Code.BLOCK_MISMATCH


def test_a_payload_that_leaves_out_a_new_record_is_refused() -> None:
    town = Town()
    made = town.block(signed(town, deposits(town, 2)))
    assert made is not None
    header, payload = made
    (bundle,) = decode_payload(payload)
    missing = BlockBundle(
        bundle.header,
        bundle.header_bytes,
        bundle.signature,
        b"\x80",
        bundle.record_ids,
        (bundle.records[0], None),
    )
    wrong = replace(header, bundles_root=bundles_root([missing]))
    verdict = town.executor.check(wrong, encode_payload([missing]))
    assert verdict is not None and verdict.code is Code.BLOCK_MISMATCH


def test_a_block_with_an_unfit_bundle_is_refused_and_one_with_nothing_too() -> None:
    town = Town()
    made = town.block(signed(town, deposits(town, 1)))
    assert made is not None
    header, payload = made
    empty = replace(header, bundle_count=0, bundles_root=hashlib.sha256(b"").digest())  # type: ignore[arg-type]
    verdict = town.executor.check(empty, encode_payload([]))
    assert verdict is not None and verdict.code is Code.BLOCK_NOTHING
    assert town.executor.check(header, payload[:-1]) is not None


def test_committing_a_block_that_judges_invalid_stops_the_node() -> None:
    town = Town()
    made = town.block(signed(town, deposits(town, 1)))
    assert made is not None
    header, payload = made
    wrong = replace(header, state_hash=bytes(32))  # type: ignore[arg-type]
    with pytest.raises(InvariantBroken):
        town.executor.commit(wrong, payload, certify(town.genesis, wrong))
    assert town.chain.head.height == 0


def test_committing_twice_changes_nothing() -> None:
    town = Town()
    made = town.block(signed(town, deposits(town, 1)))
    assert made is not None
    header, payload = made
    certificate = certify(town.genesis, header)
    first = town.executor.commit(header, payload, certificate)
    assert town.executor.commit(header, payload, certificate) == first
    assert town.chain.head.height == 1


def test_what_finds_no_room_waits_for_the_next_block() -> None:
    small = replace(Parameters(), block_bytes_max=4_000, block_bundles_max=2)
    town = Town(parameters=small)
    bundles = [signed(town, [record]) for record in deposits(town, 3)]
    wide = signed(town, deposits(town, 30))
    header = town.commit(wide, *bundles)
    assert header is not None and header.bundle_count == 2
    header = town.commit(wide, *bundles)
    assert header is not None and header.bundle_count == 1


def test_ten_thousand_records_enter_as_one_bundle() -> None:
    town = Town()
    bundle = signed(town, deposits(town, 10_000))
    header = town.commit(bundle)
    assert header is not None and header.entry_count == 10_000
    assert town.chain.head.log_size == 10_001


# Timers.


def test_due_timers_fire_in_order_of_due_time_then_key() -> None:
    overlay = Overlay(EmptyState())
    rows = []
    for due_ms, deadline, name in [(5, "b", 1), (9, "a", 2), (5, "a", 3), (5, "b", 0), (4, "z", 4)]:
        row = TimerRow(
            due_ms,
            deadline,
            RecordId(bytes([name]) * 32),
            "AL17",
            due_ms,
            "x.a",
            MemberId("m"),
            Subject("P"),
        )
        start(overlay, row)
        rows.append(row)
    overlay.keep()

    store = MemoryStore()
    store.write([(Table.STATE.key(key), value) for key, value in overlay.writes()])
    state = StateView(store)
    fired = due(state, 9, 1_000)
    assert [(row.due_ms, row.deadline, row.record_id[0]) for row in fired] == [
        (4, "z", 4),
        (5, "a", 3),
        (5, "b", 0),
        (5, "b", 1),
    ]
    assert len(due(state, 10, 1_000)) == 5
    assert len(due(state, 10, 2)) == 2
    assert sorted(due(state, 10, 9), key=lambda row: row.record_id) == sorted(
        rows, key=lambda row: row.record_id
    )


def test_timers_fire_first_a_few_at_a_time_and_the_rest_in_the_next_block() -> None:
    town = Town(parameters=replace(Parameters(), block_timers_max=2))
    town.announced(START_MS + 60 * DAY)
    objections = [town.record("centre", "tender.objection", matter="other") for _ in range(5)]
    town.commit(town.bundle(*objections))
    late = START_MS + 10 * DAY
    town.now_ms = late
    header = town.commit(signed(town, deposits(town, 1)), at=late)
    assert header is not None and header.entry_count == 1 + 2
    assert town.executor.timer_due(late + 1)
    header = town.commit(at=late + 1)
    assert header is not None and (header.bundle_count, header.entry_count) == (0, 2)
    header = town.commit(at=late + 2)
    assert header is not None and header.entry_count == 1
    assert not town.executor.timer_due(late + DAY)
    starters = [alert.refs[0].record_id for alert in town.raised()]
    assert starters == sorted(record.record_id for record in objections)


def test_an_empty_block_is_valid_if_and_only_if_a_timer_is_due() -> None:
    town = Town()
    town.announced(START_MS + 60 * DAY)
    town.say("bidder", "tender.objection", matter="other")
    due_ms = town.executor.next_due_ms()
    assert due_ms is not None
    made = town.block(at=due_ms + 1)
    assert made is not None
    header, payload = made
    assert town.executor.check(header, payload) is None
    early = replace(header, time_ms=due_ms)
    verdict = town.executor.check(early, payload)
    assert verdict is not None and verdict.code is Code.BLOCK_NOTHING


# The same bytes everywhere.

STORY = """
from tests.bits import flipped
from tests.contracts.town import DAY, START_MS, Town
town = Town()
town.announced(START_MS + 30 * DAY)
town.say("bidder", "tender.objection", matter="other")
town.say("builder", "tender.document_filed", kind="tender", files={"file": b"other"})
town.say("bidder", "tender.complaint", matter="other", known_at_ms=START_MS - 20 * DAY)
town.say("builder", "tender.change", kind="termination")
town.wait_until(START_MS + 20 * DAY)
print(town.chain.head.header_hash.hex(), len(town.alerts()))
"""


def test_two_executors_that_order_sets_differently_make_the_same_blocks() -> None:
    outcomes = set()
    for seed in ("0", "1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(
            [sys.executable, "-c", STORY], env=env, capture_output=True, check=True
        )
        outcomes.add(run.stdout)
    assert len(outcomes) == 1
    assert int(outcomes.pop().split()[1]) >= 5


def test_another_members_record_has_no_place_in_a_bundle_though_it_is_known() -> None:
    """docs/spec/bundle.md: a record under another issuer's bundle is refused, on the ledger or not."""
    town = Town()
    known = town.record("notary", "evidence.deposited", "D-1")
    town.commit(town.bundle(known))
    own = town.record("bidder", "evidence.deposited", "D-2")
    mixed = signed(town, [known.encode(), own.encode()], "bidder")
    assert judged(town, mixed) is Code.BUNDLE_ISSUER
    assert town.commit(mixed) is None


def test_what_is_remembered_of_records_is_bounded_by_their_bytes() -> None:
    """50,000 of the largest records would be 800 MB: any member could fill that by submitting."""
    town, seen = Town(), Seen()
    world = World(town.genesis.network_id, CATALOGUE, town.genesis.parameters, 3, frozenset())
    large = {f"f{number}": bytes(1_000) for number in range(14)}
    for number in range(3_000):
        data = town.record("notary", "evidence.deposited", f"D-{number}", fields=large).encode()
        seen.record(record_id(data), data, world)
    assert 0 < sum(len(each.encode()) for each in seen._records.values()) <= 32 << 20
