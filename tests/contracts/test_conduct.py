"""What tenders are warned of, one alert after the other: what raises it, and what just does not."""

import pytest

from contracts.layout import record_row
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from tests.contracts.sealing import BIDDERS, DEADLINE
from tests.contracts.tendering import CHAIR, EXPERTS, TENDER_ROLES, TenderTown, commit
from tests.contracts.town import DAY, GRACE, HOUR, MINUTE, PROJECT, SECOND, START_MS, Town

OTHER = BIDDERS[1]
ROLES = {
    **TENDER_ROLES,
    "bank": ("bank", "analysis_system", "recording_system", "chain_gateway"),
    "deposits": ("deposit_system", "tenderer", "agent"),
}


def town_of(stage: str = "") -> TenderTown:
    """A town whose tender has come so far."""
    town = TenderTown(roles=ROLES)
    for name in EXPERTS:
        town.enrol(name)
    if stage:
        town.opened(("deposit", "deposit", "deposit"))
    if stage in {"evaluated", "reported"}:
        town.closed()
        town.panel()
        town.evaluation()
    if stage == "reported":
        town.reported()
    return town


def codes(town: Town, *wanted: str) -> list[tuple[str, str]]:
    return [each for each in town.alerts() if each[0] in wanted]


# AL22: time for the bidders.


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(19, True, marks=pytest.mark.raises("AL22")),
        pytest.param(20, False, marks=pytest.mark.spares("AL22")),
    ],
)
def test_bidders_have_twenty_days_from_the_announcement(days: int, told: bool) -> None:
    town = Town()
    # The announcement is on the first day, which does not count; its last day counts in full.
    town.announced(START_MS + days * DAY)
    assert codes(town, "AL22") == [("AL22", "bid_preparation")] * told


@pytest.mark.parametrize(("days", "told"), [(4, True), (5, False)])
def test_documents_are_sold_for_five_days(days: int, told: bool) -> None:
    town = Town()
    said: dict[str, Value] = {"documents_until_ms": START_MS + days * DAY}
    town.announced(START_MS + 30 * DAY, fields=said)
    assert codes(town, "AL22") == [("AL22", "document_sale")] * told


@pytest.mark.parametrize(("days", "told"), [(19, True), (21, False)])
def test_a_change_does_not_take_the_days_away_again(days: int, told: bool) -> None:
    town = Town()
    town.announced(START_MS + 30 * DAY)
    town.say("builder", "tender.change", kind="change", bid_deadline_ms=START_MS + days * DAY)
    assert codes(town, "AL22") == [("AL22", "bid_preparation")] * told


@pytest.mark.parametrize(("days", "told"), [(19, True), (20, False)])
@pytest.mark.parametrize("kind", ["invitation", "prequalification"])
def test_those_who_are_invited_have_no_less_time(kind: str, days: int, told: bool) -> None:
    town = Town()
    town.accepted_project()
    town.say("builder", "tender.document_filed", kind="tender")
    deadline_ms = START_MS + days * DAY
    town.say("builder", "tender.announcement", kind=kind, bid_deadline_ms=deadline_ms)
    assert codes(town, "AL22") == [("AL22", "bid_preparation")] * told


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(2, True, marks=pytest.mark.raises("AL22")),
        pytest.param(3, False, marks=pytest.mark.spares("AL22")),
    ],
)
def test_candidates_are_public_for_three_days(days: int, told: bool) -> None:
    town = town_of("reported")
    until_ms = town.now_ms + days * DAY
    fields: dict[str, Value] = {"candidates": BIDDERS[:3], "publicity_until_ms": until_ms}
    town.say("builder", "tender.candidates_published", fields=fields)
    assert codes(town, "AL22") == [("AL22", "candidate_publicity")] * told


# AL02: appointments and answers.


@pytest.mark.parametrize(("past", "told"), [(1, True), (0, False)])
def test_a_venue_is_booked_for_what_is_to_come(past: int, told: bool) -> None:
    town = TenderTown()
    at = town.now_ms + HOUR
    fields: dict[str, Value] = {"purpose": "opening", "venue": "一号厅", "from_ms": at - HOUR}
    town.say(
        "centre", "tender.venue_scheduled", at=at + GRACE + past, fields={**fields, "until_ms": at}
    )
    assert codes(town, "AL02") == [("AL02", "in_the_past")] * told


