"""The supervisor's desk without a browser: the feed and its filters, lists that are taken away."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.explorer.desk.dress import DESK_POLICY, READER_HEADER
from ledger.core.identifiers import Digest, RecordId
from tests.api.one_node import OneNode
from tests.api.rights_story import say, token
from tests.api.small_errand import WORKS, Errand
from tests.api.small_tender import SECTION

HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Desk:
    """A node with two AL01 alerts of one section, of which the first is disposed of."""

    node: OneNode
    client: httpx.Client
    errand: Errand

    def page(self, path: str, reader: str = "nobody", **asked: str) -> httpx.Response:
        """A page as a reader sees it."""
        headers = HTML | token(self.node, reader)
        answer = self.client.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    def alerts(self, **asked: str) -> list[dict[str, Any]]:
        """What the feed has, as a file."""
        items: list[dict[str, Any]] = self.page("/desk", format="json", **asked).json()["items"]
        return items


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    node = OneNode(tmp_path_factory.mktemp("desk"), catalogue=WORKS)
    with node.up() as client:
        errand = Errand(node, client)
        errand.announce()
        errand.say("builder", "works.begun")
        made = Desk(node, client, errand)
        first = made.alerts(code="AL01")[-1]
        said = node.record(
            "supervisor",
            "ledger.alert_disposed",
            first["subject"],
            refs=[("alert", RecordId(Digest(bytes.fromhex(first["record_id"]))))],
            decision="founded",
            reason="=已责令改正",
        )
        say(node, client, said)
        yield made


def test_an_alert_is_open_until_somebody_disposes_of_it(desk: Desk) -> None:
    every, left, done = (desk.alerts(state=state) for state in ("", "open", "disposed"))
    assert len(done) == 1 and len(every) == len(left) + 1
    (disposal,) = done[0]["disposals"]
    assert (disposal["decision"], disposal["by"]) == ("founded", "单位 supervisor")
    assert [each["index"] for each in every] == sorted(
        (each["index"] for each in every), reverse=True
    )
    told = desk.page("/desk", state="disposed").text
    assert "成立" in told and "单位 supervisor" in told


def test_filters_narrow_the_feed(desk: Desk) -> None:
    every = desk.alerts()
    assert desk.alerts(code="AL17") == []
    assert desk.alerts(subject=SECTION) == every == desk.alerts(subject=SECTION.partition("/")[0])
    assert desk.alerts(severity="notice") == [
        each for each in every if each["severity"] == "notice"
    ]
    newest = max(each["height"] for each in every)
    assert desk.alerts(since=str(newest)) == []
    assert desk.alerts(since=str(newest - 1)) == [
        each for each in every if each["height"] == newest
    ]


def test_a_table_is_one_that_no_spreadsheet_runs(desk: Desk) -> None:
    text = desk.page("/desk", format="csv", state="disposed").text
    head, row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert head[:3] == ["日志序号", "代码", "类型"]
    assert row[head.index("理由")] == "'=已责令改正"
    assert row[head.index("处置")] == "成立"


def test_sections_that_lack_something_are_listed(desk: Desk) -> None:
    (row,) = json.loads(desk.page("/desk/projects", format="json").text)["items"]
    assert row["subject"] == SECTION
    assert [each["state"] for each in row["lacks"]] == ["missing"]
    assert "专家签到" in desk.page("/desk/projects").text
    assert "Expert signed in" in desk.page("/desk/projects", lang="en", format="csv").text


def test_the_page_says_whom_the_node_took_the_token_for(desk: Desk) -> None:
    answer = desk.page("/desk/access", "supervisor")
    assert answer.headers[READER_HEADER] == "%E5%8D%95%E4%BD%8D%20supervisor%20%28supervisor%29"
    assert READER_HEADER not in desk.page("/desk/access").headers
    assert answer.headers["content-security-policy"] == DESK_POLICY
    assert "connect-src 'self' http://127.0.0.1:*;" in DESK_POLICY
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_no_filter_is_refused_in_words(desk: Desk) -> None:
    for path in ("/desk?code=x", "/desk?cursor=-1", "/desk?state=closed", "/desk/access?kind=T09"):
        answer = desk.client.get(path, headers=HTML)
        assert answer.status_code == 400, path
        assert "api.parameter" in answer.text
