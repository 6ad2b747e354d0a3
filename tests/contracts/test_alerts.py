"""Each alert in force as two stories: one that raises it, and one that just does not."""

from collections.abc import Iterator

import pytest

from contracts.deadlines import day_end_ms, day_number
from contracts.overlay import CACHED_ROWS_MAX, Overlay, StateReader
from contracts.state import State
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.record import decode_record
from tests.contracts.town import (
    DAY,
    GRACE,
    HOUR,
    MINUTE,
    PROJECT,
    SECOND,
    SECTION,
    START_MS,
    Town,
)

FAR = START_MS + 60 * DAY
"""A bid deadline that no story reaches by accident."""


def objection(town: Town, matter: str = "other") -> RecordId:
    return town.say("bidder", "tender.objection", matter=matter)


def answer(town: Town, objected: RecordId, at: int) -> RecordId:
    refs = [("answers", objected)]
    return town.say("builder", "tender.objection_answered", at=at, refs=refs, outcome="rejected")


# AL02, outside the time window (超出时间窗口).


def test_a_clarification_15_days_before_the_deadline_is_in_time() -> None:
    town = Town()
    town.announced(FAR)
    last = day_end_ms(day_number(FAR, DAY) - 15, DAY)
    town.say("builder", "tender.clarification", at=last, kind="clarification")
    assert town.alerts() == []


@pytest.mark.spares("AL02")
def test_a_clarification_inside_the_grace_is_at_the_limit_and_no_alert() -> None:
    town = Town()
    town.announced(FAR)
    last = day_end_ms(day_number(FAR, DAY) - 15, DAY)
    said = town.say("builder", "tender.clarification", at=last + GRACE, kind="clarification")
    assert town.alerts() == []
    assert at_limit(town, said) == ("clarification_lead",)


@pytest.mark.raises("AL02")
def test_a_clarification_past_the_grace_raises_al02_that_names_its_limit() -> None:
    town = Town()
    town.announced(FAR)
    last = day_end_ms(day_number(FAR, DAY) - 15, DAY)
    late = town.say("builder", "tender.clarification", at=last + GRACE + 1, kind="clarification")
    assert town.alerts() == [("AL02", "clarification_lead")]
    (alert,) = town.raised()
    assert alert.fields["due_ms"] == last
    assert alert.fields["member"] == "builder"
    assert alert.refs[0].record_id == late
    assert alert.subject == SECTION


def test_an_answer_to_a_question_needs_no_15_days() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.clarification", at=FAR, kind="answer")
    assert town.alerts() == []


def test_an_answer_after_the_bid_deadline_raises_al02() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.clarification", at=FAR + GRACE + 1, kind="answer")
    assert town.alerts() == [("AL02", "before(tender.announcement.bid_deadline_ms)")]


def test_an_extension_moves_the_deadline_that_later_records_are_judged_by() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.change", kind="extension", bid_deadline_ms=FAR + DAY)
    town.say("builder", "tender.clarification", at=FAR + HOUR, kind="answer")
    assert town.alerts() == []


def test_after_a_termination_a_new_document_raises_al02() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.change", kind="termination")
    town.say("builder", "tender.document_filed", kind="tender", files={"other": b"new"})
    assert town.alerts() == [("AL02", "terminated")]


def test_a_complaint_more_than_ten_days_after_knowing_raises_al02() -> None:
    town = Town()
    adopt_calendar(town)
    town.announced(FAR)
    known = town.now_ms
    last = day_end_ms(day_number(known, DAY) + 10, DAY)
    town.say("bidder", "tender.complaint", at=last, matter="other", known_at_ms=known)
    assert town.alerts() == []
    late = last + GRACE + 1
    town.say("agency", "tender.complaint", at=late, matter="other", known_at_ms=known)
    assert town.alerts() == [("AL02", "complaint_filing")]


# AL04, silent change (无痕修改).


@pytest.mark.raises("AL04")
def test_a_document_filed_again_with_other_bytes_raises_al04() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.document_filed", kind="tender", files={"file": b"other"})
    assert town.alerts() == [("AL04", "replaced")]