def test_a_venue_that_is_given_back_before_it_is_taken_is_refused() -> None:
    fields: dict[str, Value] = {
        "purpose": "opening",
        "venue": "一号厅",
        "from_ms": 2,
        "until_ms": 1,
    }
    refused = TenderTown().refused("centre", "tender.venue_scheduled", fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


def asked(town: TenderTown, until_ms: int) -> RecordId:
    """The chair asks the first bidder something."""
    private = commit(CHAIR, {"question": "工期如何计算"})[0]
    return town.say(
        CHAIR,
        "tender.evaluation_clarification_asked",
        refs=[("follows", town.bids[0])],
        private=private,
        answer_until_ms=until_ms,
    )


@pytest.mark.parametrize(("late", "told"), [(1, True), (0, False)])
def test_a_bidder_answers_by_the_time_that_was_named(late: int, told: bool) -> None:
    town = town_of("evaluated")
    until_ms = town.now_ms + HOUR
    question = asked(town, until_ms)
    refs = [("answers", question), ("follows", town.bids[0])]
    answer = "tender.evaluation_clarification_answered"
    town.say("bidder", answer, at=until_ms + GRACE + late, refs=refs)
    assert codes(town, "AL02", "AL05") == [("AL02", "answered_late")] * told


def test_a_question_is_answered_by_its_bidder_about_its_bid() -> None:
    town = town_of("evaluated")
    question = asked(town, town.now_ms + HOUR)
    answer = "tender.evaluation_clarification_answered"
    other = [("answers", question), ("follows", town.bids[1])]
    assert town.refused(OTHER, answer, refs=other) is Code.RECORD_NOT_CONCERNED
    town.say(OTHER, answer, refs=[("answers", question), ("follows", town.bids[0])])
    assert codes(town, "AL05") == [("AL05", "not_concerned")]


def test_only_the_committee_asks_and_nothing_is_asked_after_the_report() -> None:
    town = town_of("reported")
    town.signers["stranger"] = town.signers[EXPERTS[0]]
    refs = [("follows", town.bids[0])]
    town.say(EXPERTS[1], "tender.evaluation_clarification_asked", refs=refs)
    assert ("AL02", "terminated") in town.alerts()


# AL05 and AL12: who may bid, who may judge.


def prequalified(town: TenderTown, *qualified: str) -> list[RecordId]:
    """The result of a prequalification and the bids of two, sealed, listed and opened."""
    result = town.record(
        "builder",
        "tender.prequalified",
        fields={"method": "all_qualified", "qualified": qualified},
    )
    bids = [town.seal(town.bid(name)) for name in BIDDERS[:3]]
    sealed = [town.seal(result), *bids]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(*commitments[1:])
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    return commitments


def prequalifying_town() -> TenderTown:
    town = TenderTown()
    town.say("builder", "tender.announcement", kind="prequalification", bid_deadline_ms=DEADLINE)
    return town


def test_who_did_not_pass_the_prequalification_bids_with_an_alert() -> None:
    town = prequalifying_town()
    prequalified(town, *BIDDERS[:2])
    found = [each for each in town.raised() if each.fields["because"] == "not_qualified"]
    assert [each.fields["member"] for each in found] == [BIDDERS[2]]


def test_who_passed_the_prequalification_bids_without_an_alert() -> None:
    town = prequalifying_town()
    prequalified(town, *BIDDERS[:3])
    assert codes(town, "AL05", "AL21") == []


def test_a_prequalification_result_does_not_enter_openly() -> None:
    fields: dict[str, Value] = {"method": "all_qualified", "qualified": BIDDERS[:2]}
    refused = prequalifying_town().refused("builder", "tender.prequalified", fields=fields)
    assert refused is Code.SEALED_ONLY


def replaced(town: TenderTown, expert: str, draw: RecordId) -> None:
    town.say(
        "extraction",
        "tender.expert_replaced",
        refs=[("follows", draw)],
        place=1,
        expert=expert,
        reason="conflict",
    )


@pytest.mark.parametrize("recused", [True, False])
def test_an_expert_who_was_recused_does_not_sit_on_the_committee(recused: bool) -> None:
    town = town_of()
    draw = town.drew()
    town.opened(("deposit",))
    town.closed()
    replaced(town, EXPERTS[2] if recused else "expert-of-another-town", draw)
    town.panel()
    assert codes(town, "AL12") == [("AL12", "recused")] * recused


def test_an_expert_replaced_once_the_evaluation_has_started_is_told() -> None:
    town = town_of()
    draw = town.drew()
    town.opened(("deposit",))
    town.closed()
    town.panel()
    town.say(CHAIR, "tender.evaluation_started")
    replaced(town, EXPERTS[2], draw)
    assert codes(town, "AL12") == [("AL12", "panel_replaced")]


@pytest.mark.parametrize(
    ("late", "told"),
    [
        pytest.param(1, True, marks=pytest.mark.raises("AL36")),
        pytest.param(0, False, marks=pytest.mark.spares("AL36")),
    ],
)
def test_experts_are_told_within_two_hours_of_the_draw(late: int, told: bool) -> None:
    town = town_of()
    draw = town.drew()
    at = town.now_ms + 2 * HOUR + GRACE + late
    cited = [("follows", draw)]
    town.say("extraction", "tender.expert_notified", at=at, refs=cited, place=1, channel="voice")
    assert codes(town, "AL36") == [("AL36", "expert_notification")] * told


# AL06: certificates.


@pytest.mark.parametrize(
    ("start", "end", "because"),
    [
        pytest.param(0, -1, "certificate_expired", marks=pytest.mark.raises("AL06")),
        (HOUR, DAY, "certificate_early"),
        pytest.param(0, 0, "", marks=pytest.mark.spares("AL06")),
    ],
)
def test_a_certificate_is_bound_while_it_is_valid(start: int, end: int, because: str) -> None:
    town = TenderTown()
    at = town.now_ms + DAY
    said: dict[str, Value] = {
        "ca": "CA-1",
        "serial": "7",
        "valid_from_ms": at + start,
        "valid_until_ms": at - GRACE + end,
        "certificate": bytes(32),
    }
    town.say("bidder", "tender.certificate_bound", "bidder", at=at, fields=said)
    assert codes(town, "AL06") == ([("AL06", because)] if because else [])


def test_one_certificate_is_not_two_members() -> None:
    town = TenderTown()
    said: dict[str, Value] = {
        "ca": "CA-1",
        "serial": "7",
        "valid_from_ms": 0,
        "valid_until_ms": town.now_ms + DAY,
        "certificate": bytes(32),
    }
    for bidder in ("bidder", "bidder", OTHER):
        bound = town.say(bidder, "tender.certificate_bound", bidder, fields=said)
        town.say("registry", "ledger.confirmed", bidder, refs=[("confirms", bound)])
    assert codes(town, "AL06") == [("AL06", "certificate_of_another")]


def test_a_certificate_is_whose_it_was_first() -> None:
    """Else whoever binds it last makes a stranger of its owner."""
    town = TenderTown()
    said: dict[str, Value] = {
        "ca": "CA-1",
        "serial": "7",
        "valid_from_ms": 0,
        "valid_until_ms": town.now_ms + DAY,
        "certificate": bytes(32),
    }
    for bidder in ("bidder", OTHER, "bidder"):
        bound = town.say(bidder, "tender.certificate_bound", bidder, fields=said)
        town.say("registry", "ledger.confirmed", bidder, refs=[("confirms", bound)])
    found = [each.fields["member"] for each in town.raised() if each.fields["alert"] == "AL06"]
    assert found == [OTHER]


# AL07 and AL08: bids compared.


def compared(town: TenderTown, similarity_bp: int, common: str, **said: Value) -> dict[str, Value]:
    """What a comparison of the first two bids says."""
    return {
        "algorithm": "simhash",
        "algorithm_version": "1",
        "input_root": bytes(32),
        "compared_count": 3,
        "left": (town.bids[0],),
        "right": (town.bids[1],),
        "similarity_bp": (similarity_bp,),
        "feature": (common,),
        **said,
    }


@pytest.mark.parametrize(
    ("similarity_bp", "feature", "told"),
    [
        pytest.param(
            8_000, "none", [], marks=[pytest.mark.spares("AL07"), pytest.mark.spares("AL08")]
        ),
        pytest.param(8_001, "none", [("AL08", "too_alike")], marks=pytest.mark.raises("AL08")),
        pytest.param(
            0, "pricing_lock", [("AL07", "same_pricing_lock")], marks=pytest.mark.raises("AL07")
        ),
        (9_000, "machine", [("AL07", "same_machine"), ("AL08", "too_alike")]),
    ],
)
def test_bids_that_are_alike_or_from_one_machine_are_told(
    similarity_bp: int, feature: str, told: list[tuple[str, str]]
) -> None:
    town = town_of("opened")
    run = town.say("bank", "tender.similarity_run", fields=compared(town, similarity_bp, feature))
    assert codes(town, "AL07", "AL08") == told
    for each in town.raised()[-len(told) :] if told else ():
        assert [ref.record_id for ref in each.refs] == [run, *town.bids[:2]]


def test_a_comparison_out_of_step_or_of_strangers_is_refused() -> None:
    town = town_of("opened")
    run = "tender.similarity_run"
    for said in ({"feature": ()}, {"right": ()}, {"right": (town.bids[0],)}):
        fields = compared(town, 1, "none", **said)
        assert town.refused("bank", run, fields=fields) is Code.RECORD_FIELD_VALUE
    fields = compared(town, 1, "none", right=(bytes(32),))
    assert town.refused("bank", run, fields=fields) is Code.RECORD_NOT_CONCERNED


# AL10 and AL11: how long, and how far apart.


@pytest.mark.parametrize(
    ("wait_ms", "because"),
    [
        pytest.param(15 * MINUTE - 1, "too_short", marks=pytest.mark.raises("AL10")),
        pytest.param(15 * MINUTE, "", marks=pytest.mark.spares("AL10")),
        pytest.param(7 * DAY, "", marks=pytest.mark.spares("AL10")),
        pytest.param(7 * DAY + 1, "too_long", marks=pytest.mark.raises("AL10")),
    ],
)
def test_an_evaluation_takes_five_minutes_a_bid_and_seven_days_at_most(
    wait_ms: int, because: str
) -> None:
    town = TenderTown()
    for name in EXPERTS:
        town.enrol(name)
    town.opened(("deposit", "deposit", "deposit"))
    town.closed()
    town.panel()
    town.evaluation(wait_ms=0)
    town.now_ms = began_ms(town) + wait_ms - SECOND
    town.accepted(town.report())
    assert codes(town, "AL10") == ([("AL10", because)] if because else [])


def began_ms(town: TenderTown) -> int:
    """When the evaluation started."""
    (started,) = town.listed("tender.evaluation_started")
    data = town.chain.state.get(b"record/" + started)
    effective = None if data is None else record_row(data).effective
    assert effective is not None
    return effective.time_ms


@pytest.mark.raises("AL11")
def test_a_bidder_whose_total_is_far_from_the_others_is_told() -> None:
    town = town_of("opened")
    town.closed()
    town.panel()
    town.evaluation({(number, 2): 5_000 for number in range(5)})
    town.accepted(town.report())
    found = [each for each in town.raised() if each.fields["alert"] == "AL11"]
    assert [each.fields["member"] for each in found] == [BIDDERS[2]]
    assert found[0].refs[1].record_id == town.bids[2]


@pytest.mark.spares("AL11")
def test_totals_that_lie_close_together_are_no_deviation() -> None:
    town = town_of("evaluated")
    town.accepted(town.report())
    assert codes(town, "AL11") == []


# AL23 and AL24: the award and the contract.


def candidates(town: TenderTown) -> None:
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[:2])
    town.wait_until(town.now_ms + 4 * DAY)


