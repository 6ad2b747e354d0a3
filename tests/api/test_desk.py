"""The supervisor's desk without a browser: the feed and its filters, lists that are taken away."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from api.explorer.desk.dress import DESK_POLICY, READER_HEADER
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, Height, MemberId, RecordId
from ledger.core.receipt import decode_receipt
from ledger.draws import verify_draw
from tests.api.one_node import HOUR_MS, OneNode, now_ms
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


def test_a_week_is_counted_by_beijing_days(desk: Desk) -> None:
    now = desk.page("/desk/week", format="json").json()
    assert now["alerts_count"] == len(desk.alerts()) == sum(now["severities"].values())
    assert [each["count"] for each in now["kinds"]] == sorted(
        (each["count"] for each in now["kinds"]), reverse=True
    )
    assert len(now["open"]) == now["alerts_count"] - 1
    assert [each["decision"] for each in now["disposals"]] == ["founded"]
    assert {each["alert"] for each in now["missing_nodes"]} == {"AL01"}
    assert now["to_ms"] - now["from_ms"] == 7 * 86_400_000 and not now["over"]
    monday = datetime.fromtimestamp(now["from_ms"] // 1000, timezone(timedelta(hours=8)))
    assert (monday.isoweekday(), monday.hour, monday.minute) == (1, 0, 0)
    assert now["week"] == "{:04d}-W{:02d}".format(*monday.isocalendar()[:2])
    page = desk.page("/desk/week", week="2026-W01").text
    assert "2025-12-29 00:00:00" in page and "2026-01-04 23:59:59" in page
    assert desk.page("/desk/week", week="2026-W01", format="json").json()["alerts_count"] == 0
    for name in ("2026-W54", "2026-48", "9999-W53"):
        answer = desk.client.get("/desk/week", params={"week": name}, headers=HTML)
        assert answer.status_code == 400, name


def test_a_draw_is_listed_with_the_receipts_that_recompute_it(desk: Desk) -> None:
    node, client = desk.node, desk.client
    assert node.service is not None
    chain, seeders = node.service.chain, ("centre", "supervisor")
    height = chain.head.height + 5
    asked = node.record(
        "supervisor", "draw.requested", "抽查-2026-1", of="registrations", pool_root=sha256(b"pool"),
        pool_count=9, draw_count=2, draw_height=height, seeders=seeders,
        reveal_until_ms=now_ms() + HOUR_MS,
    )  # fmt: skip
    say(node, client, asked)
    refs = [("follows", asked.record_id)]
    network = node.genesis.network_id
    seeds = {MemberId(each): sha256(each.encode()) for each in seeders}
    for each, word in seeds.items():
        digest = seed_commitment(network, asked.record_id, each, word)
        kind = "draw.seed_committed"
        say(node, client, node.record(each, kind, asked.subject, refs=refs, commitment=digest))
    while chain.head.height < height:
        say(node, client, node.record(subject="其他-1"))
    for each, word in seeds.items():
        kind = "draw.seed_revealed"
        say(node, client, node.record(each, kind, asked.subject, refs=refs, seed=word))
    header = chain.blocks.header(Height(height)).hash()
    places = drawn(draw_value(network, asked.record_id, seeds, header), 9, 2)
    made = node.record(
        "supervisor", "draw.drawn", asked.subject, refs=refs, header=header, places=places
    )
    say(node, client, made)

    (row,) = desk.page("/desk/draws", format="json", subject="抽查-2026-1").json()["items"]
    assert (row["places"], row["draw_height"]) == (list(places), height)
    paths = [f"/v1/records/{each}/receipt" for each in row["receipts"]]
    receipts = [decode_receipt(client.get(path).content) for path in paths]
    found = verify_draw(receipts, node.trust)
    assert found.places == places and found.commitments_shown
    assert " ".join(row["receipts"]) in desk.page("/desk/draws").text
