"""One whole open tender, from the plan to the project file, and what goes wrong on the way."""

import pytest

from contracts.completeness import completeness
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId, Subject
from tests.contracts.sealing import BIDDERS, DEADLINE, SYSTEM, SealedTown
from tests.contracts.tendering import EXPERTS, TENDER_ROLES, TenderTown
from tests.contracts.town import CATALOGUE, DAY, GRACE, HOUR, MINUTE, PROJECT, SECTION

NO_SEAL = ("AL26", "seal.used@ref:follows")


def returned(town: TenderTown) -> None:
    """Every deposit and guarantee goes back."""
    for each in town.deposits:
        town.say("bank", "tender.deposit_refunded", refs=[("follows", each)])
    for each in town.guarantees:
        cited = [("follows", each)]
        town.say("insurer", "tender.guarantee_released", refs=cited, outcome="released")


def contracted(town: TenderTown, wait_ms: int = 0) -> RecordId:
    """Notice, and a contract that the winner signs too."""
    town.say("builder", "tender.award_notice", winner="bidder")
    town.wait_until(town.now_ms + wait_ms)
    contract = town.say("builder", "tender.contract_signed", contractor="bidder", price_fen=100)
    town.confirm(contract, "bidder")
    return contract


def whole_tender(*, signed: bool = True) -> TenderTown:
    """A tender under its profile, from the plan to the file; signed, or without a contract."""
    town = TenderTown("open_tender")
    town.say("builder", "tender.plan_published", PROJECT, name="学校改扩建")
    town.evaluated()
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    if signed:
        contracted(town)
    returned(town)
    town.say("builder", "tender.file_set_submitted")
    return town


def codes(town: TenderTown) -> set[str]:
    return {code for code, _ in town.alerts()}


def test_a_whole_open_tender_from_plan_to_project_file() -> None:
    town = TenderTown()
    town.say("builder", "tender.plan_published", PROJECT, name="学校改扩建")
    town.evaluated()
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    returned(town)
    contracted(town)
    town.say("builder", "tender.file_set_submitted")
    town.wait_until(town.now_ms + 40 * DAY)
    # The notice bears no seal here; that is said, and nothing else is.
    assert town.alerts() == [NO_SEAL]


def test_a_whole_open_tender_under_its_profile_ends_with_a_certificate() -> None:
    town = whole_tender()
    assert town.alerts() == [NO_SEAL]
    assert len(town.listed("tender.witness_certificate")) == 1


@pytest.mark.parametrize(
    ("site", "recorded", "lacking"),
    [
        ("贵阳", True, []),
        ("", True, ["T34", "T34 T40", "T34 T40"]),
        ("贵阳", False, ["T29", "T29"]),
    ],
)
def test_a_remote_evaluation_is_certified_where_it_says_its_sites_and_was_recorded(
    site: str, recorded: bool, lacking: list[str]
) -> None:
    roles = {**TENDER_ROLES, "deposits": ("deposit_system", "recording_system")}
    town = TenderTown("remote_evaluation", roles)
    town.at = {"site": site} if site else {}
    town.evaluated()
    if recorded:
        segment: dict[str, Value] = {"session": "evaluation", "number": 1}
        times: dict[str, Value] = {"from_ms": town.now_ms - MINUTE, "until_ms": town.now_ms}
        town.say("deposits", "tender.recording_segment", fields={**segment, **times})
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    contracted(town)
    returned(town)
    town.say("builder", "tender.file_set_submitted")
    assert [why for code, why in town.alerts() if code == "AL01"] == lacking
    assert len(town.listed("tender.witness_certificate")) == (0 if lacking else 1)


@pytest.mark.parametrize(
    ("silent", "lacking"),
    [
        pytest.param(0, [], marks=pytest.mark.spares("AL01")),
        pytest.param(1, ["T34"], marks=pytest.mark.raises("AL01")),
    ],
)
def test_every_expert_of_a_remote_evaluation_says_at_which_site(
    silent: int, lacking: list[str]
) -> None:
    """One who says nothing is not covered by the four who do; and may say it later."""
    town = TenderTown("remote_evaluation")
    town.drew()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    last = EXPERTS[-1]
    for name in EXPERTS:
        said: dict[str, Value] = {} if silent and name == last else {"site": "贵阳"}
        town.say(name, "tender.expert_signed_in", fields=said)
    fields: dict[str, Value] = {"members": EXPERTS, "chair": EXPERTS[0]}
    town.say("builder", "tender.committee_formed", fields=fields)
    town.say(EXPERTS[0], "tender.evaluation_started")
    assert [why for code, why in town.alerts() if code == "AL01"] == lacking
    assert sites_lack(town) == bool(silent)
    town.say(last, "tender.expert_signed_in", fields={"site": "贵阳"})
    assert not sites_lack(town)


def sites_lack(town: TenderTown) -> bool:
    """Whether somebody who signed in named no site."""
    as_of = Times(town.chain.head.log_size, town.now_ms)
    found = completeness(Subject(SECTION), CATALOGUE, State(Overlay(town.chain.state)), as_of)
    return any("tender.expert_signed_in" in each.node.types for each in found.lacking)