@pytest.mark.parametrize(
    ("winner", "because"),
    [
        pytest.param(BIDDERS[0], "", marks=pytest.mark.spares("AL23")),
        pytest.param(BIDDERS[1], "not_first", marks=pytest.mark.raises("AL23")),
        (BIDDERS[2], "not_candidate"),
    ],
)
def test_the_first_candidate_wins(winner: str, because: str) -> None:
    town = town_of("reported")
    candidates(town)
    town.say("builder", "tender.award_decided", winner=winner)
    assert codes(town, "AL23") == ([("AL23", because)] if because else [])


def test_a_ranking_that_is_published_again_counts_alone() -> None:
    town = town_of("reported")
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[:2])
    town.say("builder", "tender.candidates_published", candidates=BIDDERS[1:3])
    town.wait_until(town.now_ms + 4 * DAY)
    town.say("builder", "tender.award_decided", winner=BIDDERS[0])
    assert codes(town, "AL23") == [("AL23", "not_candidate")]


def test_a_ranking_names_nobody_twice() -> None:
    town = town_of("reported")
    twice = (BIDDERS[0], BIDDERS[1], BIDDERS[0])
    refused = town.refused("builder", "tender.candidates_published", candidates=twice)
    assert refused is Code.RECORD_FIELD_VALUE


