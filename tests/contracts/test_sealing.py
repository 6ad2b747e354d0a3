"""Bids under seal: what the ledger shows before the opening, what it lets out, and what it notes."""

from dataclasses import replace

import pytest

from contracts import sealed_rows
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import Evidence, Ref
from ledger.core.sealed import COMMITMENT_TYPE
from ledger.sealed_files import OFF_LEDGER_TYPES
from tests.contracts.sealing import AFTER, BIDDERS, DEADLINE, SYSTEM, SealedTown
from tests.contracts.town import CATALOGUE, DAY, HOUR, SECTION, START_MS
from tests.vectors.small_network import seed


def state(town: SealedTown) -> State:
    return State(Overlay(town.chain.state))


def on_ledger(town: SealedTown, record_id: RecordId) -> bool:
    return state(town).record(record_id) is not None


def _now(town: SealedTown) -> Times:
    return Times(town.chain.head.log_size, town.now_ms)


def three_bids(town: SealedTown) -> list[tuple[RecordId, RecordId]]:
    """Three bids sealed, listed, and opened in order: (commitment, bid) of each."""
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:3]]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    return [(a, b.record_id) for a, b in zip(commitments, sealed, strict=True)]


# Commitments.


def test_a_verifier_without_a_catalogue_knows_what_is_never_opened_on_the_ledger() -> None:
    kinds = CATALOGUE.types.values()
    apart = {kind.key for kind in kinds if kind.is_sealed and not kind.sealed_until}
    assert apart == OFF_LEDGER_TYPES


@pytest.mark.spares("AL21")
@pytest.mark.spares("AL27")
def test_three_bids_are_sealed_listed_and_opened_without_an_alert() -> None:
    town = SealedTown()
    bids = three_bids(town)
    for commitment, bid in bids:
        row, committed = state(town).record(bid), state(town).record(commitment)
        assert row is not None and committed is not None
        assert row.entered == row.effective == committed.entered
        assert row.voided_index is None
    town.wait_until(town.now_ms + 2 * DAY)
    assert town.alerts() == []


def test_a_commitment_shows_nothing_but_its_digest() -> None:
    town = SealedTown()
    good = town.commitment(None)
    digest = good.fields["commitment"]
    shown = [
        replace(good, evidence=(Evidence("a", seed("a"), None, 1, "text/plain"),)),  # type: ignore[arg-type]
        replace(good, refs=(Ref("follows", RecordId(seed("any"))),)),
        replace(good, fields={"commitment": digest, "site": "B"}),
    ]
    assert town.why_not(good) == ""
    assert town.why_not(shown[0]) == "sealed.form"
    assert town.why_not(shown[1]) in {"sealed.form", "record.ref_unknown"}
    assert town.why_not(shown[2]) == "sealed.form"
    assert town.why_not(replace(good, subject=Subject(SECTION))) == "record.subject"
    assert town.why_not(replace(good, issuer="bidder")) == "record.issuer_role"  # type: ignore[arg-type]


def test_a_digest_is_committed_once_and_a_copy_of_it_opens_nothing() -> None:
    town = SealedTown()
    town.say("centre", "ledger.role_changed", "notary", action="grant", role="bid_system")
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    again = town.commitment(sealed)
    assert town.why_not(again) == "sealed.committed"
    copy = town.record("notary", COMMITMENT_TYPE, "", fields=dict(again.fields))
    town.accepted(copy)
    town.seal_set(commitment)
    town.start()
    for opener in ("notary", "bidder"):
        opening = town.opening(sealed, copy.record_id, opener)
        assert town.why_not(opening) == "sealed.commitment"
    town.open(sealed, commitment)
    assert on_ledger(town, sealed.record_id)


def test_a_sealed_type_does_not_enter_openly_and_no_other_is_let_out_of_a_seal() -> None:
    town = SealedTown()
    assert town.why_not(town.bid("bidder")) == "sealed.only"
    plain = town.seal(town.record("notary", "evidence.deposited", "D-1"))
    (commitment,) = town.commit_sealed(plain)
    town.open(plain, commitment)
    assert not on_ledger(town, plain.record_id)
    assert town.alerts() == [("AL21", "opened_invalid")]


# The set.


def test_the_set_is_sealed_once_after_deadline_and_grace_and_in_order() -> None:
    town = SealedTown()
    ids = sorted(town.commit_sealed(*(town.seal(town.bid(each)) for each in BIDDERS)))
    others = town.commit_sealed(town.seal(town.bid("bidder")), by=SYSTEM)

    def refused(listed: list[RecordId], **said: int) -> str:
        fields: dict[str, Value] = {"count": len(listed), "part": 1, "parts": 1, **said}
        fields["commitments"] = tuple(listed)
        return town.why_not(town.record(SYSTEM, "tender.bid_set_sealed", fields=fields))

    assert refused(ids) == "record.must_follow"
    town.wait_until(AFTER)
    assert refused(ids) == ""
    assert refused(ids[::-1]) == "sealed.set"
    assert refused([ids[0], ids[0]]) == "sealed.set"
    assert refused(ids, count=3) == "sealed.set"
    assert refused(ids, part=2, parts=2) == "sealed.set"
    assert refused([*ids[:3], RecordId(b"\xff" * 32)]) == "sealed.member"
    town.seal_set(*ids)
    assert refused(ids) == "sealed.set"
    assert refused(others) == "sealed.set"


