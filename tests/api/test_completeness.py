"""Completeness over HTTP and the command line: a short procedure, one panel late, one complaint."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from api import completeness
from api.client import Client, ClientError
from cli.main import app
from contracts import completeness as judging
from contracts import node_count
from ledger.core.record import decode_record
from ledger.verify import verify_receipt
from tests.api.one_node import OneNode, now_ms
from tests.api.pauses import paused_at
from tests.api.small_errand import WORKS, Errand
from tests.api.small_tender import PROJECT, SECTION


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Errand, list[Any]]]:
    """The whole story; the second is what the node said after each step."""
    node = OneNode(tmp_path_factory.mktemp("errand"), catalogue=WORKS)
    with node.up() as client:
        errand = Errand(node, client)
        errand.announce()
        told = [errand.told()]
        errand.say("builder", "works.begun")
        told.append(errand.told())
        errand.hand_in()
        told.append(errand.told())
        errand.pledge()
        told.append(errand.told())
        yield errand, told


def test_a_node_tells_what_is_there_and_what_is_still_to_come(
    before: tuple[Errand, list[Any]],
) -> None:
    told = before[1][0]
    assert told["profile"] == {"key": "errand", "version": 2, "zh": "零星采购", "en": "Errand"}
    assert [group["key"] for group in told["groups"]] == ["notice", "panel", "work", "closing"]
    (accepted, announced) = told["groups"][0]["nodes"]
    assert accepted["types"] == [
        {
            "key": "tender.project_accepted",
            "code": "T05",
            "zh": "进场受理",
            "en": "Project accepted into the venue",
        }
    ]
    assert accepted["records"][0]["member"] == "centre"
    assert (announced["state"], announced["record_count"]) == ("present", 1)
    assert (told["asked"], told["settled"], told["complete"]) == (False, True, False)
    assert told["words_zh"][0].startswith("尚未办理：")
    assert "works.handed_in" not in told["words_zh"][0]


def test_what_is_missing_is_said_in_words_and_raises_an_alert_that_names_it(
    before: tuple[Errand, list[Any]],
) -> None:
    errand, told = before
    assert told[1]["words_zh"][0] == "缺少节点：专家签到。请补办并提交。"
    (alert, _) = errand.client.get("/v1/alerts", params={"code": "AL01"}).json()["items"]
    assert alert["sentence_zh"].endswith("应有的节点尚缺：专家签到。")
    assert alert["sentence_en"].endswith("expected nodes were missing: Expert signed in.")


def test_for_whom_a_node_lacks_is_told(before: tuple[Errand, list[Any]]) -> None:
    node = before[1][2]["groups"][2]["nodes"][1]
    assert (node["state"], node["wanted_count"], node["found_count"]) == ("missing", 1, 0)
    assert [[each["member"] for each in lack] for lack in node["lacking"]] == [["supervisor"]]
    assert before[1][2]["certificate"] is None


def test_the_certificate_is_named_and_its_receipt_holds_offline(
    before: tuple[Errand, list[Any]],
) -> None:
    errand, told = before
    assert told[3]["complete"] is True
    assert told[3]["certificate"]["type_code"] == "T62"
    with Client([errand.node.url], errand.node.trust) as client:
        receipt = client.witness(client.completeness(SECTION))
        assert receipt is not None and receipt.bundle is None
        verify_receipt(receipt, errand.node.trust)
        record = decode_record(receipt.record)
        # The panel, and the pledge that came when the file set was in.
        assert record.fields["out_of_order_count"] == 2


def test_a_node_that_lists_other_records_under_a_certificate_is_caught(
    before: tuple[Errand, list[Any]],
) -> None:
    errand = before[0]
    with Client([errand.node.url], errand.node.trust) as client:
        told = client.completeness(SECTION)
        told["groups"][0]["nodes"][1]["records"][0]["record_id"] = "00" * 32
        with pytest.raises(ClientError, match="nodes"):
            client.witness(told)
        told["subject"] = "another"
        with pytest.raises(ClientError, match="witness_certificate"):
            client.witness(told)
        told["certificate"] = {}
        with pytest.raises(ClientError):
            client.witness(told)


def test_records_are_counted_in_turns_and_the_answer_is_the_same(
    before: tuple[Errand, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    errand = before[0]
    whole = errand.told()
    nodes = [each for group in whole["groups"] for each in group["nodes"]] + whole["optional"]
    counted = sum(each["record_count"] for each in nodes)
    pauses = paused_at(monkeypatch, completeness, node_count, judging)
    assert errand.told() == whole
    # Once where a record is counted, and once where it is asked whether it came in time.
    assert len(pauses) > 1.5 * counted > 5


def test_every_answer_fits_its_description(before: tuple[Errand, list[Any]]) -> None:
    errand, told = before
    description = errand.client.get("/openapi.json").json()
    shape = description["components"]["schemas"]["CompletenessJson"]
    whole = Draft202012Validator({**shape, "components": description["components"]})
    for each in (*told, errand.told(PROJECT), errand.told("nothing")):
        assert [problem.message for problem in whole.iter_errors(each)] == []


def test_a_project_names_its_sections_and_an_unknown_one_has_none(
    before: tuple[Errand, list[Any]],
) -> None:
    errand = before[0]
    told = errand.told(PROJECT)
    assert (told["profile"], told["sections"]) == (None, [SECTION])
    assert SECTION in told["words_zh"][0]
    assert errand.told("nothing")["sections"] == []


def test_the_command_line_shows_the_table_and_proves_the_certificate(
    before: tuple[Errand, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errand, trust = before[0], tmp_path / "trust.json"
    trust.write_bytes(errand.node.trust.encode())
    where = ["--node", errand.node.url, "--trust", str(trust)]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, ["project", SECTION, *where])
    assert shown.exit_code == 0, shown.output
    for words in ("次序有误", "履约担保", "builder", "AL01", "见证书的回执已在本机核验"):
        assert words in shown.output
    machine = CliRunner().invoke(app, ["project", SECTION, *where, "--json"])
    told = json.loads(machine.output)
    assert told["certificate"]["type"] == "tender.witness_certificate"
    assert [each["alert"] for each in told["alerts"]] == ["AL22", "AL01", "AL01"]


# Last, because it withdraws the certificate.


def test_a_complaint_holds_the_certificate_and_is_not_named_to_the_public(
    before: tuple[Errand, list[Any]],
) -> None:
    errand = before[0]
    errand.say("bidder", "tender.complaint", matter="other", known_at_ms=now_ms())
    told = errand.told()
    assert (told["certificate"], told["settled"], told["open"]) == (None, False, [])
    assert "有尚未办结的事项，见证书暂不签发。" in told["words_zh"]
    assert "投诉" not in json.dumps(told, ensure_ascii=False)
