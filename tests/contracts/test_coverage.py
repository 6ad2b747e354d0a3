"""Coverage: where a project left records, what lacks, what stayed silent; and silent points."""

from contracts.coverage import Coverage, PointState, coverage
from contracts.overlay import Overlay
from contracts.silent_points import PointTrace, SilentPoint, silent_points, traces
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Subject
from ledger.core.sealed import Sealed
from tests.contracts.sealing import BIDDERS
from tests.contracts.tendering import EXPERTS, TenderTown
from tests.contracts.test_adoption import OLD, TO_THE_REPORT, adopt
from tests.contracts.test_tender import returned, whole_tender
from tests.contracts.town import CATALOGUE, DAY, PROJECT, SECTION, Town


def covered(
    town: Town, subject: str = SECTION, sections: tuple[str, ...] = (), hidden: str = ""
) -> Coverage:
    """As a node answers it now."""
    head = town.chain.head
    turns = coverage(
        Subject(subject),
        [Subject(each) for each in sections],
        CATALOGUE,
        State(Overlay(town.chain.state)),
        Times(head.log_size, head.time_ms),
        lambda name: name != hidden,
    )
    while True:
        try:
            next(turns)
        except StopIteration as done:
            found: Coverage = done.value
            return found


def states(found: Coverage) -> dict[str, str]:
    return {each.point.key: each.state.value for each in found.points}


def state_of(town: Town, subject: str, point: str) -> str:
    return states(covered(town, subject))[point]


def state(town: Town, point: str) -> str:
    return states(covered(town))[point]


def test_every_point_of_the_registry_has_one_state_and_a_whole_tender_lacks_none() -> None:
    found = covered(whole_tender())
    assert [each.point.key for each in found.points] == list(CATALOGUE.points)
    assert [each.key for each in found.profiles] == ["open_tender"]
    said = states(found)
    live = {key for key, value in said.items() if value == "live"}
    assert {"03.2", "04.1", "04.2", "06.3", "07.3", "09.3", "12.3", "15.4", "25.4", "25.5"} <= live
    assert "missing" not in said.values() and "awaited" not in said.values()
    # Nobody asked anything, objected, or was stopped; other procedures are no part of it.
    silent = {key for key, value in said.items() if value == "silent"}
    assert {"04.3", "04.4", "09.5", "12.4", "20.1", "20.5", "23.4"} <= silent
    # The guarantee was released, and no claim was made on it.
    assert (said["08.5"], said["08.4"]) == ("live", "silent")
    assert {said[key] for key in ("01.1", "14.4", "17.2", "18.1", "19.1")} == {"elsewhere"}


def test_what_has_not_come_is_awaited_until_its_stage_has_passed() -> None:
    town = TenderTown("open_tender")
    assert (state(town, "04.2"), state(town, "04.3"), state(town, "15.1")) == (
        "live",
        "awaited",
        "awaited",
    )
    town.opened()
    assert (state(town, "04.3"), state(town, "09.5")) == ("silent", "awaited")
    # Under seal until the opening has closed: what was not opened yet is not missed.
    assert state(town, "06.5") == "awaited"
    town.closed()
    assert state(town, "06.5") == "silent"


def test_a_mandatory_node_that_lacks_makes_its_points_missing() -> None:
    town = TenderTown("open_tender")
    town.opened()
    town.closed()
    for name in EXPERTS:
        town.enrol(name)
    assert state(town, "11.1") == "awaited"
    town.panel()
    town.evaluation()
    # Experts sat down whom nobody had drawn.
    found = {each.point.key: each for each in covered(town).points}
    assert {key: found[key].state.value for key in ("11.1", "11.2")} == {
        "11.1": "missing",
        "11.2": "missing",
    }
    assert [node.types for node in found["11.2"].missing] == [("tender.experts_drawn",)]
    # The draw that comes now is there, and out of order.
    town.drew()
    after = {each.point.key: each for each in covered(town).points}
    assert (after["11.2"].state, after["11.2"].late) == (PointState.LIVE, True)


class Forgetful(TenderTown):
    """A town whose bid system gives the second bidder no receipt."""

    def dossier(self, bidder: str, security: str = "deposit") -> list[Sealed]:
        *whole, receipt = super().dossier(bidder, security)
        again = self.seal(self.inner(bidder, "tender.documents_obtained"))
        return [*whole, again if bidder == BIDDERS[1] else receipt]


def test_one_receipt_that_lacks_makes_the_point_missing_beside_the_others() -> None:
    town = Forgetful("open_tender")
    town.opened()
    found = {each.point.key: each for each in covered(town).points}
    assert (found["06.4"].state, len(found["06.4"].records)) == (PointState.LIVE, 2)
    town.closed()
    found = {each.point.key: each for each in covered(town).points}
    assert (found["06.4"].state, len(found["06.4"].records)) == (PointState.MISSING, 2)