def test_a_set_in_parts_is_whole_with_its_last_part_only() -> None:
    town = SealedTown()
    ids = sorted(town.commit_sealed(*(town.seal(town.bid(each)) for each in BIDDERS[:3])))

    def part(number: int, *listed: RecordId) -> RecordId:
        return town.say(
            SYSTEM,
            "tender.bid_set_sealed",
            at=max(town.now_ms + 1_000, AFTER),
            fields={"commitments": listed, "count": 3, "part": number, "parts": 2},
        )

    part(1, *ids[:2])
    assert town.why_not(town.record("builder", "tender.opening_started")) == "sealed.set"
    assert town.alerts() == []
    part(2, ids[2])
    town.start()
    held = sealed_rows.bid_set(state(town), SECTION)
    assert held is not None and held.complete and held.listed == 3
    assert list(sealed_rows.members(state(town), SECTION)) == ids


def test_late_foreign_and_twice_listed_commitments_are_no_members() -> None:
    town = SealedTown()
    town.say("centre", "ledger.role_changed", "notary", action="grant", role="bid_system")
    sealed = town.seal(town.bid("bidder"))
    (foreign,) = town.commit_sealed(sealed, by="notary")
    town.wait_until(AFTER)
    (late,) = town.commit_sealed(sealed)
    for each in (foreign, late):
        fields: dict[str, Value] = {"commitments": (each,), "count": 1, "part": 1, "parts": 1}
        record = town.record(SYSTEM, "tender.bid_set_sealed", fields=fields)
        assert town.why_not(record) == "sealed.member"


@pytest.mark.parametrize(
    ("count", "alerts"),
    [
        (0, 1),
        pytest.param(2, 1, marks=pytest.mark.raises("AL20")),
        pytest.param(3, 0, marks=pytest.mark.spares("AL20")),
    ],
)
def test_too_few_bids_are_seen_from_the_count_alone(count: int, alerts: int) -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:count]]
    town.seal_set(*(town.commit_sealed(*sealed) if sealed else ()))
    assert town.alerts() == [("AL20", "few_bids")] * alerts


# The opening.


def test_nothing_is_opened_before_the_opening_has_started() -> None:
    town = SealedTown()
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    assert town.why_not(town.opening(sealed, commitment)) == "sealed.event"
    town.seal_set(commitment)
    assert town.why_not(town.opening(sealed, commitment)) == "sealed.event"
    town.start()
    assert town.why_not(town.opening(sealed, commitment)) == ""


def test_only_what_was_sealed_opens_once_by_system_or_author() -> None:
    town = SealedTown()
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    town.seal_set(commitment)
    town.start()
    other = replace(sealed, salt=seed("guess"))
    assert town.why_not(town.opening(other, commitment)) == "sealed.commitment"
    assert town.why_not(town.opening(sealed, commitment, "mason")) == "sealed.author"
    noted = replace(town.opening(sealed, commitment), refs=())
    assert town.why_not(noted) == "record.refs"
    assert town.why_not(town.opening(sealed, commitment, "bidder")) == ""
    town.open(sealed, commitment)
    assert town.why_not(town.opening(sealed, commitment)) == "sealed.opened"
    assert town.why_not(town.opening(sealed, commitment, "bidder")) == "sealed.opened"


def test_what_fails_its_judgement_is_open_and_counts_for_nothing() -> None:
    town = SealedTown()
    forged = town.seal(town.bid("bidder"), by="mason")
    expired = town.seal(town.bid("mason"), expires_at_ms=town.now_ms)
    stranger = town.seal(town.bid("builder"))
    hollow = town.seal(town.bid("roofer", evidence=()))
    sealed = [forged, expired, stranger, hollow]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
        assert not on_ledger(town, each.record_id)
        assert town.why_not(town.opening(each, commitment)) == "sealed.opened"
    town.wait_until(town.now_ms + 2 * DAY)
    assert town.alerts() == [("AL21", "opened_invalid")] * 4


def test_key_and_role_are_judged_where_the_commitment_stands() -> None:
    """Revoked between commitment and opening: the bid holds. Revoked before: it does not."""
    town = SealedTown()
    early = town.seal(town.bid("bidder"))
    (first,) = town.commit_sealed(early)
    key_id = early.bundle().header.key_id
    town.say("registry", "ledger.key_revoked", "bidder", key_id=key_id, reason="lost")
    town.say("centre", "ledger.role_changed", "mason", action="withdraw", role="bidder", reason="x")
    revoked, lapsed = town.seal(town.bid("bidder")), town.seal(town.bid("mason"))
    late = town.commit_sealed(revoked, lapsed)
    town.seal_set(first, *late)
    town.start()
    town.open(early, first)
    assert on_ledger(town, early.record_id)
    assert town.alerts() == []
    town.open(revoked, late[0])
    town.open(lapsed, late[1])
    assert not on_ledger(town, revoked.record_id)
    assert on_ledger(town, lapsed.record_id)
    assert town.alerts() == [("AL21", "opened_invalid"), ("AL05", "role_lapsed")]


