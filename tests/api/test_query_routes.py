"""Queries over HTTP: pages, cursors that survive blocks, tags, exports that go on, named questions."""

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest

from api.engines.query import Query
from api.errors import ApiError
from api.queries.block_table import COLUMNS as BLOCK_COLUMNS
from api.queries.cursor import cursor_at, index_of
from api.queries.table import COLUMNS, MORE, safe_cell
from ledger.core.identifiers import LogIndex, MemberId
from ledger.core.receipt import receipt_from
from ledger.verify import verify_receipt
from tests.api.one_node import OneNode, canonical
from tests.api.small_tender import PROJECT, SECTION, Tender, play

BEYOND_MS = (1 << 53) - 1
"""The greatest time that a record may say: in the year 287396."""
ATTACK = '=HYPERLINK("http://evil.example","开标结果")'


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


def items(client: httpx.Client, **query: Any) -> list[Any]:
    """The whole answer, page by page."""
    found: list[Any] = []
    cursor: Any = None
    while True:
        turn: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        answer = client.get("/v1/records", params={**query, **turn})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["cursor"]
        if cursor is None:
            return found


def ids(found: list[Any]) -> list[str]:
    return [each["record_id"] for each in found]


def test_a_project_by_its_subject_in_pages_of_any_size(tender: Tender) -> None:
    whole = items(tender.client, subject=PROJECT, within=True)
    assert ids(items(tender.client, subject=PROJECT, within=True, limit=1)) == ids(whole)
    assert {each["record"]["subject"] for each in whole} == {PROJECT, SECTION}
    reverse = items(tender.client, subject=PROJECT, within=True, newest_first=True, limit=2)
    assert ids(reverse) == ids(whole)[::-1]
    assert [each["index"] for each in whole] == sorted(each["index"] for each in whole)


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "T08"}, {"tender.document_filed"}),
        ({"type": "tender.document_filed"}, {"tender.document_filed"}),
        ({"stage": "any", "type": "T54"}, {"tender.objection_answered"}),
        ({"alert": "AL04"}, {"ledger.alert_raised"}),
        ({"about": "T08"}, {"ledger.alert_raised"}),
    ],
)
def test_by_type_code_stage_and_alert(
    tender: Tender, query: dict[str, str], types: set[str]
) -> None:
    found = items(tender.client, subject=SECTION, **query)
    assert {each["record"]["type"] for each in found} == types


def test_by_document_and_by_time(tender: Tender) -> None:
    digest = tender.replaced.evidence[0].sha256.hex()
    (found,) = items(tender.client, digest=digest)
    assert found["record_id"] == tender.replaced.record_id.hex()
    at = found["committed_at_ms"]
    assert ids(items(tender.client, digest=digest, from_ms=at, to_ms=at + 1)) == ids([found])
    assert items(tender.client, digest=digest, to_ms=at) == []


def test_what_is_new_since_the_last_visit(tender: Tender, node: OneNode) -> None:
    client = tender.client
    visit = client.get("/v1/records", params={"limit": 1}).json()["height"]
    assert items(client, since=visit) == []
    record = node.record(subject="新的")
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    assert ids(items(client, since=visit)) == [record.record_id.hex()]


def test_a_cursor_goes_on_behind_new_blocks_and_belongs_to_one_question(
    tender: Tender, node: OneNode
) -> None:
    client = tender.client
    first = client.get("/v1/records", params={"member": "builder", "limit": 2}).json()
    record = node.record("builder", subject=PROJECT)
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    turn: dict[str, Any] = {"cursor": first["cursor"], "limit": 500}
    rest = client.get("/v1/records", params={"member": "builder", **turn}).json()
    assert rest["cursor"] is None
    assert ids(first["items"]) + ids(rest["items"]) == ids(items(client, member="builder"))
    others: list[dict[str, Any]] = [
        {"member": "centre"},
        {"member": "builder", "newest_first": True},
    ]
    for other in others:
        answer = client.get("/v1/records", params={**other, **turn})
        assert (answer.status_code, answer.json()["code"]) == (400, "api.cursor")