def test_a_record_stands_where_it_says_and_a_stray_word_counts_as_none() -> None:
    town = TenderTown("open_tender")
    # By its type the tender document stands at all five points of authoring.
    assert [state(town, f"05.{number}") for number in range(1, 6)] == ["live"] * 5
    assert state(town, "25.1") == "awaited"
    town.say("bidder", "evidence.deposited", SECTION, function_point="25.1")
    assert state(town, "25.1") == "live"
    other = TenderTown("open_tender")
    other.say("builder", "tender.document_filed", kind="tender", function_point="17.2")
    assert state(other, "17.2") == "live"
    other.say("builder", "tender.clarification", kind="answer", function_point="15.3")
    assert (state(other, "04.3"), state(other, "15.3")) == ("live", "awaited")


def test_an_amendment_stands_at_a_point_only_where_it_names_it() -> None:
    town = TenderTown("open_tender")
    (accepted,) = [
        each.record_id
        for point in covered(town).points
        if point.point.key == "03.1"
        for each in point.records
    ]
    amends = [("amends", accepted)]
    town.say("centre", "ledger.amended", PROJECT, refs=amends, reason="标段调整")
    before = {each.point.key: each for each in covered(town).points}
    assert before["01.2"].state is PointState.ELSEWHERE
    assert (len(before["03.4"].records), len(before["25.1"].records)) == (1, 1)
    amends = [("amends", before["25.1"].records[0].record_id)]
    town.say(
        "centre", "ledger.amended", PROJECT, refs=amends, reason="再调整", function_point="03.4"
    )
    after = {each.point.key: each for each in covered(town).points}
    assert (len(after["03.4"].records), len(after["25.1"].records)) == (2, 1)


def test_a_record_stands_where_its_fields_say_unless_it_names_a_point() -> None:
    town = TenderTown("open_tender")
    town.opened()
    cited = [("follows", town.guarantees[0])]
    town.say("insurer", "tender.guarantee_released", refs=cited, outcome="claimed")
    assert (state(town, "08.4"), state(town, "08.5")) == ("live", "awaited")
    other = TenderTown("open_tender")
    other.opened()
    cited = [("follows", other.guarantees[0])]
    other.say(
        "insurer",
        "tender.guarantee_released",
        refs=cited,
        outcome="claimed",
        function_point="08.5",
    )
    assert (state(other, "08.4"), state(other, "08.5")) == ("awaited", "live")


def test_of_what_is_opened_off_the_ledger_nobody_learns_by_the_ledger() -> None:
    assert CATALOGUE.types["tender.clue_filed"].visibility == "sealed"
    assert state(whole_tender(), "21.1") == "withheld"


def test_an_alert_stands_at_the_monitoring_and_at_points_of_its_own() -> None:
    town = TenderTown("open_tender")
    town.say("builder", "tender.clarification", kind="answer", function_point="15.3")
    assert (state(town, "23.2"), state(town, "25.3")) == ("live", "live")
    assert (state(town, "13.4"), state(town, "22.4")) == ("awaited", "awaited")
    town.drew()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    town.evaluation({(0, 0): 100})
    town.reported()
    assert ("AL09", "score_outlier") in town.alerts()
    assert (state(town, "13.4"), state(town, "22.4")) == ("live", "live")
    assert state(town, "22.3") == "awaited"


def test_a_tender_that_failed_is_asked_for_nothing_of_the_stages_that_it_did_not_reach() -> None:
    town = TenderTown("open_tender")
    town.opened()
    town.closed()
    assert state(town, "15.1") == "awaited"
    town.say("builder", "tender.change", kind="termination")
    ended = states(covered(town))
    town.say("builder", "tender.file_set_submitted")
    said = states(covered(town))
    for each in (ended, said):
        assert {each[key] for key in ("11.1", "12.3", "15.1", "15.2", "16.1")} == {"elsewhere"}
        assert (each["04.4"], each["04.3"], each["09.3"]) == ("live", "silent", "live")
    # What was paid goes back, and whoever watches could have come until the end.
    assert (said["07.5"], said["20.1"], said["25.5"]) == ("missing", "silent", "live")
    returned(town)
    assert (state(town, "07.5"), state(town, "25.4")) == ("live", "live")


