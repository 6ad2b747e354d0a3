"""Projects that began before the ledger, procedures of other kinds, and what is said on paper."""

from collections.abc import Mapping

import pytest

from contracts.completeness import completeness
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import decode_record
from tests.contracts.sealing import BIDDERS
from tests.contracts.tendering import CHAIR, EXPERTS, TENDER_ROLES, TenderTown
from tests.contracts.test_evaluation import ready
from tests.contracts.town import CATALOGUE, DAY, HOUR, MINUTE, Town

OLD = "LZ-2025-090/01"
BEFORE_BIDS = (
    "tender.entry_commitment",
    "tender.project_accepted",
    "tender.document_filed",
    "tender.announcement",
)
TO_THE_REPORT = (
    *BEFORE_BIDS,
    "tender.documents_obtained",
    "tender.deposit_account_allocated",
    "tender.deposit_paid",
    "tender.bid_submitted",
    "tender.bid_receipt",
    "tender.bid_set_sealed",
    "tender.opening_started",
    "tender.bid_decrypted",
    "tender.bids_read",
    "tender.opening_closed",
    "tender.expert_draw_requested",
    "tender.experts_drawn",
    "tender.expert_signed_in",
    "tender.committee_formed",
    "tender.evaluation_started",
    "tender.score_submitted",
    "tender.evaluation_report",
)


def said(*done: str, **more: Value) -> dict[str, Value]:
    return {
        "done": done,
        "tenderer": "builder",
        "industry": "housing",
        "procedure": "open_tender",
        **more,
    }


def adopt(town: Town, *done: str, **more: Value) -> RecordId:
    """The centre adopts a project, and a supervisor confirms."""
    record = town.say("centre", "ledger.project_adopted", OLD, fields=said(*done, **more))
    town.say("supervisor", "ledger.confirmed", OLD, refs=[("confirms", record)])
    return record


def states(town: Town, subject: str = OLD) -> Mapping[str, str]:
    """How each mandatory node of a section stands, by the code of its first type."""
    as_of = Times(town.chain.head.log_size, town.now_ms)
    found = completeness(Subject(subject), CATALOGUE, State(Overlay(town.chain.state)), as_of)
    return {CATALOGUE.types[each.node.types[0]].code: str(each.state) for each in found.mandatory}


def test_a_project_adopted_after_the_report_goes_on_to_its_certificate() -> None:
    town = Town()
    adopted = adopt(town, *TO_THE_REPORT)
    assert {states(town)[code] for code in ("T09", "T19", "T40", "T43")} == {"present"}
    assert states(town)["T44"] == "awaited"
    town.say("builder", "tender.candidates_published", OLD, candidates=("bidder",))
    town.wait_until(town.now_ms + 4 * DAY)
    town.say("builder", "tender.award_decided", OLD, winner="bidder")
    town.say("builder", "tender.result_published", OLD, winner="bidder", price_fen=100)
    town.say("builder", "tender.award_notice", OLD, winner="bidder")
    contract = town.say(
        "builder", "tender.contract_signed", OLD, contractor="bidder", price_fen=100
    )
    town.say("bidder", "ledger.confirmed", OLD, refs=[("confirms", contract)])
    town.say("builder", "tender.file_set_submitted", OLD)
    rows = town.chain.state.scan(f"by/{OLD}\0tender.witness_certificate\0".encode())
    (certificate,) = [RecordId(value[:32]) for _, value in rows]
    stored = town.chain.blocks.record(certificate)
    assert stored is not None
    # The certificate rests on the adoption for all that came before the ledger.
    assert adopted in {ref.record_id for ref in decode_record(stored.data).refs}
    assert [code for code, _ in town.alerts()] == ["AL26"]


def test_a_project_adopted_before_the_bids_is_bid_for_here() -> None:
    town = TenderTown()
    deadline = town.now_ms + HOUR
    adopt(town, *BEFORE_BIDS, bid_deadline_ms=deadline)
    late = town.say(
        "builder", "tender.clarification", OLD, at=deadline + HOUR, kind="answer", files={"a": b"a"}
    )
    assert late
    assert ("AL02", "before(tender.announcement.bid_deadline_ms)") in town.alerts()


def test_nothing_counts_before_a_supervisor_confirms() -> None:
    town = Town()
    town.say("centre", "ledger.project_adopted", OLD, fields=said(*BEFORE_BIDS))
    refused = town.refused("builder", "tender.clarification", OLD, kind="answer")
    assert refused is Code.RECORD_MUST_FOLLOW


@pytest.mark.parametrize(
    "done",
    [
        # A list that ends between bids and report.
        TO_THE_REPORT[:-1],
        (*BEFORE_BIDS, "tender.bid_submitted"),
        # What the procedure does not know, and what asks for the certificate.
        (*BEFORE_BIDS, "seal.used"),
        (*BEFORE_BIDS, "tender.file_set_submitted"),
    ],
)
def test_a_list_that_the_ledger_could_not_go_on_from_is_refused(done: tuple[str, ...]) -> None:
    refused = Town().refused("centre", "ledger.project_adopted", OLD, fields=said(*done))
    assert refused is Code.RECORD_ADOPTED