def test_a_cursor_is_read_as_it_was_written_or_not_at_all() -> None:
    query = Query(member=MemberId("centre"))
    cursor = cursor_at(LogIndex(77), query, newest_first=False)
    assert index_of(cursor, query, newest_first=False) == 77
    for forged in (cursor[:-1] + ("A" if cursor[-1] != "A" else "Q"), "q1_" + "A" * 22, "q1_"):
        with pytest.raises(ApiError):
            index_of(forged, query, newest_first=False)


def test_nothing_is_sent_again_while_no_block_came(tender: Tender, node: OneNode) -> None:
    client, path = tender.client, "/v1/records?member=builder"
    first = client.get(path)
    tag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    elsewhere = client.get("/v1/records?member=centre", headers={"If-None-Match": tag})
    assert elsewhere.status_code == 200
    assert canonical(client, node.bundle(node.record()), wait=20).status_code == 201
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_an_export_broken_off_anywhere_goes_on_from_its_last_line(tender: Tender) -> None:
    client = tender.client
    query: dict[str, Any] = {"subject": PROJECT, "within": True}
    lines = [
        json.loads(each)
        for each in client.get("/v1/export/records", params=query).text.splitlines()
    ]
    assert "end" in lines[-1] and lines[-1]["end"]["cursor"] is None
    assert ids(lines[:-1]) == ids(items(client, **query))
    for at, line in enumerate(lines[:-1]):
        rest = client.get("/v1/export/records", params={**query, "cursor": line["cursor"]})
        assert ids([json.loads(each) for each in rest.text.splitlines()][:-1]) == ids(
            lines[at + 1 : -1]
        )


def test_a_track_with_its_proofs_comes_in_one_answer(tender: Tender, node: OneNode) -> None:
    query: dict[str, Any] = {"subject": PROJECT, "within": True, "receipts": True}
    answer = tender.client.get("/v1/export/records", params=query)
    assert answer.headers["content-type"] == "application/jsonl"
    *lines, _ = [json.loads(each) for each in answer.text.splitlines()]
    for each in lines:
        verified = verify_receipt(receipt_from(each["receipt"]), node.trust)
        assert verified.record_id.hex() == each["record_id"]
    assert len(lines) > 5


def test_a_table_opens_in_chinese_and_runs_nothing(tender: Tender, node: OneNode) -> None:
    files = {ATTACK: b"attack"}
    record = node.record(subject="=1+1", files=files, description="+cmd|' /C calc'!A0")
    assert canonical(tender.client, node.bundle(record), wait=20).status_code == 201
    query = {"subject": "=1+1", "format": "csv"}
    answer = tender.client.get("/v1/export/records", params=query)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heading[0] == "日志序号" and len(heading) == len(row) == len(COLUMNS)
    said = dict(zip(COLUMNS, row, strict=True))
    assert said["subject"] == "'=1+1"
    assert said["documents"].startswith(f"'{ATTACK}")
    assert not [each for each in row if each[:1] in set("=+-@\t\r")]
    assert said["record_id"] == record.record_id.hex() and said["number"].count("-") >= 2


def test_a_time_that_no_calendar_has_stands_in_a_table_as_it_was_said(
    tender: Tender, node: OneNode
) -> None:
    late = replace(node.record(subject="很久-1"), occurred_at_ms=BEYOND_MS)
    assert canonical(tender.client, node.bundle(late), wait=20).status_code == 201
    answer = tender.client.get("/v1/export/records", params={"subject": "很久-1", "format": "csv"})
    _, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert dict(zip(COLUMNS, row, strict=True))["occurred_at"] == f"{BEYOND_MS} ms"


@pytest.mark.parametrize("lead", ["", " ", "\u3000", "\t"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "|", "\n="])
def test_every_way_to_begin_a_formula_is_shown_as_text(lead: str, sign: str) -> None:
    assert safe_cell(f"{lead}{sign}SUM(A1)").startswith("'")
    assert safe_cell("招标公告 = 2") == "招标公告 = 2"