def test_what_was_done_before_the_ledger_stands_where_its_types_do_and_is_not_silent() -> None:
    town = Town()
    adopt(town, *TO_THE_REPORT)
    said = states(covered(town, OLD))
    assert {said[key] for key in ("04.2", "06.3", "09.3", "12.3", "25.1")} == {"live"}
    # Whether anybody asked anything then, the ledger does not know.
    assert {said[key] for key in ("04.3", "06.5", "09.5")} == {"elsewhere"}
    assert (said["15.1"], said["20.1"]) == ("awaited", "awaited")
    town.say("builder", "tender.candidates_published", OLD, candidates=("bidder",))
    assert (state_of(town, OLD, "12.4"), state_of(town, OLD, "15.1")) == ("elsewhere", "live")


def test_a_section_that_names_no_procedure_shows_what_is_there_and_expects_nothing() -> None:
    found = covered(TenderTown())
    assert found.profiles == ()
    assert set(states(found).values()) == {"live", "elsewhere"}


def test_a_project_is_as_its_sections_are_and_counts_no_record_twice() -> None:
    town = TenderTown("open_tender")
    second = f"{PROJECT}/02"
    town.say("builder", "tender.document_filed", second, kind="tender")
    town.say(
        "builder",
        "tender.announcement",
        second,
        kind="announcement",
        procedure="open_tender",
        bid_deadline_ms=town.now_ms + DAY,
    )
    town.opened()
    both = covered(town, PROJECT, (SECTION, second))
    found = {each.point.key: each for each in both.points}
    assert both.sections == (SECTION, second)
    # One project was taken in, two documents were filed; only the first section was opened.
    assert (len(found["03.1"].records), len(found["05.1"].records)) == (1, 2)
    assert found["09.3"].state is PointState.LIVE
    # Silent in the first section, and still to come in the second.
    assert (state(town, "04.3"), found["04.3"].state) == ("silent", PointState.AWAITED)


def test_what_the_asker_may_not_know_is_withheld_and_the_procedures_own_is_told() -> None:
    town = TenderTown("open_tender")
    town.say("bidder", "evidence.deposited", SECTION)
    assert states(covered(town))["25.1"] == "live"
    assert states(covered(town, hidden="tender.index_published"))["22.1"] == "withheld"
    assert states(covered(town, hidden="tender.announcement"))["04.2"] == "live"


def test_before_the_opening_nothing_tells_bids_from_cover() -> None:
    bidding, empty = TenderTown("open_tender"), TenderTown("open_tender")
    sealed = [each for bidder in BIDDERS[:3] for each in bidding.dossier(bidder)]
    bidding.commit_sealed(*sealed)
    covers = [empty.commitment(None) for _ in sealed]
    assert empty.commit(empty.bundle(*covers)) is not None
    shown = [
        [(each.state, len(each.records), each.passed_ms) for each in covered(town).points]
        for town in (bidding, empty)
    ]
    assert shown[0] == shown[1]


def test_what_was_voided_or_awaits_a_confirmation_stands_nowhere() -> None:
    town = TenderTown("open_tender")
    said = town.say("bidder", "evidence.deposited", SECTION)
    assert state(town, "25.1") == "live"
    voided = town.say("bidder", "ledger.voided", SECTION, refs=[("voids", said)], reason="误传")
    assert state(town, "25.1") == "live"
    town.confirm(voided, "supervisor")
    assert state(town, "25.1") == "awaited"
    town.opened()
    before = len(next(e for e in covered(town).points if e.point.key == "09.4").records)
    closed = town.say("builder", "tender.opening_closed")
    after = [len(e.records) for e in covered(town).points if e.point.key == "09.4"]
    assert after == [before]
    town.confirm(closed, "centre")
    assert [len(e.records) for e in covered(town).points if e.point.key == "09.4"] == [before + 1]


# The report of silent points.


def test_a_point_is_silent_where_projects_passed_its_stage_and_none_left_a_record() -> None:
    town = whole_tender()
    section = list(traces(covered(town)))
    silent = {each.point: each for each in silent_points([section, section], 0)}
    assert silent["04.3"] == SilentPoint("04.3", 2, None)
    assert not silent.keys() & {"04.2", "09.3", "01.1", "17.2"}
    # Long after, nobody has passed anything of late.
    assert silent_points([section], town.now_ms + 1) == []


def test_a_sign_of_life_in_any_section_and_an_old_stage_end_the_silence() -> None:
    passed, quiet = PointTrace("04.3", 100, None), PointTrace("04.3", None, None)
    asked = PointTrace("04.3", None, 120)
    asked_long_ago = PointTrace("04.3", 10, 5)
    assert silent_points([[passed], [quiet]], 50) == [SilentPoint("04.3", 1, None)]
    assert silent_points([[passed], [asked]], 50) == []
    assert silent_points([[passed], [asked_long_ago]], 50) == [SilentPoint("04.3", 1, 5)]
    assert silent_points([[passed]], 101) == []
    # It asked before the time in question, and has passed the stage since: it is served.
    assert silent_points([[PointTrace("04.3", 100, 40)]], 50) == []