@pytest.mark.spares("AL04")
def test_the_same_bytes_or_a_declared_amendment_raise_nothing() -> None:
    town = Town()
    document, _ = town.announced(FAR)
    town.say("builder", "tender.document_filed", kind="tender", files={"file": b"content"})
    refs = [("amends", document)]
    town.say("builder", "tender.document_filed", kind="tender", files={"file": b"other"}, refs=refs)
    assert town.alerts() == []


def test_an_amendment_after_the_freeze_raises_al04_and_one_before_does_not() -> None:
    town = Town()
    document, announcement = town.announced(FAR)
    early = [("amends", document)]
    town.say("builder", "ledger.amended", at=FAR + GRACE, refs=early, reason="笔误")
    assert town.alerts() == []
    late = [("amends", announcement)]
    town.say("builder", "ledger.amended", at=FAR + GRACE + 1, refs=late, reason="笔误")
    assert town.alerts() == [("AL04", "frozen")]
    assert [ref.record_id for ref in town.raised()[0].refs][1] == announcement


# AL05, unauthorised signer (越权签署).


def test_a_withdrawn_role_raises_al05_and_a_role_never_held_is_refused() -> None:
    town = Town()
    town.accepted_project()
    assert town.refused("notary", "tender.document_filed", kind="tender") is Code.RECORD_ISSUER_ROLE
    town.say("builder", "tender.document_filed", kind="tender")
    assert town.alerts() == []
    town.say("centre", "ledger.role_changed", "builder", action="withdraw", role="tenderer")
    town.say("builder", "tender.document_filed", kind="tender")
    assert town.alerts() == [("AL05", "role_lapsed")]


@pytest.mark.raises("AL05")
def test_a_supervisor_of_another_industry_raises_al05() -> None:
    town = Town()
    adopt_calendar(town)
    town.announced(FAR)
    water = "industry:water"
    granted = town.say(
        "centre", "ledger.role_changed", "notary", action="grant", role="supervisor", scope=water
    )
    for other in ("supervisor", "registry"):
        town.say(other, "ledger.confirmed", "notary", refs=[("confirms", granted)])
    complaint = town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    answers = [("answers", complaint)]
    town.say("notary", "tender.complaint_intake", refs=answers, decision="accepted")
    assert town.alerts() == [("AL05", "role_scope")]
    town.say("supervisor", "tender.complaint_intake", refs=answers, decision="accepted")
    assert town.alerts() == [("AL05", "role_scope")]


def test_acting_for_another_needs_a_delegation_for_this_project_and_time() -> None:
    town = Town()
    town.accepted_project()
    town.say("agency", "tender.document_filed", kind="tender", on_behalf_of="builder")
    assert town.alerts() == [("AL05", "not_delegated")]
    until = town.now_ms + HOUR
    town.say(
        "builder", "ledger.delegated", "builder", delegate="agency", project=PROJECT, until_ms=until
    )
    for late in (0, 1):
        assert len(town.alerts()) == 1
        at = until + GRACE + late
        town.say("agency", "tender.document_filed", at=at, kind="tender", on_behalf_of="builder")
    assert town.alerts()[1:] == [("AL05", "not_delegated")]


def test_the_last_delegation_is_the_principals_word_about_a_project() -> None:
    town = Town()
    town.accepted_project()
    long, short = town.now_ms + 9 * HOUR, town.now_ms + HOUR
    for until in (long, short):
        until_then: dict[str, Value] = {"delegate": "agency", "project": PROJECT, "until_ms": until}
        town.say("builder", "ledger.delegated", "builder", fields=until_then)
    after = short + GRACE + 1
    town.say("agency", "tender.document_filed", at=after, kind="tender", on_behalf_of="builder")
    assert town.alerts() == [("AL05", "not_delegated")]
    town.say("builder", "ledger.delegated", "builder", delegate="agency", until_ms=long)
    town.say("agency", "tender.document_filed", kind="tender", on_behalf_of="builder")
    assert len(town.alerts()) == 1, "one for all projects covers this one"


def test_a_delegation_for_what_cannot_be_a_project_is_refused() -> None:
    town = Town()
    strange = {"delegate": "agency", "project": f"{PROJECT}\0x"}
    refused = town.refused("builder", "ledger.delegated", "builder", fields=strange)
    assert refused is Code.RECORD_FIELD_VALUE


