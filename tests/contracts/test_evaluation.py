"""Experts under labels, scores that stay private until the report, and what the report must open."""

from dataclasses import replace

import pytest

from contracts.integer_statistics import beyond_percent
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.record import Ref
from tests.contracts.tendering import CHAIR, EXPERTS, TenderTown, commit
from tests.contracts.town import PROJECT, SECTION
from tests.vectors.small_network import seed


def ready() -> TenderTown:
    """A town whose experts have scored every bid."""
    town = TenderTown()
    town.scored()
    return town


# Labels.


def test_only_the_extraction_system_enrols_labels_and_for_one_role_in_one_project() -> None:
    town = TenderTown()
    private = commit("extraction", {"identity": "x"})[0]
    type_key, name = "tender.subject_registered", CHAIR

    def why(by: str = "extraction", hidden: bool = True, **said: Value) -> str:
        fields = {k: v for k, v in {**town.label(name), **said}.items() if v != ""}
        made = town.record(by, type_key, name, fields=fields, private=private if hidden else None)
        return town.why_not(made)

    assert why() == ""
    assert why(by="registry") == "member.label"
    assert why(kind="person", project="", roles=("bidder",)) == "member.label"
    assert why(roles=("expert", "bidder")) == "member.label"
    assert why(roles=("bidder",)) == "member.label"
    assert why(project="") == "member.label"
    assert why(project=SECTION) == "member.label"
    assert why(hidden=False) == "member.label"
    person = {**town.label(name), "kind": "person"}
    del person["project"]
    made = town.record("registry", type_key, name, fields=person, private=private)
    assert town.why_not(made) == "member.label"


def test_a_label_is_worth_nothing_in_another_project() -> None:
    town = TenderTown()
    town.enrol(CHAIR)
    town.accepted_project("LZ-2026-002")
    assert town.refused(CHAIR, "tender.expert_signed_in", "LZ-2026-002") is Code.RECORD_ISSUER_ROLE
    assert town.refused(CHAIR, "evidence.deposited", "D-1") is Code.RECORD_ISSUER_ROLE
    assert town.refused(CHAIR, "tender.opening_closed") is Code.RECORD_ISSUER_ROLE
    town.say(CHAIR, "tender.expert_signed_in")
    town.say(CHAIR, "evidence.deposited", PROJECT)


def test_a_committee_names_experts_of_the_project_once_and_a_chair_among_them() -> None:
    town = TenderTown()
    for name in EXPERTS[:4]:
        town.enrol(name)
    town.enrol(EXPERTS[4], "LZ-2026-002")
    town.say(CHAIR, "tender.expert_signed_in")

    def why(members: tuple[str, ...], chair: str = CHAIR) -> str:
        fields: dict[str, Value] = {"members": members, "chair": chair}
        return town.why_not(town.record("builder", "tender.committee_formed", fields=fields))

    assert why(EXPERTS[:3]) == ""
    assert why(EXPERTS) == "evaluation.committee"
    assert why((CHAIR, CHAIR)) == "evaluation.committee"
    assert why((CHAIR, "bidder")) == "evaluation.committee"
    assert why(EXPERTS[1:3]) == "evaluation.committee"
    assert why(()) == "evaluation.committee"


@pytest.mark.parametrize(
    ("count", "signed", "because"),
    [
        pytest.param(5, 5, "", marks=pytest.mark.spares("AL12")),
        (4, 4, "panel_size"),
        (3, 3, "panel_size"),
        pytest.param(5, 4, "not_signed_in", marks=pytest.mark.raises("AL12")),
    ],
)
def test_a_committee_that_the_law_does_not_allow_raises_an_alert(
    count: int, signed: int, because: str
) -> None:
    town = TenderTown()
    for name in EXPERTS[:count]:
        town.enrol(name)
    for name in EXPERTS[:signed]:
        town.say(name, "tender.expert_signed_in")
    fields: dict[str, Value] = {"members": EXPERTS[:count], "chair": CHAIR}
    town.say("builder", "tender.committee_formed", fields=fields)
    found = [each for each in town.alerts() if each[0] == "AL12"]
    assert found == ([("AL12", because)] if because else [])