def test_what_follows_from_an_award_names_its_winner() -> None:
    town = town_of("reported")
    candidates(town)
    town.say("builder", "tender.award_decided", winner=BIDDERS[0])
    town.say("builder", "tender.result_published", winner=BIDDERS[1], price_fen=100)
    town.say("builder", "tender.award_notice", winner=BIDDERS[0])
    assert codes(town, "AL23") == [("AL23", "other_winner")] * 2


@pytest.mark.parametrize(
    ("contractor", "price_fen", "because"),
    [
        pytest.param(BIDDERS[0], 100, "", marks=pytest.mark.spares("AL24")),
        pytest.param(BIDDERS[0], 101, "other_price", marks=pytest.mark.raises("AL24")),
        (BIDDERS[1], 100, "other_contractor"),
    ],
)
def test_a_contract_says_what_the_award_says(contractor: str, price_fen: int, because: str) -> None:
    town = town_of("reported")
    town.awarded()
    town.say("builder", "tender.award_notice", winner="bidder")
    fields: dict[str, Value] = {"contractor": contractor, "price_fen": price_fen}
    town.say("builder", "tender.contract_signed", fields=fields)
    assert codes(town, "AL24") == ([("AL24", because)] if because else [])


@pytest.mark.parametrize(("amount", "told"), [(10, False), (11, True)])
def test_a_performance_bond_is_a_tenth_of_the_price_at_most(amount: int, told: bool) -> None:
    town = town_of("reported")
    town.awarded()
    town.say("builder", "tender.award_notice", winner="bidder")
    contract = town.say("builder", "tender.contract_signed", contractor="bidder", price_fen=100)
    town.confirm(contract, "bidder")
    bond: dict[str, Value] = {
        "contractor": "bidder",
        "kind": "performance_bond",
        "amount_fen": amount,
    }
    town.say("builder", "tender.contract_changed", refs=[("follows", contract)], fields=bond)
    assert codes(town, "AL24") == [("AL24", "bond_too_large")] * told