class CountedReads:
    """The state as it is, counting the rows that are read out of it."""

    def __init__(self, state: StateReader) -> None:
        self._state, self.read_count = state, 0

    def get(self, key: bytes) -> bytes | None:
        self.read_count += 1
        return self._state.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        for row in self._state.scan(prefix, start):
            self.read_count += 1
            yield row


def test_however_many_delegations_there_are_few_rows_are_read() -> None:
    reads = []
    for count in (1, 200):
        town = Town()
        delegated = {"delegate": "agency", "project": PROJECT}
        records = [
            town.record("builder", "ledger.delegated", "builder", fields=delegated)
            for _ in range(count)
        ]
        town.commit(town.bundle(*records))
        counted = CountedReads(town.chain.state)
        now = Times(town.chain.head.log_size, town.now_ms)
        found = State(Overlay(counted)).delegation("builder", "agency", PROJECT, now)
        assert found is not None
        assert found.entered.index == count - 1
        reads.append(counted.read_count)
    assert reads[1] <= reads[0] + CACHED_ROWS_MAX
    assert reads[1] < 200


def test_another_tenderer_or_an_agent_of_nobody_raises_al05() -> None:
    town = Town()
    town.accepted_project()
    town.say("agency", "tender.document_filed", kind="tender")
    assert town.alerts() == [("AL05", "not_party")]
    town.say("centre", "ledger.role_changed", "notary", action="grant", role="tenderer")
    town.say("notary", "tender.document_filed", kind="tender")
    assert town.alerts()[1:] == [("AL05", "not_party")]
    town.say("builder", "tender.document_filed", kind="tender")
    assert len(town.alerts()) == 2


def test_an_amendment_by_somebody_else_raises_al05() -> None:
    town = Town()
    document, announcement = town.announced(FAR)
    town.say("builder", "ledger.amended", refs=[("amends", document)], reason="笔误")
    assert town.alerts() == []
    town.say("bidder", "ledger.amended", refs=[("amends", announcement)], reason="笔误")
    assert town.alerts() == [("AL05", "not_author")]


# AL17, objection not answered in time (异议逾期未答复).


@pytest.mark.spares("AL17")
def test_an_answer_on_the_last_day_or_inside_the_grace_raises_nothing() -> None:
    town = Town()
    town.announced(FAR)
    first = objection(town)
    due = day_end_ms(day_number(town.now_ms, DAY) + 3, DAY)
    second = objection(town, "opening")
    town.wait_until(due)
    answer(town, first, at=due)
    answer(town, second, at=due + GRACE)
    town.wait_until(due + DAY)
    assert town.alerts() == []


@pytest.mark.raises("AL17")
def test_no_answer_raises_al17_in_an_otherwise_empty_block() -> None:
    town = Town()
    town.announced(FAR)
    objected = objection(town)
    due = day_end_ms(day_number(town.now_ms, DAY) + 3, DAY)
    assert town.executor.next_due_ms() == due + GRACE
    assert not town.executor.timer_due(due + GRACE)
    assert town.commit(at=due + GRACE) is None
    assert town.executor.timer_due(due + GRACE + 1)
    header = town.commit(at=due + GRACE + 1)
    assert header is not None and (header.bundle_count, header.entry_count) == (0, 1)
    assert town.alerts() == [("AL17", "objection_answer")]
    (alert,) = town.raised()
    assert alert.issuer == "network" and alert.occurred_at_ms == due + GRACE + 1
    assert alert.refs[0].record_id == objected
    assert alert.fields["due_ms"] == due
    assert town.executor.next_due_ms() is None


def test_an_answer_that_comes_with_the_firing_block_is_too_late() -> None:
    town = Town()
    town.announced(FAR)
    objected = objection(town)
    late = day_end_ms(day_number(town.now_ms, DAY) + 3, DAY) + GRACE + 1
    answer(town, objected, at=late)
    assert town.alerts() == [("AL17", "objection_answer")]


# AL18, continued while suspended (暂停期间继续).