def test_an_opening_out_of_order_is_accepted_with_an_alert_but_not_an_authors() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    town.open(sealed[3], commitments[3], "glazier")
    town.open(sealed[0], commitments[0])
    assert town.alerts() == []
    town.open(sealed[2], commitments[2])
    town.open(sealed[1], commitments[1])
    assert town.alerts() == [("AL21", "out_of_order")]
    assert all(on_ledger(town, each.record_id) for each in sealed)


def test_a_member_of_the_set_that_nobody_opens_raises_an_alert_in_time() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:3]]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    town.open(sealed[0], commitments[0])
    town.open(sealed[1], commitments[1])
    town.wait_until(town.now_ms + 2 * HOUR)
    assert town.alerts() == [("AL21", "bid_opening")]
    (raised,) = town.raised()
    assert raised.refs[0].record_id == commitments[2]
    assert raised.subject == SECTION and raised.fields["member"] == SYSTEM


@pytest.mark.raises("AL27")
def test_two_bids_of_one_bidder_in_the_set_raise_an_alert() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(each)) for each in ("bidder", "mason", "bidder")]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    assert town.alerts() == [("AL27", "two_bids")]


# Outside the set.


def test_a_dropped_bid_is_its_bidders_proof_and_no_bid() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments[:3])
    town.start()
    town.open(sealed[3], commitments[3], "glazier")
    assert town.alerts() == []
    for each, commitment in zip(sealed[:3], commitments[:3], strict=True):
        town.open(each, commitment)
    town.wait_until(town.now_ms + 2 * HOUR)
    assert town.alerts() == [("AL27", "bid_dropped")]
    (raised,) = town.raised()
    assert raised.refs[0].record_id == sealed[3].record_id
    row = state(town).record(sealed[3].record_id)
    assert row is not None and row.effective is not None
    assert row.voided_index == row.effective.index


def test_a_dropped_bid_shown_after_the_period_raises_its_alert_in_the_next_block() -> None:
    town = SealedTown()
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    town.seal_set()
    town.start()
    town.wait_until(town.now_ms + 2 * DAY)
    town.open(sealed, commitment, "bidder")
    town.wait_until(town.now_ms + 1)
    assert town.alerts() == [("AL20", "few_bids"), ("AL27", "bid_dropped")]


def test_a_withdrawn_bid_opens_outside_the_set_without_an_alert() -> None:
    town = SealedTown()
    bid = town.bid("bidder")
    cites = (Ref("follows", bid.record_id),)
    kind = {"kind": "replaced"}
    withdrawal = town.bid("bidder", "tender.bid_withdrawn", refs=cites, fields=kind)
    sealed = [
        town.seal(each)
        for each in (bid, withdrawal, town.bid("bidder"), town.bid("mason"), town.bid("roofer"))
    ]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments[2:])
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
        assert on_ledger(town, each.record_id)
    town.wait_until(town.now_ms + 2 * DAY)
    assert town.alerts() == []


def test_nobody_withdraws_anothers_bid_and_a_withdrawn_one_is_not_in_the_set() -> None:
    town = SealedTown()
    bid = town.bid("bidder")
    cites, kind = (Ref("follows", bid.record_id),), {"kind": "withdrawn"}
    foreign = town.bid("mason", "tender.bid_withdrawn", refs=cites, fields=kind)
    own = town.bid("bidder", "tender.bid_withdrawn", refs=cites, fields=kind)
    sealed = [town.seal(each) for each in (bid, foreign, own)]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(commitments[0])
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    codes = [("AL20", "few_bids"), ("AL21", "opened_invalid"), ("AL27", "withdrawn_in_set")]
    assert town.alerts() == codes


def test_a_late_bid_is_opened_outside_the_set_and_noted_as_late() -> None:
    town = SealedTown()
    town.wait_until(DEADLINE + 20_000)
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    town.seal_set()
    town.start()
    town.open(sealed, commitment)
    town.wait_until(town.now_ms + 2 * DAY)
    assert [code for code, _ in town.alerts()] == ["AL20", "AL02"]


def test_an_opened_bid_can_be_cited_and_does_not_enter_again() -> None:
    town = SealedTown()
    ((_, bid), *_) = three_bids(town)
    town.say("notary", "evidence.deposited", "D-1", refs=[("follows", bid)])
    assert town.now_ms > START_MS
    assert len(list(state(town).records(SECTION, "tender.bid_submitted", _now(town)))) == 3