# AL27: recordings.


def segment(town: TenderTown, number: int, before: RecordId | None = None) -> RecordId:
    fields: dict[str, Value] = {"session": "opening", "number": number, "from_ms": 1, "until_ms": 2}
    refs = [] if before is None else [("follows", before)]
    return town.say("bank", "tender.recording_segment", refs=refs, fields=fields)


def test_the_segments_of_a_recording_follow_one_another() -> None:
    town = town_of("opened")
    first = segment(town, 1)
    second = segment(town, 2, first)
    assert codes(town, "AL27") == []
    segment(town, 4, second)
    assert codes(town, "AL27") == [("AL27", "segment_gap")]
    segment(town, 5)
    assert codes(town, "AL27") == [("AL27", "segment_gap")] * 2


# AL38: posts that exclude each other.


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(True, marks=pytest.mark.raises("AL38")),
        pytest.param(False, marks=pytest.mark.spares("AL38")),
    ],
)
def test_who_runs_the_procedure_does_not_bid_in_it(agent: bool) -> None:
    roles = {**ROLES, "agency": ("agent", "bidder")}
    town = TenderTown(roles=roles)
    if agent:
        town.say("builder", "ledger.delegated", "builder", delegate="agency")
        town.say("agency", "tender.document_filed", kind="tender", on_behalf_of="builder")
    bids = [town.seal(town.bid(name)) for name in ("agency", *BIDDERS[:2])]
    commitments = town.commit_sealed(*bids)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(bids, commitments, strict=True):
        town.open(each, commitment)
    assert codes(town, "AL38") == [("AL38", "agent_bids")] * agent


