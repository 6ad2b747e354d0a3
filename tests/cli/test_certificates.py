"""Certificates from the command line: printed, shown, verified, and where evidence came from."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.one_node import OneNode

pytestmark = pytest.mark.network


def anchored(one_node: OneNode, folder: Path, *words: str) -> Any:
    file = folder / "开标记录表.txt"
    file.write_text("开标记录", encoding="utf-8")
    done = one_node.run("anchor", file, "--json", *words)
    assert done.code == 0, done.err
    return json.loads(done.out)["records"][0]


def test_a_certificate_is_printed_found_by_its_number_and_verified(
    one_node: OneNode, tmp_path: Path
) -> None:
    record = anchored(one_node, tmp_path)["record"]
    paper = tmp_path / "certificate.pdf"
    made = one_node.run("certificate", "print", record, "--out", paper, "--json")
    assert made.code == 0, made.err
    number = made.json["number"]
    shown = one_node.run("certificate", "show", number.lower(), "--json")
    assert (shown.json["record"], shown.json["stands"]) == (record, "valid")
    again = one_node.run("certificate", "print", number, "--out", tmp_path / "again.pdf")
    assert again.code == 0, again.err

    # Whoever is handed the file asks for its status now; that is the node's word, and not proved.
    now = one_node.run("certificate", "show", paper, language="zh_CN.UTF-8")
    assert now.code == 0 and "有效" in now.out and number in now.out

    document = tmp_path / "开标记录表.txt"
    verified = one_node.run("verify", paper, "--document", document, "--json")
    assert verified.code == 0, verified.out
    (result,) = verified.json["results"]
    assert result["record"]["record_id"] == record
    assert result["steps"][-1] == {"number": 14, "applies": True, "facts": {"number": number}}
    assert result["record"]["not_proved"][:2] == ["pages", "unsigned"]

    told = one_node.run("verify", paper, language="zh_CN.UTF-8").out
    assert number in told and "它没有电子签名" in told

    plain = tmp_path / "plain.pdf"
    plain.write_bytes(b"%PDF-1.4\n%%EOF\n")
    assert one_node.run("certificate", "show", plain, language="zh_CN.UTF-8").code == 1

    paper.write_bytes(paper.read_bytes() + b"%%EOF\n")
    changed = one_node.run("verify", paper, language="zh_CN.UTF-8")
    assert changed.code == 2 and "签发之后被追加过内容" in changed.err


def test_a_verified_certificate_says_how_its_record_stands_now(
    one_node: OneNode, tmp_path: Path
) -> None:
    record = anchored(one_node, tmp_path, "--subject", "档案 7")["record"]
    paper, url = tmp_path / "certificate.pdf", one_node.node.api
    assert one_node.run("certificate", "print", record, "--out", paper).code == 0
    now = one_node.run("verify", paper, "--url", url, language="zh_CN.UTF-8")
    assert now.code == 0 and "现状：有效（1 个节点如此回答；须 1 个）" in now.out

    unreachable = one_node.run("verify", paper, "--url", "http://127.0.0.1:9", "--json")
    assert unreachable.code == 0, "the offline verdict stands"
    told = unreachable.json["results"][0]["now"]
    assert (told["stands"], told["in_effect"]) == ("unknown", None)
    assert told["said"][0]["problem"] == "node.unreachable"

    (tmp_path / "second.txt").write_text("更正")
    row = {"type": "evidence.deposited", "subject": "档案 7", "documents": ["second.txt"]}
    written = tmp_path / "amendment.json"
    written.write_text(json.dumps(row | {"refs": [["amends", record]]}))
    amended = one_node.run("submit", written)
    assert amended.code == 0, amended.out + amended.err
    now = one_node.run("verify", paper, "--url", url, "--json")
    assert (now.code, now.json["verified"]) == (6, True)
    assert now.json["results"][0]["now"]["stands"] == "amended"

    paper.write_bytes(paper.read_bytes() + b"%%EOF\n")
    assert one_node.run("verify", paper, "--url", url).code == 2, "nobody is asked about a forgery"


def test_a_mistyped_number_is_named(one_node: OneNode) -> None:
    wrong = one_node.run("certificate", "show", "ONE-0000-0000-0", language="zh_CN.UTF-8")
    assert wrong.code == 1 and "最后一位是校验位" in wrong.err


def test_what_is_anchored_says_where_it_came_from(one_node: OneNode, tmp_path: Path) -> None:
    words = ["--source-system", "电子交易系统", "--custody", "系统导出", "--custody", "归档"]
    kept = anchored(one_node, tmp_path, *words)
    shown = one_node.run("verify", kept["receipt"], "--json").json["results"][0]["record"]
    fields = shown["fields"]
    assert fields["source_system"] == "电子交易系统"
    assert fields["custody"] == ["系统导出", "归档"]
    assert (fields["method"], fields["tool"]) == ("file_digest", "bidwitness")
    assert fields["captured_ms"] == shown["occurred_at_ms"]
    assert "collector" not in fields


def test_records_from_a_file_say_it_too_unless_their_author_did(
    one_node: OneNode, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    plain = {"type": "evidence.deposited", "subject": "P-9", "documents": ["a.txt"]}
    own = {**plain, "fields": {"tool": "扫描仪", "method": "扫描"}}
    (tmp_path / "records.json").write_text(json.dumps([plain, own]), encoding="utf-8")
    done = one_node.run("submit", tmp_path / "records.json", "--json")
    assert done.code == 0, done.err
    said = [
        one_node.run("verify", each["receipt"], "--json").json["results"][0]["record"]["fields"]
        for each in done.json["records"]
    ]
    assert said[0]["tool"] == "bidwitness" and said[0]["tool_version"]
    assert (said[1]["tool"], said[1]["method"]) == ("扫描仪", "扫描")
    assert "tool_version" not in said[1]