@pytest.mark.raises("AL18")
def test_a_tender_record_during_a_suspension_raises_al18_until_it_is_lifted() -> None:
    town = Town()
    town.announced(FAR)
    objection(town)
    suspended = town.say("supervisor", "ledger.process_suspended", reason="核查")
    town.say("builder", "tender.clarification", kind="answer")
    assert town.alerts() == [("AL18", "none_open(ledger.process_suspended)")]
    follows = [("follows", suspended)]
    town.say("supervisor", "ledger.process_resumed", refs=follows, reason="核查完毕")
    town.say("builder", "tender.clarification", kind="answer")
    assert len(town.alerts()) == 1


@pytest.mark.spares("AL18")
def test_a_suspension_of_one_section_does_not_reach_another() -> None:
    town = Town()
    town.announced(FAR)
    objection(town)
    town.say("supervisor", "ledger.process_suspended", reason="核查")
    town.say("builder", "tender.document_filed", f"{PROJECT}/02", kind="tender")
    assert town.alerts() == []


# AL19, complaint intake overdue (投诉受理逾期).


@pytest.mark.raises("AL19")
@pytest.mark.spares("AL39")
def test_a_complaint_at_hour_25_raises_the_local_al19_and_then_the_statutory_one() -> None:
    town = Town()
    adopt_calendar(town)
    town.announced(FAR)
    town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    filed = town.now_ms
    town.wait_until(filed + 24 * HOUR + GRACE)
    assert town.alerts() == []
    town.wait_until(filed + 25 * HOUR)
    assert town.alerts() == [("AL19", "complaint_intake_local")]
    # 2026-01-01 is a holiday, 02 and 03 too, and Sunday 04 is worked: 04, 05, 06.
    due = day_end_ms(day_number(START_MS, DAY) + 5, DAY)
    town.wait_until(due + GRACE)
    assert len(town.alerts()) == 1
    town.wait_until(due + GRACE + MINUTE)
    assert town.alerts()[1:] == [("AL19", "complaint_intake")]


@pytest.mark.spares("AL19")
def test_an_intake_decision_within_the_day_stops_both_clocks() -> None:
    town = Town()
    adopt_calendar(town)
    town.announced(FAR)
    complaint = town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    at = town.now_ms + 24 * HOUR
    answers = [("answers", complaint)]
    town.say("supervisor", "tender.complaint_intake", at=at, refs=answers, decision="accepted")
    town.wait_until(at + 30 * DAY)
    assert town.alerts() == []


# AL39, ledger health: a working day that no calendar covers.


@pytest.mark.raises("AL39")
def test_a_deadline_over_days_that_no_calendar_covers_raises_al39_and_runs_on() -> None:
    town = Town()
    town.announced(FAR)
    town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    assert town.alerts() == [("AL39", "calendar_missing")]
    due = day_end_ms(day_number(START_MS, DAY) + 3, DAY)
    town.wait_until(due + GRACE + SECOND)
    assert ("AL19", "complaint_intake") in town.alerts()


def adopt_calendar(town: Town) -> None:
    """The year 2026: new year's days off, and the Sunday that is worked for them."""
    first = day_number(START_MS, DAY)
    town.say(
        "registry",
        "ledger.calendar",
        "2026",
        year=2026,
        first_day=first,
        last_day=first + 364,
        holidays=(first, first + 1),
        make_up_days=(first + 3,),
    )


def at_limit(town: Town, record_id: RecordId) -> tuple[str, ...]:
    """The deadlines that a record kept only thanks to the grace."""
    from contracts.layout import RECORD, record_row

    data = town.chain.state.get(RECORD + record_id)
    assert data is not None
    return record_row(data).at_limit


def test_an_alert_is_a_record_like_any_other() -> None:
    town = Town()
    town.announced(FAR)
    town.say("builder", "tender.document_filed", kind="tender", files={"file": b"other"})
    (alert,) = town.raised()
    stored = town.chain.blocks.record(alert.record_id)
    assert stored is not None
    assert decode_record(stored.data) == alert
    disposed = town.say(
        "supervisor",
        "ledger.alert_disposed",
        refs=[("alert", alert.record_id)],
        decision="founded",
        reason="已责令改正",
    )
    assert town.chain.blocks.record_bytes(disposed) is not None