def test_the_tenderer_does_not_bid_in_its_own_procedure() -> None:
    town = TenderTown(roles={**ROLES, "builder": ("tenderer", "bidder")})
    bids = [town.seal(town.bid(name)) for name in ("builder", *BIDDERS[:2])]
    commitments = town.commit_sealed(*bids)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(bids, commitments, strict=True):
        town.open(each, commitment)
    assert codes(town, "AL38") == [("AL38", "tenderer_bids")]


# AL25 and AL40: what was reported of reading.


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        pytest.param(
            "sealed_read",
            ("AL25", "sealed_read"),
            marks=[pytest.mark.raises("AL25"), pytest.mark.spares("AL40")],
        ),
        pytest.param(
            "bulk", ("AL40", "bulk"), marks=[pytest.mark.raises("AL40"), pytest.mark.spares("AL25")]
        ),
    ],
)
def test_abnormal_reading_is_told_by_report(pattern: str, told: tuple[str, str]) -> None:
    town = TenderTown()
    report: dict[str, Value] = {
        "pattern": pattern,
        "algorithm": "access-log",
        "algorithm_version": "1",
        "input_root": bytes(32),
        "access_count": 400,
        "from_ms": 1,
        "until_ms": 2,
    }
    town.say("supervisor", "report.access_pattern", fields=report)
    assert town.alerts() == [told]


# AL36 and the supervisors' own affairs.


def test_a_clue_is_never_in_the_open_and_never_opened_here() -> None:
    town = TenderTown()
    clue: dict[str, Value] = {"receipt": bytes(32), "anonymous": True}
    assert town.refused("bidder", "tender.clue_filed", fields=clue) is Code.SEALED_ONLY
    sealed = town.seal(town.record("bidder", "tender.clue_filed", PROJECT, fields=clue))
    (commitment,) = town.commit_sealed(sealed, by="supervisor")
    opening = town.opening(sealed, commitment, by="supervisor")
    assert town.why_not(opening) == Code.SEALED_OFF_LEDGER


# No calendar covers these days, so that each counts as a working day.
@pytest.mark.parametrize(("days", "told"), [(15, False), (16, True)])
def test_a_clue_is_handled_in_fifteen_working_days(days: int, told: bool) -> None:
    town = TenderTown()
    received_ms = town.now_ms
    (commitment,) = town.commit_sealed(
        town.seal(town.record("bidder", "tender.documents_obtained")), by="supervisor"
    )
    town.wait_until(received_ms + days * DAY)
    closing: dict[str, Value] = {"received_ms": received_ms, "outcome": "closed"}
    refs = [("answers", commitment)]
    town.say("supervisor", "tender.clue_closed", PROJECT, refs=refs, fields=closing)
    assert codes(town, "AL36") == [("AL36", "clue_handling")] * told


def test_a_clue_is_not_received_after_it_was_committed() -> None:
    town = TenderTown()
    (commitment,) = town.commit_sealed(
        town.seal(town.record("bidder", "tender.documents_obtained")), by="supervisor"
    )
    closing: dict[str, Value] = {"received_ms": town.now_ms + 1, "outcome": "closed"}
    refs = [("answers", commitment)]
    refused = town.refused("supervisor", "tender.clue_closed", PROJECT, refs=refs, fields=closing)
    assert refused is Code.RECORD_FIELD_VALUE