# Scores.


def test_a_score_is_one_private_field_by_an_expert_of_the_committee_once() -> None:
    town = TenderTown()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel(*EXPERTS[:3])
    assert town.refused(EXPERTS[1], "tender.evaluation_started") is Code.EVALUATION_COMMITTEE
    town.say(CHAIR, "tender.evaluation_started")

    def why(by: str, fields: dict[str, Value] | None, *bids: RecordId) -> str:
        private = None if fields is None else commit(by, fields)[0]
        cited = [("follows", bid) for bid in bids]
        made = town.record(by, "tender.score_submitted", refs=cited, private=private)
        return town.why_not(made)

    bid = town.bids[0]
    assert why(CHAIR, {"score": 9000}, bid) == ""
    assert why(CHAIR, None, bid) == "evaluation.score"
    assert why(CHAIR, {"score": 9000, "remark": 1}, bid) == "record.private_name"
    assert why(CHAIR, {"score": 9000}, *town.bids[:2]) == "evaluation.score"
    assert why(EXPERTS[4], {"score": 9000}, bid) == "evaluation.committee"
    assert why("bidder", {"score": 9000}, bid) == "record.issuer_role"
    town.score(CHAIR, bid, 9000)
    assert why(CHAIR, {"score": 8000}, bid) == "evaluation.score"


def test_a_revision_leaves_its_trace_and_is_the_experts_own() -> None:
    town = ready()
    bid = town.bids[0]
    first = town.given[CHAIR, bid]
    foreign = town.revise(CHAIR, bid, 9999, by=EXPERTS[1])
    assert town.why_not(foreign) == "record.not_author"
    town.given[CHAIR, bid] = first
    trace = town.record(
        CHAIR,
        "ledger.amended",
        refs=[("amends", first[0])],
        private=commit(CHAIR, {"score": 1})[0],
        reason="x",
    )
    assert town.why_not(trace) == "record.refs"
    town.accepted(town.revise(CHAIR, bid, 9020))
    second = town.given[CHAIR, bid]
    again = replace(town.revise(CHAIR, bid, 9030), refs=(Ref("amends", first[0]),))
    assert town.why_not(again) == "record.amended"
    town.given[CHAIR, bid] = second
    town.accepted(town.revise(CHAIR, bid, 9040))


# The report.


def test_a_report_takes_effect_when_every_other_expert_has_signed() -> None:
    town = ready()
    report = town.accepted(town.report())
    town.confirm(report, *EXPERTS[1:4])
    early = town.refused("builder", "tender.candidates_published", candidates=("bidder",))
    assert early is Code.RECORD_MUST_FOLLOW
    stranger = town.refused("bidder", "ledger.confirmed", refs=[("confirms", report)])
    assert stranger is Code.RECORD_CONFIRMATION
    town.confirm(report, EXPERTS[4])
    town.say("builder", "tender.candidates_published", candidates=("bidder",))
    assert town.alerts() == [("AL01", "tender.experts_drawn")] * 5


