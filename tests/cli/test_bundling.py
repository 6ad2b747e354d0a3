"""`bidwitness bundle`: an evidence package from a real node, with originals and openings."""

import zipfile
from pathlib import Path

import pytest

from tests.cli.one_node import OneNode

pytestmark = pytest.mark.network
RECORD = """
[[records]]
type = "evidence.deposited"
subject = "case-7"
documents = ["{paper}"]

[records.private]
holder = "张三"
note = "第一次"
"""


def test_a_package_with_originals_openings_and_certificates_is_verified_by_the_light_verifier(
    one_node: OneNode, tmp_path: Path
) -> None:
    paper = tmp_path / "合同.pdf"
    paper.write_bytes(b"%PDF contract")
    record = tmp_path / "case.toml"
    record.write_text(RECORD.format(paper=paper), encoding="utf-8")
    assert one_node.run("submit", record).code == 0
    (openings,) = tmp_path.glob("*.openings.json")
    out = tmp_path / "court.zip"
    words = ("--out", out, "--with", paper, "--with", openings, "--certificates", "--json")
    made = one_node.run("bundle", "case-7", *words)
    assert made.code == 0, made.err + made.out
    assert (made.json["records"], made.json["originals"]) == (1, 1)
    names = zipfile.ZipFile(out).namelist()
    folders = {each.partition("/")[0] for each in names}
    assert {"originals", "openings", "certificates", "receipts", "proofs", "heads"} <= folders
    verified = one_node.run("verify", out)
    assert verified.code == 0, verified.out
    assert "holder = 张三" in verified.out and "✓" in verified.out
    again = one_node.run("bundle", "case-7", "--out", out)
    assert again.code != 0 and "file.exists" in again.err, "nothing is overwritten"
    other = tmp_path / "other.pdf"
    other.write_bytes(b"%PDF other")
    refused = one_node.run("bundle", "case-7", "--out", tmp_path / "y.zip", "--with", other)
    assert refused.code == 1 and "court_bundle.original" in refused.err
    assert not (tmp_path / "y.zip").exists() and not (tmp_path / "y.zip.part").exists()
    nothing = one_node.run("bundle", "no such subject", language="zh_CN.UTF-8")
    assert nothing.code != 0 and "court_bundle.nothing" in nothing.err


def test_a_code_is_made_shown_used_and_revoked(one_node: OneNode, tmp_path: Path) -> None:
    record = tmp_path / "case.toml"
    paper = tmp_path / "委托书.pdf"
    paper.write_bytes(b"%PDF mandate")
    record.write_text(RECORD.format(paper=paper), encoding="utf-8")
    assert one_node.run("submit", record).code == 0
    made = one_node.run("court-code", "make", "case-7", "--json")
    assert made.code == 0, made.err + made.out
    code, name = made.json["code"], made.json["code_hash"]
    listed = one_node.run("court-code", "list", language="zh_CN.UTF-8")
    assert name in listed.out and "有效至" in listed.out and code not in listed.out
    assert "Nobody has used it yet" in one_node.run("court-code", "show", code).out
    assert one_node.run("court-code", "revoke", name).code == 0
    assert "revoked" in one_node.run("court-code", "show", name).out
    slip = one_node.run("court-code", "revoke", f"{code[:-1]}U")
    assert slip.code != 0 and "court_code.typed" in slip.err