def test_a_project_is_adopted_once_and_not_after_its_announcement() -> None:
    town = TenderTown()
    adopt(town, *BEFORE_BIDS)
    again = town.refused("centre", "ledger.project_adopted", OLD, fields=said(*BEFORE_BIDS))
    assert again is Code.RECORD_FORBIDDEN
    begun = town.refused("centre", "ledger.project_adopted", fields=said(*BEFORE_BIDS))
    assert begun is Code.RECORD_ADOPTED


# Objections and complaints, on paper and twice.


def paper(town: Town, **more: Value) -> dict[str, Value]:
    return {"matter": "other", "intake": "paper", "received_ms": town.now_ms, **more}


def test_what_comes_on_paper_is_taken_in_with_the_paper_and_its_time() -> None:
    town = TenderTown()
    kind, files = "tender.objection", {"scan": b"letter"}
    bare = town.refused("centre", kind, fields=paper(town), files={})
    assert bare is Code.RECORD_EVIDENCE_MISSING
    timeless = {"matter": "other", "intake": "phone"}
    assert town.refused("centre", kind, fields=timeless, files=files) is Code.RECORD_FIELD_MISSING
    to_come = paper(town, received_ms=town.now_ms + DAY)
    assert town.refused("centre", kind, fields=to_come, files=files) is Code.RECORD_FIELD_VALUE
    # A clerk takes in what several people say.
    town.say("centre", kind, fields=paper(town), files=files)
    town.say("centre", kind, fields=paper(town), files=files)


def test_a_member_says_the_same_again_when_the_first_is_answered() -> None:
    town = TenderTown()
    first = town.say("bidder", "tender.objection", matter="other")
    again = town.refused("bidder", "tender.objection", matter="other")
    assert again is Code.RECORD_OPEN_ALREADY
    town.say("bidder", "tender.objection", matter="opening")
    town.say(BIDDERS[1], "tender.objection", matter="other")
    refs = [("answers", first)]
    town.say("builder", "tender.objection_answered", refs=refs, outcome="rejected")
    town.say("bidder", "tender.objection", matter="other")


# The report, and who refuses to sign it.


def test_a_report_takes_effect_without_who_refuses_to_sign_and_says_so() -> None:
    town = ready()
    report = town.report()
    fields = {**report.fields, "refused": EXPERTS[3:]}
    said_id = town.accepted(town.record(CHAIR, report.type, fields=fields))
    town.confirm(said_id, *EXPERTS[1:3])
    assert town.listed("tender.evaluation_report") == [said_id]
    assert ("AL12", "refused_to_sign") in town.alerts()


@pytest.mark.parametrize("refused", [EXPERTS[2:], (CHAIR,), ("stranger",)])
def test_a_report_that_most_refuse_or_its_chair_or_a_stranger_is_none(
    refused: tuple[str, ...],
) -> None:
    town = ready()
    fields = {**town.report().fields, "refused": refused}
    code = town.refused(CHAIR, "tender.evaluation_report", fields=fields)
    assert code is Code.EVALUATION_COMMITTEE


# Other procedures.


def test_bids_go_to_the_system_that_the_announcement_names() -> None:
    town = TenderTown(roles={**TENDER_ROLES, "bank": ("bank", "bid_system")})
    later = town.now_ms + 21 * DAY
    announced: dict[str, Value] = {
        "kind": "announcement",
        "bid_deadline_ms": later,
        "bid_system": "centre",
    }
    town.say("builder", "tender.announcement", fields=announced)
    town.wait_until(later + MINUTE)
    nothing: dict[str, Value] = {"commitments": (), "count": 0, "part": 1, "parts": 1}
    assert town.refused("bank", "tender.bid_set_sealed", fields=nothing) is Code.SEALED_SET
    town.say("centre", "tender.bid_set_sealed", fields=nothing)


def test_a_site_is_asked_of_a_remote_evaluation_only() -> None:
    remote = CATALOGUE.profiles["remote_evaluation"]
    asked = {node.types[0] for node in remote.nodes() if "site" in node.says}
    assert asked == {"tender.expert_signed_in", "tender.score_submitted"}
    town = TenderTown("remote_evaluation")
    for name in EXPERTS:
        town.enrol(name)
    town.drew()
    town.say(EXPERTS[0], "tender.expert_signed_in")
    assert states(town, "LZ-2026-001/01")["T34"] == "awaited"
    town.say(EXPERTS[1], "tender.expert_signed_in", site="贵阳")
    assert states(town, "LZ-2026-001/01")["T34"] == "awaited", "the first one still says nothing"
    town.say(EXPERTS[0], "tender.expert_signed_in", site="兰州")
    assert states(town, "LZ-2026-001/01")["T34"] == "present"


def test_a_profile_like_another_has_its_nodes_but_for_what_it_says() -> None:
    whole = [node.types for node in CATALOGUE.profiles["open_tender"].nodes()]
    free = [node.types for node in CATALOGUE.profiles["open_tender_unsecured"].nodes()]
    assert [types for types in whole if types not in free] == [
        ("tender.deposit_account_allocated", "tender.guarantee_issued"),
        ("tender.deposit_paid", "tender.guarantee_verified"),
        ("tender.deposit_refunded",),
        ("tender.guarantee_released",),
    ]
    qualified = [node.types for node in CATALOGUE.profiles["open_tender_prequalified"].nodes()]
    assert set(qualified) - set(whole) == {("tender.prequalified",)}
