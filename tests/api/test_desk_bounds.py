"""What one question to the desk may cost, and how a list that was cut says so."""

import html
import re
from typing import Any

import httpx
import pytest

from api.engines.leveldb import LevelEngine
from api.engines.query import ALERT_TYPE
from api.explorer import project_view
from api.explorer.desk import forms, pages, week
from api.listing import Shown, at_hand
from api.queries import asking
from api.rights import Viewer
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import Record
from ledger.lookup import Found, Turn
from tests.api.test_trouble import StillNode, ask
from tests.contracts.town import CATALOGUE, DAY, PROJECT, Town
from tests.vectors.small_network import signer

CLOSED = f"{PROJECT}/02"
HIDDEN = 200
LOOKED_AT = 40
ROWS = 30
WEEK = "2026-W01"


@pytest.fixture(scope="module")
def town() -> Town:
    """Alerts that everybody sees, and two hundred newer ones about another section."""
    made = Town()
    made.announced(made.now_ms + 40 * DAY)
    for content in (b"other", b"another"):
        made.say("builder", "tender.document_filed", files={"file": content}, kind="tender")
    alert = raised_ids(made)[-1]
    for reason in ("first", "second"):
        said = {"decision": "founded", "reason": reason}
        made.say("supervisor", "ledger.alert_disposed", refs=[("alert", alert)], fields=said)
    made.say("builder", "tender.document_filed", CLOSED, kind="tender")
    for at in range(HIDDEN // 50):
        more = [changed(made, f"{at} {each}") for each in range(50)]
        made.commit(made.bundle(*more))
    assert len(made.alerts()) > HIDDEN
    return made


def changed(town: Town, content: str) -> Record:
    """The other section's document once more, and not the same."""
    files = {"file": content.encode()}
    return town.record("builder", "tender.document_filed", CLOSED, files=files, kind="tender")


def raised_ids(town: Town) -> list[RecordId]:
    """The alerts so far."""
    turn = Turn(limit=500)
    return [each.record_id for each in town.chain.lookup.by_type(ALERT_TYPE, turn).items]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each batch that an engine is asked for; a page may look at forty records.

    Nobody may see what is about the other section.
    """
    monkeypatch.setattr(asking, "LOOKED_AT_MAX", LOOKED_AT)
    monkeypatch.setattr(pages, "ROWS_MAX", ROWS)
    monkeypatch.setattr(week, "_AT_ONCE", ROWS)
    monkeypatch.setattr(Viewer, "may_see", lambda _, record: record.subject != CLOSED)
    asked: list[int] = []
    batch = LevelEngine.batch

    async def counted(*given: Any, **named: Any) -> Any:
        asked.append(1)
        return await batch(*given, **named)

    monkeypatch.setattr(LevelEngine, "batch", counted)
    return asked


def got(town: Town, path: str) -> httpx.Response:
    answer = ask(town, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("state", ["", "open", "disposed"])
def test_a_page_of_alerts_that_nobody_may_see_ends_early_and_leads_on(
    town: Town, batches: list[int], state: str
) -> None:
    page = got(town, f"/desk?format=json&state={state}").json()
    assert page["items"] == [] and page["cursor"] is not None
    assert len(batches) <= 3
    told = got(town, f"/desk?lang=en&state={state}").text
    assert "go on to the next" in told and "No alert fits" not in told
    turned = 0
    while page["cursor"] is not None and not page["items"]:
        turned += 1
        page = got(town, f"/desk?format=json&state={state}&cursor={page['cursor']}").json()
    assert turned > 2
    assert page["items"]


def test_a_week_that_is_too_long_to_look_through_says_that_it_was_cut(
    town: Town, batches: list[int]
) -> None:
    report = got(town, f"/desk/week?format=json&week={WEEK}").json()
    assert report["cut"] and report["alerts_count"] == 0
    # One question each for alerts, for late refunds and for disposals.
    assert len(batches) <= 6
    assert "only the newest 0 of the week" in got(town, f"/desk/week?lang=en&week={WEEK}").text


def test_a_week_that_was_looked_through_says_that_it_is_whole(town: Town) -> None:
    report = got(town, f"/desk/week?format=json&week={WEEK}").json()
    assert report["alerts_count"] >= 1
    assert not any(report[each] for each in ("cut", "late_refunds_cut", "disposals_cut"))


def test_lists_of_a_week_that_were_cut_say_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    # Any alert stands for a late refund: what is tried is the list, not the rule that fills it.
    for name, value in (("LATE", "AL04"), ("LATE_MAX", 1), ("DISPOSALS_MAX", 1)):
        monkeypatch.setattr(week, name, value)
    report = got(town, f"/desk/week?format=json&week={WEEK}").json()
    assert (len(report["late_refunds"]), report["late_refunds_cut"]) == (1, True)
    assert (len(report["disposals"]), report["disposals_cut"]) == (1, True)
    told = got(town, f"/desk/week?lang=en&week={WEEK}").text
    assert told.count("Only 1 are listed") == 2


def test_what_is_not_printed_of_a_week_is_counted_and_found_by_the_link(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = got(town, f"/desk/week?format=json&week={WEEK}").json()
    monkeypatch.setattr(week, "PRINTED_MAX", 3)
    told = got(town, f"/desk/week?lang=en&week={WEEK}").text
    printed = [each for each in whole["open"] if f"/records/{each['record_id']}" in told]
    assert printed == whole["open"][:3]
    assert f"{len(whole['open']) - 3} more are not printed here" in told
    assert found_by(town, told, "state=open") == [each["record_id"] for each in whole["open"][3:]]
    # The file has them all.
    assert got(town, f"/desk/week?format=json&week={WEEK}").json() == whole


def test_what_is_not_counted_of_a_week_is_found_by_the_link(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = alerts_from(town, "format=json")
    monkeypatch.setattr(week, "ALERTS_MAX", 7)
    monkeypatch.setattr(week, "_AT_ONCE", 3)
    report = got(town, f"/desk/week?format=json&week={WEEK}").json()
    assert (report["cut"], report["alerts_count"]) == (True, 7)
    told = got(town, f"/desk/week?lang=en&week={WEEK}").text
    assert "only the newest 7 of the week" in told and "7+" in told
    assert found_by(town, told, "") == every[7:]


def found_by(town: Town, told: str, asked: str) -> list[str]:
    """The alerts of the list that a page leads on to."""
    (link,) = {
        each for each in re.findall(r'href="/desk\?([^"]*cursor=[^"]*)"', told) if asked in each
    }
    return alerts_from(town, f"format=json&{html.unescape(link)}")


def alerts_from(town: Town, asked: str) -> list[str]:
    """Identifiers on every page of a list of alerts."""
    page = got(town, f"/desk?{asked}").json()
    items: list[str] = [each["record_id"] for each in page["items"]]
    while page["cursor"] is not None:
        base = re.sub(r"&?cursor=\d+", "", asked)
        page = got(town, f"/desk?{base}&cursor={page['cursor']}").json()
        items += [each["record_id"] for each in page["items"]]
    return items


def test_alerts_that_are_not_asked_for_are_not_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[RecordId] = []
    shown_record = asking.shown_record

    def noted(service: LedgerService, found: Found) -> Shown | None:
        read.append(found.record_id)
        return shown_record(service, found)

    monkeypatch.setattr(asking, "shown_record", noted)
    (disposed,) = alerts_from(town, "format=json&state=disposed")
    assert [each.hex() for each in read] == [disposed]


def test_a_track_reads_so_many_alerts_and_says_that_there_may_be_more(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {CLOSED: "tender.document_filed"}
    monkeypatch.setattr(
        Viewer, "may_see", lambda _, record: record.type == shown.get(record.subject, record.type)
    )
    monkeypatch.setattr(project_view, "ALERTS_LOOKED_AT_MAX", 10)
    read: list[RecordId] = []

    def counted(service: LedgerService, record_id: RecordId) -> Record | None:
        read.append(record_id)
        return at_hand(service, record_id)

    monkeypatch.setattr(project_view, "at_hand", counted)
    told = got(town, f"/projects/{PROJECT}?lang=en").text
    assert len(read) <= 12
    assert "The first 2 are listed" in told


def test_a_form_reads_the_newest_records_first_and_not_all(town: Town) -> None:
    read: list[RecordId] = []

    class Counted(LedgerService):
        def decoded(self, stored: StoredRecord) -> Record:
            read.append(stored.record_id)
            return super().decoded(stored)

    service = Counted(town.chain, CATALOGUE, StillNode(town.chain), signer("log centre"))
    maker = forms._Maker(service, forms.OBJECTION, "en")
    newest = maker.newest(CLOSED, "tender.document_filed", None)
    assert newest is not None and read == [newest[0]]
    last = town.chain.lookup.by_subject(Subject(CLOSED), Turn(limit=500, newest_first=True)).items
    assert newest[0] in {each.record_id for each in last[:100]}
    read.clear()
    assert maker.newest(CLOSED, "tender.document_filed", ("kind", "other")) is None
    assert len(read) == forms.LOOKED_AT_MAX


@pytest.mark.parametrize(
    "name", ["0000-W01", "0001-W01", "1970-W01", "1970-W53", "9998-W54", "9999-W01", "9999-W52"]
)
def test_a_week_at_an_end_of_the_calendar_is_refused_in_words(town: Town, name: str) -> None:
    answer = ask(town, "GET", f"/desk/week?week={name}")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter")
    assert f"{name} (1971-W01 … 9998-W53)" in answer.json()["detail"]


@pytest.mark.parametrize(("name", "missing"), [("1971-W01", "before"), ("9998-W53", "after")])
def test_the_first_and_the_last_week_lead_no_further(town: Town, name: str, missing: str) -> None:
    told = got(town, f"/desk/week?lang=en&week={name}").text
    for side in ("before", "after"):
        assert (f"Week {side}" in told) == (side != missing)