# Bids and what they rest on.


@pytest.mark.parametrize("dropped", [0, 2])
def test_a_bid_without_registration_or_security_is_opened_with_an_alert(dropped: int) -> None:
    town = TenderTown()
    sealed = town.dossier("bidder")
    del sealed[dropped]
    commitments = town.commit_sealed(*sealed)
    bid = len(sealed) - 2
    town.seal_set(commitments[bid])
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    assert town.listed("tender.bid_submitted") == [sealed[bid].record_id]
    assert "AL15" in codes(town) and "AL21" not in codes(town)


def test_a_bid_that_names_no_security_is_asked_for_none() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:3]]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    assert town.alerts() == []


def test_a_deposit_after_the_bid_deadline_raises_an_alert() -> None:
    town = TenderTown()
    town.wait_until(DEADLINE - MINUTE)
    early = town.dossier("bidder")
    first = town.commit_sealed(*early[:2])
    town.wait_until(DEADLINE + GRACE + 1)
    (paid,) = town.commit_sealed(early[2])
    town.seal_set()
    town.start()
    for each, commitment in zip(early[:3], (*first, paid), strict=True):
        town.open(each, commitment)
    assert ("AL15", "before(tender.announcement.bid_deadline_ms)") in town.alerts()


def test_a_strange_account_and_a_guarantee_that_is_not_genuine_raise_alerts() -> None:
    town = TenderTown()
    obtained = town.inner("bidder", "tender.documents_obtained")
    named: dict[str, Value] = {"bidder": "bidder"}
    account = town.inner("deposits", "tender.deposit_account_allocated", obtained, fields=named)
    strange: dict[str, Value] = {**named, "basic_account": False}
    paid = town.inner("bank", "tender.deposit_paid", account, fields=strange)
    issued = town.inner("insurer", "tender.guarantee_issued", obtained, fields=named)
    failed: dict[str, Value] = {**named, "outcome": "not_verifiable"}
    checked = town.inner("centre", "tender.guarantee_verified", issued, fields=failed)
    sealed = [town.seal(each) for each in (obtained, account, paid, issued, checked)]
    commitments = town.commit_sealed(*sealed)
    town.seal_set()
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    found = [each for each in town.alerts() if each[0] in {"AL14", "AL15"}]
    assert found == [("AL14", "other_account"), ("AL15", "guarantee_not_verifiable")]


# The opening.


def test_an_objection_to_the_opening_is_answered_on_the_spot() -> None:
    town = TenderTown()
    town.opened()
    objection = town.say("mason", "tender.opening_objection")
    cited = [("answers", objection)]
    town.say("builder", "tender.objection_answered", refs=cited, outcome="rejected")
    town.closed()
    town.wait_until(town.now_ms + DAY)
    assert town.alerts() == []


def test_an_opening_objection_left_open_is_an_alert_at_the_close_and_by_the_clock() -> None:
    town = TenderTown()
    town.opened()
    town.say("mason", "tender.opening_objection")
    town.say("builder", "tender.opening_closed")
    assert town.alerts() == [("AL17", "none_open(tender.opening_objection)")]
    town.wait_until(town.now_ms + 2 * HOUR + MINUTE)
    assert town.alerts()[1:] == [("AL17", "opening_objection_answer")]


def test_an_objection_after_the_opening_has_closed_is_noted_as_late() -> None:
    town = TenderTown()
    town.opened()
    town.closed()
    town.say("mason", "tender.opening_objection")
    assert ("AL02", "terminated") in town.alerts()


def test_what_follows_a_bid_follows_one_of_the_set_only() -> None:
    town = TenderTown()
    sealed = town.seal(town.bid("mason"))
    (commitment,) = town.commit_sealed(sealed)
    town.seal_set()
    town.start()
    town.open(sealed, commitment)
    cited = [("follows", sealed.record_id)]
    refused = town.refused(SYSTEM, "tender.bid_decrypted", refs=cited, outcome="success")
    assert refused is Code.RECORD_MUST_FOLLOW


@pytest.mark.parametrize("outcome", ["failure", "refusal"])
@pytest.mark.raises("AL21")
def test_a_bid_that_cannot_be_decrypted_raises_an_alert(outcome: str) -> None:
    town = TenderTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:3]]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    cited = [("follows", sealed[0].record_id)]
    town.say("bidder", "tender.bid_decrypted", refs=cited, outcome=outcome)
    assert town.alerts() == [("AL21", "not_decrypted")]


def test_bids_read_out_before_all_are_decrypted_raise_an_alert() -> None:
    town = TenderTown()
    sealed = [town.seal(town.bid(bidder)) for bidder in BIDDERS[:3]]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    town.say("builder", "tender.bids_read", refs=[("follows", sealed[0].record_id)])
    expected = "tender.bid_decrypted:each(tender.bid_submitted)"
    assert town.alerts() == [("AL01", expected)]


# The award.


