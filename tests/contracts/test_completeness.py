"""Node completeness: what a section shows of its procedure, what lacks, and who is told (AL01)."""

from ledger.codes import Code
from tests.contracts.town import DAY, HOUR, PROJECT, SECTION, START_MS, Town
from tests.contracts.works_town import BIDS, EXPERTS, WorksTown

RECEIPT = "T20"
WHOLE = {
    "T05": "present",
    "T09": "present",
    "works.signed_in": "present",
    "T19": "present",
    "T20": "present",
    "T22": "present",
    "works.read_out": "present",
    "T28": "present",
    "works.begun": "present",
    "works.scored": "present",
    "works.reported": "present",
    "works.insured|works.pledged": "present",
    "works.handed_in": "present",
}


def al01(town: Town) -> list[str]:
    """What each AL01 so far named as missing."""
    return [because for code, because in town.alerts() if code == "AL01"]


def test_a_section_that_does_everything_in_order_shows_every_node_and_raises_nothing() -> None:
    town = WorksTown()
    town.all_of_it()
    assert town.states() == WHOLE
    assert al01(town) == []


def test_what_is_not_there_is_awaited_until_a_later_group_begins() -> None:
    town = WorksTown()
    assert town.states() == dict.fromkeys(WHOLE, "awaited") | {
        "T05": "present",
        "T09": "present",
        # Wanted for each bid, and there is none yet.
        "T20": "not_needed",
        "works.read_out": "not_needed",
        "works.scored": "not_needed",
        "works.insured|works.pledged": "not_needed",
    }


def test_a_section_that_names_no_procedure_is_held_to_none() -> None:
    town = WorksTown(procedure="")
    town.all_of_it()
    assert town.completeness().profile is None
    assert (al01(town), town.told()) == ([], [])


def test_a_procedure_that_is_not_in_the_catalogue_is_refused() -> None:
    town = Town()
    town.accepted_project()
    town.say("builder", "tender.document_filed", kind="tender")
    refused = town.refused(
        "builder",
        "tender.announcement",
        kind="announcement",
        bid_deadline_ms=START_MS + HOUR,
        procedure="auction",
    )
    assert refused is Code.RECORD_PROCEDURE


# One node dropped, one at a time.


def test_a_stage_that_begins_without_the_one_before_raises_al01_once_and_names_what_lacks() -> None:
    town = WorksTown()
    town.bids()
    town.on(BIDS[0], "works.read_out")
    town.close_opening()
    town.evaluate()
    assert al01(town) == ["works.signed_in works.read_out"]
    assert town.states()["works.signed_in"] == "missing"
    assert town.states()["works.read_out"] == "missing"
    town.say("builder", "works.begun")
    assert len(al01(town)) == 1


def test_what_is_sealed_is_not_missed_before_the_opening_is_closed() -> None:
    town = WorksTown()
    town.bids(receipts=[BIDS[0]])
    assert al01(town) == []
    assert town.states()[RECEIPT] == "awaited"
    town.close_opening()
    assert al01(town) == [RECEIPT]
    assert town.states()[RECEIPT] == "missing"


def test_a_host_that_closes_the_opening_again_and_again_is_told_once() -> None:
    town = WorksTown()
    town.bids(receipts=[BIDS[0]])
    for _ in range(3):
        town.say("builder", "tender.opening_closed")
    assert al01(town) == [RECEIPT]


def test_one_score_that_lacks_is_named_by_expert_and_bid() -> None:
    town = WorksTown()
    town.up_to_the_report(without=(EXPERTS[1], BIDS[0]))
    (lack,) = town.completeness().lacking[:1]
    assert (lack.counted.wanted_count, lack.counted.found_count) == (4, 3)
    assert [tuple(each.member for each in pair) for pair in lack.counted.lacking] == [
        (EXPERTS[1], BIDS[0])
    ]


def test_a_rejected_bid_needs_no_score_and_no_security() -> None:
    town = WorksTown()
    town.up_to_the_report(without=(EXPERTS[1], BIDS[0]))
    town.on(BIDS[0], "works.rejected")
    assert town.states()["works.scored"] == "present"
    town.say("builder", "works.pledged", bidder=BIDS[1])
    assert town.states()["works.insured|works.pledged"] == "present"


def test_a_rejection_that_was_voided_takes_nothing_out() -> None:
    town = WorksTown()
    town.up_to_the_report(without=(EXPERTS[1], BIDS[0]))
    rejection = town.on(BIDS[0], "works.rejected")
    voided = town.say("builder", "ledger.voided", refs=[("voids", rejection)], reason="误判")
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])
    assert town.states()["works.scored"] == "awaited"


def test_an_alternative_must_be_there_for_each_bid() -> None:
    town = WorksTown()
    town.up_to_the_report()
    town.say("builder", "works.insured", bidder=BIDS[0])
    town.say("builder", "works.pledged", bidder=BIDS[0])
    town.hand_in()
    assert al01(town) == ["works.insured|works.pledged"]
    assert town.told() == []


def test_a_bid_outside_the_set_is_no_bid_of_the_section() -> None:
    town = WorksTown()
    bids = [town.bid(bidder) for bidder in ("mason", "roofer", "glazier")]
    sealed = [town.seal(bid) for bid in bids]
    places = town.commit_sealed(*sealed)
    town.seal_set(*places[:2])
    town.start()
    for each, place in zip(sealed, places, strict=True):
        town.open(each, place)
    (found,) = (
        each for each in town.completeness().mandatory if "tender.bid_submitted" in each.node.types
    )
    assert [each.member for each in found.counted.records] == ["mason", "roofer"]
    effective = [each.at.index for each in found.counted.records]
    assert effective == [town.entered_index(place) for place in places[:2]]


# Order and time.


def test_a_node_that_comes_after_the_next_stage_began_is_out_of_order() -> None:
    town = WorksTown()
    town.bids()
    for bidder in BIDS:
        town.on(bidder, "works.read_out")
    town.close_opening()
    town.evaluate()
    town.panel()
    assert al01(town) == ["works.signed_in"]
    assert town.states()["works.signed_in"] == "out_of_order"
    # Inside a group no order is judged, and a panel may be formed beside the bidding.
    assert town.states()["works.begun"] == "present"


def test_what_was_outside_its_time_window_is_late() -> None:
    town = WorksTown()
    town.bids()
    town.close_opening()
    town.say("builder", "works.begun", report_until_ms=town.now_ms + HOUR)
    town.say("builder", "works.reported", at=town.now_ms + 2 * HOUR)
    assert town.states()["works.reported"] == "late"


def test_an_answer_after_its_timer_had_fired_is_late_and_one_before_is_not() -> None:
    for waited, state in ((HOUR, "present"), (30 * DAY, "late")):
        town = WorksTown()
        objection = town.say("bidder", "tender.objection", matter="other")
        town.wait_until(town.now_ms + waited)
        answers = [("answers", objection)]
        town.say("builder", "tender.objection_answered", refs=answers, outcome="rejected")
        found = {each.node.types[0]: each.state.value for each in town.completeness().optional}
        assert found["tender.objection_answered"] == state
        assert found["tender.clarification"] == "not_needed"


def test_the_project_itself_shows_what_is_said_about_it_and_a_voided_node_is_gone() -> None:
    town = WorksTown()
    town.up_to_the_report()
    assert town.completeness(PROJECT).profile is None
    report = town.said["report"]
    voided = town.say("builder", "ledger.voided", refs=[("voids", report)], reason="误报")
    assert town.states()["works.reported"] == "present"
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])
    assert town.states()["works.reported"] == "awaited"
    assert town.completeness(SECTION).asked is False
