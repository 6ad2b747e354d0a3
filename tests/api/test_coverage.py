"""Coverage over HTTP, on the page and at the command line, for one short procedure on a real node."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from api import coverage
from api.client import Client, ClientError
from cli.main import app
from contracts import node_count, point_records
from ledger.codes import Code
from tests.api.one_node import OneNode, now_ms
from tests.api.pauses import paused_at
from tests.api.small_errand import WORKS, Errand
from tests.api.small_tender import DAY_MS, PROJECT, SECTION

SECOND = f"{PROJECT}/02"


class Market(Errand):
    """Two sections of one project: the first goes on to its end, the second has just begun."""

    def point(self, key: str, subject: str = SECTION) -> Any:
        told = self.covered(subject)
        return next(
            point
            for subsystem in told["subsystems"]
            for point in subsystem["points"]
            if point["key"] == key
        )

    def covered(self, subject: str = SECTION) -> Any:
        answer = self.client.get("/v1/coverage", params={"key": subject})
        assert answer.status_code == 200
        return answer.json()

    def alerts(self) -> list[str]:
        found = self.client.get("/v1/alerts", params={"code": "AL29"}).json()["items"]
        return [each["sentence_zh"] for each in found]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    node = OneNode(tmp_path_factory.mktemp("market"), catalogue=WORKS)
    with node.up() as client:
        made = Market(node, client)
        made.announce()
        made.say("builder", "tender.document_filed", SECOND, kind="tender")
        said = {"kind": "announcement", "procedure": "errand"}
        until = now_ms() + DAY_MS
        made.say("builder", "tender.announcement", SECOND, bid_deadline_ms=until, **said)
        made.say("builder", "works.begun")
        made.say("supervisor", "works.signed_in")
        made.say("builder", "works.handed_in")
        yield made


def test_each_of_125_points_is_told_with_its_state_and_newest_record(market: Market) -> None:
    told = market.covered()
    assert [len(each["points"]) for each in told["subsystems"]] == [5] * 25
    assert sum(told["counts"].values()) == 125
    assert told["profiles"][0]["key"] == "errand"
    notice = market.point("04.2")
    assert (notice["state"], notice["record_count"]) == ("live", 1)
    assert notice["last"]["type_code"] == "T09"
    assert market.client.get(f"/v1/records/{notice['last']['record_id']}").status_code == 200
    assert market.point("20.1")["state"] == "silent"
    assert market.point("12.3")["state"] == "elsewhere"


def test_a_project_counts_its_sections_and_what_one_still_awaits_is_not_silent(
    market: Market,
) -> None:
    assert market.covered(PROJECT)["sections"] == [SECTION, SECOND]
    assert market.point("04.2", PROJECT)["record_count"] == 2
    assert market.point("20.1", SECOND)["state"] == "awaited"
    assert market.point("20.1", PROJECT)["state"] == "awaited"
    assert market.covered("nothing")["profiles"] == []


def test_a_stray_function_point_raises_al29_and_serves_no_other_point(market: Market) -> None:
    before = market.alerts()
    market.say("builder", "evidence.deposited", SECOND, function_point="25.1")
    assert market.alerts() == before
    market.say("builder", "evidence.deposited", SECOND, function_point="15.3")
    assert len(market.alerts()) == len(before) + 1
    assert "所填功能点不是该类记录的功能点" in market.alerts()[-1]
    assert market.point("15.3", SECOND)["state"] == "elsewhere"
    assert market.point("25.1", SECOND)["record_count"] == 2


def test_a_record_that_is_not_public_is_neither_shown_nor_counted(market: Market) -> None:
    before = market.covered(SECOND)
    market.say("bidder", "tender.complaint", SECOND, matter="other", known_at_ms=now_ms())
    complaint = market.point("20.3", SECOND)
    assert (complaint["state"], complaint["record_count"], complaint["last"]) == (
        "withheld",
        0,
        None,
    )
    assert {**market.covered(SECOND), "height": 0} == {**before, "height": 0}


def test_pages_of_sections_put_together_are_all_of_them(market: Market) -> None:
    first = market.client.get("/v1/coverage/sections", params={"limit": 1}).json()
    assert [each["subject"] for each in first["items"]] == [SECTION]
    assert first["cursor"] == SECTION
    turn: dict[str, str | int] = {"limit": 1, "after": SECTION}
    second = market.client.get("/v1/coverage/sections", params=turn).json()
    assert [each["subject"] for each in second["items"]] == [SECOND]
    assert second["cursor"] is None
    with Client([market.node.url], market.node.trust) as client:
        pages = list(client.coverage_pages())
    assert [each["subject"] for page in pages for each in page["items"]] == [SECTION, SECOND]


def test_a_page_of_sections_ends_before_it_looks_at_more_than_its_share(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "RECORDS_MAX", 1)
    first = market.client.get("/v1/coverage/sections").json()
    assert [each["subject"] for each in first["items"]] == [SECTION]
    assert first["cursor"] == SECTION
    with Client([market.node.url], market.node.trust) as client:
        pages = list(client.coverage_pages())
    assert [each["subject"] for page in pages for each in page["items"]] == [SECTION, SECOND]


def test_records_are_judged_in_turns_and_the_answer_is_the_same(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = market.covered()
    pauses = paused_at(monkeypatch, coverage, point_records, node_count)
    assert market.covered() == whole
    completeness = market.told()
    mandatory = [each for group in completeness["groups"] for each in group["nodes"]]
    assert len(pauses) > 5 + sum(each["record_count"] for each in mandatory)


def test_every_answer_fits_its_description(market: Market) -> None:
    description = market.client.get("/openapi.json").json()
    shapes = description["components"]["schemas"]
    pages = [market.client.get("/v1/coverage/sections").json()]
    answers = [market.covered(each) for each in (SECTION, PROJECT, "nothing")]
    for name, told in (("CoverageJson", answers), ("CoveredSectionsJson", pages)):
        whole = Draft202012Validator({**shapes[name], "components": description["components"]})
        for each in told:
            assert [problem.message for problem in whole.iter_errors(each)] == []


@pytest.mark.parametrize("cursor", [1, "", SECTION, "LZ"])
def test_a_node_whose_pages_never_move_on_is_left(cursor: object, market: Market) -> None:
    told = {"items": [], "cursor": cursor, "time_ms": 0}
    line = httpx.MockTransport(lambda _: httpx.Response(200, json=told))
    with (
        Client([market.node.url], market.node.trust, line) as client,
        pytest.raises(ClientError) as problem,
    ):
        list(client.coverage_pages())
    assert problem.value.code is Code.API_ANSWER


# The page.


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("功能点覆盖", "见证书与档案", "沉默")), ("en", ("Function points", "silent"))],
)
def test_the_page_has_a_row_for_each_subsystem(
    language: str, words: tuple[str, ...], market: Market
) -> None:
    answer = market.client.get(f"/projects/{SECTION}", params={"lang": language})
    assert answer.status_code == 200
    for each in words:
        assert each in answer.text
    section = answer.text.partition('aria-labelledby="coverage"')[2].partition("</section>")[0]
    assert len(re.findall(r'<th scope="row">', section)) == 25
    assert len(re.findall(r'<td class="[a-z]+">', section)) == 125


def test_a_subject_without_a_procedure_has_no_such_table(market: Market) -> None:
    market.say("centre", "evidence.deposited", "D-1")
    answer = market.client.get("/projects/D-1")
    assert answer.status_code == 200
    assert 'aria-labelledby="coverage"' not in answer.text


def test_a_page_about_very_many_records_leaves_the_table_out_and_says_so(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "RECORDS_MAX", 3)
    for subject in (SECTION, PROJECT):
        told = market.client.get(f"/projects/{subject}", params={"lang": "en"}).text
        section = told.partition('aria-labelledby="coverage"')[2].partition("</section>")[0]
        assert "too many records" in section and "/v1/coverage?key=" in section
        assert "<table" not in section


# The command line.


def run(market: Market, folder: Path, *words: str, language: str = "zh_CN.UTF-8") -> Result:
    trust = folder / "trust.json"
    trust.write_bytes(market.node.trust.encode())
    where = ["--node", market.node.url, "--trust", str(trust)]
    env = {"LC_ALL": language, "COLUMNS": "160"}
    return CliRunner().invoke(app, ["coverage", *words, *where], env=env)


def test_the_command_line_shows_a_sign_for_each_point_and_names_what_wants_attention(
    market: Market, tmp_path: Path
) -> None:
    shown = run(market, tmp_path, SECTION)
    assert shown.exit_code == 0, shown.output
    for words in ("零星采购", "15 定标公示", "沉默", "20.1 异议提交"):
        assert words in shown.output
    told = json.loads(run(market, tmp_path, SECTION, "--json").output)
    assert told == market.covered()


def test_without_a_project_it_lists_the_silent_points_of_the_network(
    market: Market, tmp_path: Path
) -> None:
    told = json.loads(run(market, tmp_path, "--days", "7", "--json").output)
    silent = {each["point"]: each for each in told["silent"]}
    assert (told["days"], told["section_count"]) == (7, 2)
    assert silent["20.1"] == {"point": "20.1", "section_count": 1, "last_ms": None}
    assert not silent.keys() & {"04.2", "03.1", "01.1"}
    shown = run(market, tmp_path, "--days", "7", language="en_US.UTF-8")
    assert "20.1 Objection filing" in shown.output and "never" in shown.output


def test_an_answer_that_is_none_is_named_and_not_traced(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "coverage", lambda *_: {"subject": "x"})
    shown = run(market, tmp_path, SECTION)
    assert "CommandError" in repr(shown.exception)
    page = {"items": [{"points": [{"point": "04.3", "passed_ms": "x", "last_ms": "y"}]}]}
    monkeypatch.setattr(Client, "coverage_pages", lambda _: iter([{**page, "time_ms": 1}]))
    assert "CommandError" in repr(run(market, tmp_path).exception)