def test_a_table_that_was_cut_says_so_in_its_last_row(tender: Tender) -> None:
    query: dict[str, Any] = {"member": "builder", "format": "csv", "lang": "en"}
    cut = tender.client.get("/v1/export/records", params={**query, "limit": 2})
    rows = list(csv.reader(io.StringIO(cut.content.decode("utf-8-sig"))))
    assert rows[0][0] == "log index" and len(rows) == 4 and rows[-1][0] == MORE
    rest = tender.client.get("/v1/export/records", params={**query, "cursor": rows[-1][-1]})
    whole = tender.client.get("/v1/export/records", params=query)
    joined = [each[0] for each in rows[1:-1]] + [
        each[0] for each in list(csv.reader(io.StringIO(rest.content.decode("utf-8-sig"))))[1:]
    ]
    everything = [each[0] for each in csv.reader(io.StringIO(whole.content.decode("utf-8-sig")))]
    assert joined == everything[1:]


def test_blocks_come_as_a_table_that_goes_on_where_it_was_cut(tender: Tender) -> None:
    client = tender.client
    head = client.get("/v1/network").json()["height"]

    def rows(**query: Any) -> list[list[str]]:
        answer = client.get("/v1/export/blocks", params={"below": head + 1, **query})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    heading, *whole = rows()
    assert heading[0] == "区块高度" and len(heading) == len(BLOCK_COLUMNS)
    assert [int(each[0]) for each in whole] == list(range(head, 0, -1))
    newest = dict(zip(BLOCK_COLUMNS, whole[0], strict=True))
    header = client.get(f"/v1/blocks/{head}").json()["header"]
    assert newest["hash"] == header["hash"] and newest["entries"] == str(header["entry_count"])
    _, *cut, more = rows(limit=2, lang="en")
    assert more[0] == MORE and len(cut) == 2
    assert [each[0] for each in rows(below=more[-1])[1:]] == [each[0] for each in whole[2:]]


def test_the_time_of_a_block_names_its_records(tender: Tender) -> None:
    (found,) = items(tender.client, digest=tender.replaced.evidence[0].sha256.hex())
    told = tender.client.get(f"/blocks/{found['height']}").text
    (path,) = re.findall(r'href="(/v1/export/records\?[^"]*)"', told)
    rows = csv.reader(io.StringIO(tender.client.get(unescape(path)).text))
    block = tender.client.get(f"/v1/blocks/{found['height']}").json()["records"]["items"]
    assert [row[4] for row in rows][1:] == [each["record_id"] for each in block if each["record"]]


def test_the_projects_in_which_somebody_acted(tender: Tender) -> None:
    body = tender.client.get("/v1/members/builder/projects").json()
    assert PROJECT in [each["project"] for each in body["items"]]
    assert len({each["project"] for each in body["items"]}) == len(body["items"])
    assert tender.client.get("/v1/members/nobody/projects").json()["items"] == []


@pytest.mark.parametrize(
    "asked",
    ["?limit=0", "?limit=501", "?digest=00", "?alert=4", "?since=-1", "?cursor=1", "?amendment=x"],
)
def test_what_is_not_as_declared_is_refused(client: httpx.Client, asked: str) -> None:
    answer = client.get(f"/v1/records{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter")


@pytest.mark.parametrize(
    ("path", "newest_first"),
    [("/v1/records", False), ("/v1/records", True), ("/v1/export/records", False)],
)
def test_a_node_that_is_behind_leaves_the_next_page_to_others(
    tender: Tender, path: str, newest_first: bool
) -> None:
    """It answered from its own end, and left out without a word what lay between."""
    size = items(tender.client, newest_first=True, limit=1)[0]["index"] + 1
    for beyond in (size + 7, 1 << 40):
        cursor = cursor_at(LogIndex(beyond), Query(), newest_first=newest_first)
        turn = {"cursor": cursor} | ({"newest_first": True} if newest_first else {})
        refused = tender.client.get(path, params=turn)
        assert refused.status_code == 421, refused.text
        assert refused.json()["code"] == "api.behind"
        assert "Retry-After" not in refused.headers


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("path", ["/v1/alerts", f"/v1/subjects?key={PROJECT}"])
def test_lists_by_index_are_not_answered_from_an_earlier_end_either(
    tender: Tender, path: str, newest_first: bool
) -> None:
    more = "&" if "?" in path else "?"
    order = str(newest_first).lower()
    refused = tender.client.get(f"{path}{more}after={1 << 40}&newest_first={order}")
    assert (refused.status_code, refused.json()["code"]) == (421, "api.behind")
