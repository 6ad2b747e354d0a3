"""The way of a bundle between nodes: what rests on a block to come, what is reported, what is forged."""

from dataclasses import replace

import pytest

from consensus import deferral, fates, intake
from consensus.core.own_keys import OwnKeys
from consensus.fates import Committed, Pending, Refused, Unknown
from consensus.presence import Presences
from consensus.wire import Kind, Report
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement, refuse
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import MemberId, NodeId
from ledger.errors import Rejected
from tests.consensus.table import Seat, Table
from tests.network.ledger_application import LedgerApplication
from tests.vectors.small_network import signer, small_record

NOTARY = NodeId("node-notary")


@pytest.fixture
def table() -> Table:
    made = Table()
    made.start()
    made.rest(3_000)
    return made


def rests_on(seat: Seat, later: Bundle, earlier: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `seat` find `later` fit only once `earlier` is on its ledger."""
    shipped = LedgerApplication.judge

    def judge(self: LedgerApplication, bundle: Bundle, time_ms: int) -> object:
        missing = self.chain.blocks.record_bytes(earlier.record_ids[0]) is None
        if bundle.pool_key == later.pool_key and missing:
            return Rejected(Code.RECORD_REF_UNKNOWN)
        return shipped(self, bundle, time_ms)

    monkeypatch.setattr(LedgerApplication, "judge", judge)


def pending_at(table: Table, bundle: Bundle) -> set[NodeId]:
    """The nodes that are up and in whose pool the bundle waits."""
    return {
        seat.node_id
        for seat in table.seats.values()
        if seat.driver is not None and isinstance(seat.up.fate(bundle.pool_key), Pending)
    }


def test_a_bundle_that_rests_on_a_block_to_come_is_not_lost_at_nodes_that_lag(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, later = table.bundle("earlier"), table.bundle("later")
    rests_on(table["centre"], later, earlier, monkeypatch)
    # The registry lags: it hears nothing while the others commit the earlier bundle.
    table.lost = lambda _sender, receiver, frame: (
        receiver == "node-registry" and frame[0] == Kind.MESSAGE
    )
    centre, registry = table["centre"], table["registry"]
    centre.up.submit(earlier, table.now_ms)
    table.run(lambda: isinstance(centre.up.fate(earlier.pool_key), Committed))
    assert registry.height == 0
    assert isinstance(centre.up.submit(later, table.now_ms), Acknowledgement)
    table.run(lambda: isinstance(centre.up.fate(later.pool_key), Committed))
    table.rest(1_500)
    assert registry.up.fate(later.pool_key) == Unknown()
    table.lost = lambda _sender, _receiver, _frame: False
    table.run(table.one_head)
    assert isinstance(registry.up.fate(later.pool_key), Committed)


def test_a_bundle_that_never_becomes_fit_is_reported_to_who_took_it_in(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = table.bundle("a", "notary")
    shipped = LedgerApplication.judge

    def judge(self: LedgerApplication, judged: Bundle, time_ms: int) -> object:
        if judged.pool_key == bundle.pool_key and self is not table["notary"].application:
            return Rejected(Code.RECORD_REF_UNKNOWN)
        return shipped(self, judged, time_ms)

    monkeypatch.setattr(LedgerApplication, "judge", judge)
    table.lost = lambda sender, _receiver, frame: sender == NOTARY and frame[0] == Kind.MESSAGE
    assert isinstance(table["notary"].up.submit(bundle, table.now_ms), Acknowledgement)
    table.rest(deferral.DEFERRED_MS + 2_000)
    told = [e for e in table["notary"].events if e.name == "bundle.refused_by_peer"]
    assert {event.facts["peer"] for event in told} == set(table.seats) - {NOTARY}
    assert {event.facts["code"] for event in told} == {"record.ref_unknown"}
    assert pending_at(table, bundle) == {NOTARY}


def test_a_wrongly_signed_bundle_from_a_peer_is_reported_and_kept_nowhere(
    table: Table,
) -> None:
    good = table.bundle("a")
    bad = Bundle(good.header, good.header_bytes, bytes(64), good.records, good.record_ids)
    table["centre"].up.received(NOTARY, bytes((Kind.BUNDLE,)) + bad.encode(), table.now_ms)
    table.rest(1_500)
    told = [e for e in table["notary"].events if e.name == "bundle.refused_by_peer"]
    assert [event.facts["code"] for event in told] == ["bundle.signature"]
    assert pending_at(table, bad) == set()


def test_a_process_that_found_its_twin_reports_nothing_to_peers(table: Table) -> None:
    good = table.bundle("a")
    bad = Bundle(good.header, good.header_bytes, bytes(64), good.records, good.record_ids)
    table["centre"].up._desk.silence()
    table["centre"].up.received(NOTARY, bytes((Kind.BUNDLE,)) + bad.encode(), table.now_ms)
    table.rest(1_500)
    assert not [e for e in table["notary"].events if e.name == "bundle.refused_by_peer"]


def test_a_report_that_the_peer_did_not_sign_is_a_line_in_the_log(table: Table) -> None:
    centre, bundle = table["centre"], table.bundle("a")
    head = centre.app.head
    forged = refuse(
        signer("node registry"),
        table.network_id,
        NOTARY,
        bundle.pool_key,
        Code.RECORD_INVALID,
        head.header_hash,
    )
    codec = centre.up._codec
    for refusal in (forged, replace(forged, node_id=NodeId("node-registry"))):
        centre.up.received(NOTARY, codec.encode(Report(refusal)), table.now_ms)
    refused = [e for e in centre.up.take_events() if e.name == "frame.refused"]
    assert len(refused) == 2
    assert centre.up.fate(bundle.pool_key) == Unknown()


def test_one_peers_word_refuses_nothing_and_pushes_out_no_refusal_that_holds(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fates, "REFUSED_MAX", 3)
    centre, unfit = table["centre"], table.bundle("unfit")
    shipped = LedgerApplication.judge

    def judge(self: LedgerApplication, bundle: Bundle, time_ms: int) -> object:
        if bundle.pool_key == unfit.pool_key and table.now_ms > taken_ms:
            return Rejected(Code.RECORD_REF_UNKNOWN)
        return shipped(self, bundle, time_ms)

    taken_ms = table.now_ms
    monkeypatch.setattr(LedgerApplication, "judge", judge)
    table.lost = lambda sender, _receiver, frame: frame[0] == Kind.MESSAGE
    assert isinstance(centre.up.submit(unfit, taken_ms), Acknowledgement)
    table.rest(20_000)
    held = centre.up.fate(unfit.pool_key)
    assert isinstance(held, Refused) and held.signed.node_id == centre.node_id
    others = [table.bundle(f"other {number}") for number in range(5)]
    for bundle in others:
        refusal = refuse(
            table["notary"].signer,
            table.network_id,
            NOTARY,
            bundle.pool_key,
            Code.RECORD_INVALID,
            centre.app.head.header_hash,
        )
        centre.up.received(NOTARY, centre.up._codec.encode(Report(refusal)), table.now_ms)
        assert centre.up.fate(bundle.pool_key) == Unknown()
    assert centre.up.fate(unfit.pool_key) == held
    table.crash("centre")
    table.start("centre")
    assert centre.up.fate(unfit.pool_key) == held, "after a restart"
    assert isinstance(centre.up.submit(others[0], table.now_ms), Acknowledgement)


def test_the_intake_does_not_grow_for_ever_while_no_block_comes(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What expires and is sent anew leaves two records each time, and no block drops them."""
    monkeypatch.setattr(intake, "COMPACT_BYTES", 4_000)
    monkeypatch.setattr(fates, "REFUSED_MAX", 3)
    for name in ("registry", "supervisor"):
        table.crash(name)
    centre = table["centre"]
    for number in range(40):
        bundle = table.bundle(f"short {number}", life_ms=500)
        assert isinstance(centre.up.submit(bundle, table.now_ms), Acknowledgement)
        table.rest(1_500)
        assert isinstance(centre.up.fate(bundle.pool_key), Refused)
    assert centre.height == 0
    assert len(centre.intake.durable) < 6_000


def test_what_becomes_unfit_at_one_moment_costs_one_fsync(table: Table) -> None:
    for name in ("registry", "supervisor"):
        table.crash(name)
    centre = table["centre"]
    bundles = [table.bundle(f"short {number}", life_ms=500) for number in range(20)]
    for bundle in bundles:
        centre.up.submit(bundle, table.now_ms)
    before = centre.intake.calls.count("sync")
    table.rest(1_500)
    assert all(isinstance(centre.up.fate(bundle.pool_key), Refused) for bundle in bundles)
    assert centre.intake.calls.count("sync") == before + 1
    table.crash("centre")
    table.start("centre")
    assert all(isinstance(centre.up.fate(bundle.pool_key), Refused) for bundle in bundles)


def test_a_flood_of_unfit_bundles_from_one_peer_is_bounded(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferral, "DEFERRED_MAX", 3)
    monkeypatch.setattr(
        LedgerApplication, "judge", lambda _self, _bundle, _time: Rejected(Code.RECORD_INVALID)
    )
    centre = table["centre"]
    for number in range(10):
        frame = bytes((Kind.BUNDLE,)) + table.bundle(f"n{number}").encode()
        centre.up.received(NOTARY, frame, table.now_ms)
    table.rest(1_500)
    assert len(centre.up._desk._deferred) == 3
    table.rest(deferral.DEFERRED_MS + 1_000)
    assert len(centre.up._desk._deferred) == 0
    # From then on this peer's bundles are judged as they come.
    late = table.bundle("late")
    centre.up.received(NOTARY, bytes((Kind.BUNDLE,)) + late.encode(), table.now_ms)
    assert centre.up.fate(late.pool_key) == Unknown()


def test_who_connects_is_told_what_waits(table: Table) -> None:
    table.crash("supervisor")
    table.crash("registry")
    bundle = table.bundle("a", "notary")
    table["notary"].up.submit(bundle, table.now_ms)
    table.rest(1_000)
    assert pending_at(table, bundle) == {NOTARY, NodeId("node-centre")}
    table.lost = lambda _sender, _receiver, frame: frame[0] == Kind.MESSAGE
    table.start("registry")
    table.rest(100)
    assert NodeId("node-registry") in pending_at(table, bundle)


def test_an_old_bundle_cannot_surface_again_after_it_expired(table: Table) -> None:
    expired = sign_bundle(
        signer("member centre"),
        table.network_id,
        MemberId("centre"),
        [small_record("old").encode()],
        table.now_ms - 2_000,
        table.now_ms - 1_000,
        bytes(16),
    )
    assert isinstance(table["centre"].up.submit(expired, table.now_ms), Rejected)


def test_a_process_whose_key_another_one_has_promises_nothing(table: Table) -> None:
    """Neither anew nor again; what it promised before enters, and then it says so."""
    centre = table["centre"]
    before, after = table.bundle("before"), table.bundle("after")
    table.lost = lambda sender, _receiver, _frame: sender == centre.node_id
    assert isinstance(centre.up.submit(before, table.now_ms), Acknowledgement)
    clone = Presences(table.network_id, centre.node_id, OwnKeys(centre.signer), bytes(16))
    committee = table.genesis.committee
    clone.told(NOTARY, centre.up.hello(NOTARY).presence)
    shown = replace(table["notary"].up.hello(centre.node_id), other=clone.own(NOTARY, committee))
    centre.up.greeted(NOTARY, shown, table.now_ms)
    for bundle in (before, after):
        answer = centre.up.submit(bundle, table.now_ms)
        assert isinstance(answer, Rejected) and answer.code is Code.NODE_CLONED
        assert str(NOTARY) in str(answer.detail["nodes"])
    assert pending_at(table, after) == set()
    table.lost = lambda _sender, _receiver, _frame: False
    table.run(lambda: isinstance(centre.up.submit(before, table.now_ms), Committed))