def test_a_report_opens_every_score_in_force_and_nothing_else() -> None:
    town = ready()
    bid = town.bids[1]
    given = list(town.given.values())
    superseded = town.given[EXPERTS[2], bid]
    town.accepted(town.revise(EXPERTS[2], bid, 8800))
    fresh = list(town.given.values())
    record_id, value, salt = fresh[0]
    other = fresh[1]

    def why(*opened: tuple[RecordId, int, bytes]) -> str:
        return town.why_not(town.report(opened))

    assert why(*fresh) == ""
    assert why(*fresh[::-1]) == ""
    assert why(*given) == "evaluation.report"
    assert superseded in given and superseded not in fresh
    assert why(*fresh[1:]) == "evaluation.report"
    assert why(*fresh, fresh[0]) == "evaluation.report"
    assert why((record_id, value + 1, salt), *fresh[1:]) == "evaluation.report"
    assert why((record_id, value, seed("wrong")[:16]), *fresh[1:]) == "evaluation.report"
    assert why((other[0], value, salt), (record_id, *other[1:]), *fresh[2:]) == "evaluation.report"
    assert why((town.bids[0], value, salt), *fresh[1:]) == "evaluation.report"
    short = town.report(fresh)
    fields = {**short.fields, "salts": b"".join(each[2] for each in fresh)[:-1]}
    assert town.why_not(replace(short, fields=fields)) == "evaluation.report"
    assert town.why_not(replace(town.report(fresh), issuer="expert-b")) == "evaluation.committee"  # type: ignore[arg-type]


def test_a_report_needs_every_expert_to_have_scored_every_bid() -> None:
    town = TenderTown()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    town.say(CHAIR, "tender.evaluation_started")
    for expert in EXPERTS:
        for bid in town.bids:
            if (expert, bid) != (EXPERTS[4], town.bids[2]):
                town.score(expert, bid, 9000)
    assert town.why_not(town.report()) == "evaluation.report"
    town.score(EXPERTS[4], town.bids[2], 9000)
    assert town.why_not(town.report()) == ""


def test_a_rejected_bid_is_not_in_the_report_once_a_majority_agrees() -> None:
    town = ready()
    bid = town.bids[2]
    rejected = town.say(CHAIR, "tender.bid_rejected", refs=[("follows", bid)], reason="未响应")
    left = [held for (_, scored), held in town.given.items() if scored != bid]
    assert town.why_not(town.report(left)) == "evaluation.report"
    town.confirm(rejected, EXPERTS[1])
    assert town.why_not(town.report(left)) == "evaluation.report"
    town.confirm(rejected, EXPERTS[2])
    assert town.why_not(town.report(left)) == ""
    assert town.why_not(town.report()) == "evaluation.report"


def test_a_score_revised_after_the_report_was_submitted_holds_the_report_up() -> None:
    town = ready()
    report = town.accepted(town.report())
    town.confirm(report, *EXPERTS[1:4])
    town.accepted(town.revise(CHAIR, town.bids[0], 9500))
    late = town.refused(EXPERTS[4], "ledger.confirmed", refs=[("confirms", report)])
    assert late is Code.EVALUATION_REPORT


def test_a_score_revised_after_the_report_is_recorded_with_an_alert() -> None:
    town = ready()
    town.reported()
    town.accepted(town.revise(CHAIR, town.bids[0], 9500))
    assert ("AL04", "frozen") in town.alerts()


# Outliers.


def test_an_outlier_is_named_with_its_expert_in_the_block_of_the_report() -> None:
    town = TenderTown()
    town.scored({(3, 0): 6000, (1, 2): 12000})
    town.accepted(town.report())
    found = [each for each in town.raised() if each.fields["alert"] == "AL09"]
    assert [each.fields["member"] for each in found] == [EXPERTS[3], EXPERTS[1]]
    cited = [each.refs[1].record_id for each in found]
    assert cited == [
        town.given[EXPERTS[3], town.bids[0]][0],
        town.given[EXPERTS[1], town.bids[2]][0],
    ]


@pytest.mark.parametrize(
    ("value", "outlier"), [(80, False), (79, True), (120, False), (121, True), (100, False)]
)
def test_the_threshold_itself_is_no_outlier(value: int, outlier: bool) -> None:
    assert beyond_percent(value, [100, 100, 100, value], 20) is outlier


def test_the_median_of_an_even_panel_lies_between_its_middle_scores() -> None:
    assert not beyond_percent(61, [61, 70, 81, 90], 20)
    assert beyond_percent(60, [60, 70, 81, 90], 20)
