"""Records as a file, as people get it from the command line of a real node, also after a cut."""

import csv
import io
import json
from pathlib import Path

import httpx
import pytest

from api.client import Client, ClientError
from api.client.calls.querying import QueryPage
from cli.failures import CommandError
from cli.record_export import NOTE_SUFFIX, RecordFile
from ledger.codes import Code
from ledger.reliance import read_trust
from tests.cli.one_node import OneNode

pytestmark = pytest.mark.network
TABLE = {"format": "csv", "lang": "zh"}


@pytest.fixture
def anchored(one_node: OneNode, tmp_path: Path) -> OneNode:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(f"{tmp_path} {name}")
        done = one_node.run("anchor", tmp_path / name, "--subject", "P-1", "--json")
        assert done.code == 0, done.err
    return one_node


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_a_table_and_json_lines_hold_the_same_records(anchored: OneNode, tmp_path: Path) -> None:
    table, lines = tmp_path / "records.csv", tmp_path / "records.jsonl"
    done = anchored.run(
        "export", "records", table, "--subject", "P-1", "--json", language="zh_CN.UTF-8"
    )
    assert done.code == 0, done.err
    assert (
        anchored.run("export", "records", lines, "--format", "jsonl", "--subject", "P-1").code == 0
    )
    heading, *records = rows(table)
    assert heading[0] == "日志序号" and len(records) == done.json["records"] >= 3
    told = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [each["record_id"] for each in told] == [each[4] for each in records]
    assert not list(tmp_path.glob(f"*{NOTE_SUFFIX}"))
    again = anchored.run("export", "records", table, "--subject", "P-1", "--json")
    assert again.json["error"]["code"] == Code.FILE_EXISTS.value


def test_an_export_that_was_cut_off_goes_on_and_is_the_same_file(
    anchored: OneNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.calls.querying.PAGE", 1)
    trust = read_trust(anchored.trust)
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    domain, parts = trust.genesis.domain, {"subject": "P-1"}
    with Client([anchored.node.api], trust) as client:
        RecordFile(whole, {**parts, **TABLE}, domain).fill(
            client.query_pages(parts), lambda _: None
        )

        class CutError(Exception):
            pass

        def stop(page: QueryPage) -> None:
            raise CutError

        first = RecordFile(cut, {**parts, **TABLE}, domain)
        with pytest.raises(CutError):
            first.fill(client.query_pages(parts), stop)
        with cut.open("ab") as file:
            file.write(b"half a li")
        with pytest.raises(CommandError):
            RecordFile(cut, {"subject": "P-2", **TABLE}, domain)
        second = RecordFile(cut, {**parts, **TABLE}, domain)
        assert second.position.count == 1 and second.position.cursor is not None
        second.fill(client.query_pages(parts, second.position.cursor), lambda _: None)
        assert "P-1" in list(client.projects_of("centre"))
    assert cut.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "no json",
        '{"end": 1}',
        '{"end": {"height": 1, "cursor": 7}}',
        '{"index": 3}\n{"index": 2}\n{"end": {"height": 1, "cursor": "q"}}',
        '{"end": {"height": 1, "cursor": ""}}',
    ],
)
def test_an_answer_that_is_none_is_never_half_an_export(one_node: OneNode, body: str) -> None:
    line = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    with (
        Client(["http://node"], read_trust(one_node.trust), transport=line) as client,
        pytest.raises(ClientError) as refused,
    ):
        list(client.query_pages({}))
    assert refused.value.code is Code.API_ANSWER


def test_a_node_that_never_moves_on_holds_nobody(one_node: OneNode) -> None:
    body = '{"index": 1}\n{"end": {"height": 1, "cursor": "q"}}'
    line = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    with (
        Client(["http://node"], read_trust(one_node.trust), transport=line) as client,
        pytest.raises(ClientError),
    ):
        list(client.query_pages({}))