def test_an_award_inside_the_publicity_period_is_recorded_with_an_alert() -> None:
    town = TenderTown()
    town.evaluated()
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[:3])
    town.wait_until(town.now_ms + 2 * DAY)
    town.say("builder", "tender.award_decided", winner="bidder")
    assert ("AL02", "after(candidate_publicity)") in town.alerts()


def test_candidates_published_late_raise_an_alert() -> None:
    town = TenderTown()
    town.evaluated()
    town.wait_until(town.now_ms + 5 * DAY)
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[:3])
    assert ("AL02", "candidate_publication") in town.alerts()


@pytest.mark.parametrize("matter", ["objection", "suspension"])
def test_an_award_over_an_open_matter_raises_an_alert(matter: str) -> None:
    town = TenderTown()
    town.evaluated()
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[:3])
    town.say("mason", "tender.objection", matter="evaluation")
    term = "none_open(tender.objection)"
    if matter == "suspension":
        town.say("supervisor", "ledger.process_suspended", reason="核查")
        term = "none_open(ledger.process_suspended)"
    town.wait_until(town.now_ms + 4 * DAY)
    town.say("builder", "tender.award_decided", winner="bidder")
    assert ("AL18", term) in town.alerts()


def test_nothing_is_awarded_before_there_are_candidates_and_no_contract_without_notice() -> None:
    town = TenderTown()
    fields: dict[str, Value] = {"winner": "bidder"}
    for type_key in ("award_decided", "result_published", "award_notice"):
        refused = town.refused("builder", f"tender.{type_key}", fields=fields)
        assert refused is Code.RECORD_MUST_FOLLOW
    refused = town.refused("builder", "tender.contract_signed", contractor="bidder")
    assert refused is Code.RECORD_MUST_FOLLOW
    assert town.refused("builder", "tender.file_set_submitted") is Code.RECORD_MUST_FOLLOW


def test_a_contract_is_signed_by_both_and_a_late_one_raises_an_alert() -> None:
    town = TenderTown()
    town.evaluated()
    town.awarded()
    returned(town)
    town.say("builder", "tender.award_notice", winner="bidder")
    town.wait_until(town.now_ms + 32 * DAY)
    contract = town.say("builder", "tender.contract_signed", contractor="bidder")
    other = town.refused("mason", "ledger.confirmed", refs=[("confirms", contract)])
    assert other is Code.RECORD_CONFIRMATION
    town.confirm(contract, "bidder")
    assert ("AL24", "contract_signing") in town.alerts()


# Refunds.


def test_what_is_not_returned_in_time_raises_an_alert_for_each_deposit() -> None:
    town = TenderTown()
    town.evaluated()
    town.awarded()
    kept, *others = town.deposits
    for each in others:
        town.say("bank", "tender.deposit_refunded", refs=[("follows", each)])
    town.wait_until(town.now_ms + DAY + HOUR)
    found = [each for each in town.raised() if each.fields["alert"] == "AL16"]
    assert [each.fields["because"] for each in found] == ["deposit_refund_local"] * 2
    assert {each.refs[0].record_id for each in found} == {kept, *town.guarantees}
    assert {each.fields["member"] for each in found} == {"bank", "insurer"}


def test_after_the_contract_the_statutory_period_runs_too_and_a_refund_stops_both() -> None:
    town = TenderTown()
    town.evaluated()
    town.awarded()
    contracted(town)
    town.wait_until(town.now_ms + 2 * DAY)
    for each in town.guarantees:
        cited = [("follows", each)]
        town.say("insurer", "tender.guarantee_released", refs=cited, outcome="released")
    town.wait_until(town.now_ms + 7 * DAY)
    found = [because for code, because in town.alerts() if code == "AL16"]
    assert found == ["deposit_refund_local"] * 3 + ["deposit_refund"] * 2


def test_a_refund_before_the_result_is_recorded_as_out_of_its_time() -> None:
    town = TenderTown()
    town.opened()
    town.say("bank", "tender.deposit_refunded", refs=[("follows", town.deposits[0])])
    expected = "tender.result_published | tender.contract_signed | tender.change{kind=termination}"
    assert ("AL02", expected) in town.alerts()


def test_an_extension_is_no_end_that_a_refund_could_rest_on_and_a_termination_is() -> None:
    for kind, alerted in (("extension", True), ("termination", False)):
        town = TenderTown()
        town.opened()
        town.say("builder", "tender.change", kind=kind)
        town.say("bank", "tender.deposit_refunded", refs=[("follows", town.deposits[0])])
        because = [each for code, each in town.alerts() if code == "AL02"]
        assert any("tender.result_published" in each for each in because) == alerted


def test_a_file_set_after_a_mere_extension_is_refused() -> None:
    town = TenderTown()
    town.opened()
    town.say("builder", "tender.change", kind="extension")
    assert town.refused("builder", "tender.file_set_submitted") is Code.RECORD_MUST_FOLLOW
    town.say("builder", "tender.change", kind="termination")
    town.say("builder", "tender.file_set_submitted")