@pytest.mark.parametrize("received", [True, False])
def test_a_case_that_was_transferred_is_received_in_three_working_days(received: bool) -> None:
    town = TenderTown(roles={**ROLES, "notary": ("police", "notary")})
    (commitment,) = town.commit_sealed(
        town.seal(town.record("bidder", "tender.documents_obtained")), by="supervisor"
    )
    closed = town.say(
        "supervisor",
        "tender.clue_closed",
        PROJECT,
        refs=[("answers", commitment)],
        received_ms=town.now_ms,
        outcome="transferred",
    )
    case = town.say(
        "supervisor",
        "tender.case_transferred",
        PROJECT,
        refs=[("follows", closed)],
        receiver="notary",
        kind="police",
    )
    refs = [("answers", case)]
    other = town.refused("supervisor", "tender.case_received", PROJECT, refs=refs)
    assert other is Code.RECORD_NOT_CONCERNED
    if received:
        town.say("notary", "tender.case_received", PROJECT, refs=refs)
    town.wait_until(town.now_ms + 10 * DAY)
    assert codes(town, "AL36") == [("AL36", "case_receipt")] * (not received)


# Plain records that raise nothing: who may say them, and what they must say.


def test_scores_are_published_without_names_and_a_checkpoint_is_shown_outside() -> None:
    town = town_of("reported")
    (report,) = town.listed("tender.evaluation_report")
    town.say("centre", "tender.scores_published", refs=[("follows", report)])
    pushed: dict[str, Value] = {"body": "互联网法院", "size": 7, "root": bytes(32)}
    files = {"receipt": b"receipt of the court"}
    town.say("bank", "ledger.checkpoint_pushed", PROJECT, files=files, fields=pushed)
    assert codes(town, "AL05", "AL39") == []
    assert town.refused("builder", "tender.scores_published", refs=[("follows", report)])
    assert (
        town.refused("bank", "ledger.checkpoint_pushed", PROJECT, files={}, fields=pushed)
        is Code.RECORD_EVIDENCE_MISSING
    )


@pytest.mark.parametrize(("failed", "accepted"), [(3, True), (4, False)])
def test_no_more_verifications_fail_than_were_made(failed: int, accepted: bool) -> None:
    town = TenderTown()
    said: dict[str, Value] = {
        "from_ms": 1,
        "until_ms": 2,
        "checked_count": 3,
        "failed_count": failed,
    }
    if accepted:
        town.say("centre", "ledger.verified", PROJECT, fields=said)
    else:
        refused = town.refused("centre", "ledger.verified", PROJECT, fields=said)
        assert refused is Code.RECORD_FIELD_VALUE


def test_an_index_names_algorithm_and_input_and_follows_what_it_measures() -> None:
    index: dict[str, Value] = {
        "index": "competition",
        "value_bp": 7_500,
        "algorithm": "hhi",
        "algorithm_version": "2",
        "input_root": bytes(32),
    }
    early = TenderTown(roles=ROLES).refused("bank", "tender.index_published", fields=index)
    assert early is Code.RECORD_MUST_FOLLOW
    town = town_of("reported")
    town.say("bank", "tender.index_published", fields=index)


def test_rules_are_adopted_by_a_quorum() -> None:
    town = TenderTown(roles={**ROLES, "registry": ("registrar", "rule_authority")})
    rules: dict[str, Value] = {"catalogue": bytes(32), "version": "2026-2"}
    adopted = town.say("registry", "ledger.rules_adopted", PROJECT, fields=rules)
    assert town.listed("ledger.rules_adopted", PROJECT) == []
    for member in ("centre", "supervisor"):
        town.say(member, "ledger.confirmed", PROJECT, refs=[("confirms", adopted)])
    assert town.listed("ledger.rules_adopted", PROJECT) == [adopted]


@pytest.mark.parametrize(
    ("code", "fits"), [("A-2026-000001", True), ("a-2026-000001", False), ("A-1", False)]
)
def test_a_transaction_code_is_spelt_as_the_data_says(code: str, fits: bool) -> None:
    town = Town()
    town.say("builder", "tender.entry_commitment", PROJECT)
    said: dict[str, Value] = {
        "tenderer": "builder",
        "name": "学校",
        "industry": "housing",
        "transaction_code": code,
    }
    if fits:
        town.say("centre", "tender.project_accepted", PROJECT, fields=said)
    else:
        refused = town.refused("centre", "tender.project_accepted", PROJECT, fields=said)
        assert refused is Code.RECORD_FIELD_VALUE
