"""Putting things on the ledger from the command line, on a real node."""

import json
from pathlib import Path

import pytest

from ledger.core.receipt import decode_receipt
from tests.cli.one_node import OneNode

pytestmark = pytest.mark.network


def test_a_folder_is_anchored_and_each_file_proves_itself(
    one_node: OneNode, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    files = [tmp_path / "合同.txt", tmp_path / "sub" / "empty.bin"]
    files[0].write_text("合同正文", encoding="utf-8")
    files[1].write_bytes(b"")
    done = one_node.run("anchor", tmp_path, "--subject", "P-1", "--json")
    assert done.code == 0, done.err
    kept = {each["receipt"] for each in done.json["records"]}
    assert kept == {f"{file}.receipt.json" for file in files}
    verified = one_node.run("verify", *files, "--json")
    assert verified.code == 0, verified.out
    assert verified.json["verified"] is True

    # What lies beside a folder under its name is not taken for its receipt.
    (tmp_path / "sub.receipt.json").write_bytes(b"")
    folder = one_node.run("verify", tmp_path / "sub", "--json")
    assert folder.code == 0, folder.out
    (alone,) = folder.json["results"]
    assert alone["file"] == f"{files[1]}.receipt.json"

    files[0].write_text("合同正本", encoding="utf-8")
    refused = one_node.run("verify", files[0], "--json")
    assert refused.code == 1
    assert refused.json["results"][0]["problem"]["step"] == 10


def test_anchoring_again_leaves_receipts_out(one_node: OneNode, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    assert len(one_node.run("anchor", tmp_path, "--json").json["records"]) == 1
    again = one_node.run("anchor", tmp_path, "--again", "--json")
    assert len(again.json["records"]) == 1


def test_a_batch_is_one_record_and_each_file_has_its_proof(
    one_node: OneNode, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(5)]
    for file in files:
        file.write_text(f"document {file.name}")
    done = one_node.run("anchor", "--batch", "--subject", "P-2", "--json", *files)
    assert done.code == 0, done.err
    assert len(done.json["proofs"]) == 5
    assert one_node.run("verify", *files).code == 0
    files[3].write_text("another document")
    refused = one_node.run("verify", files[3], "--json")
    assert refused.code == 1
    assert refused.json["results"][0]["verified"] is False


def test_a_written_down_record_keeps_its_secrets_with_its_author(
    one_node: OneNode, tmp_path: Path
) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    written = tmp_path / "deposit.toml"
    written.write_text(
        """
type = "evidence.deposited"
subject = "P-3"
occurred_at = 2026-11-24T08:00:00+08:00
documents = ["scan.pdf"]
fields.description = "扫描件"
private.holder = "保管室三号柜"
""",
        encoding="utf-8",
    )
    done = one_node.run("submit", written, "--json")
    assert done.code == 0, done.err
    openings = tmp_path / "deposit-1.openings.json"
    receipt = tmp_path / "deposit-1.receipt.json"
    assert openings.stat().st_mode & 0o777 == 0o600
    assert "保管室" not in receipt.read_text(encoding="utf-8")
    shown = one_node.run("verify", receipt, openings, "--document", tmp_path / "scan.pdf", "--json")
    assert shown.code == 0, shown.out
    assert shown.json["results"][1]["disclosed"] == {"holder": "保管室三号柜"}


def test_one_private_field_is_disclosed_and_the_others_stay_with_their_author(
    one_node: OneNode, tmp_path: Path
) -> None:
    written = tmp_path / "deposit.json"
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    private = {"holder": "保管室三号柜", "note": "only for the author"}
    row = {"type": "evidence.deposited", "subject": "P-5", "documents": ["scan.pdf"]}
    written.write_text(json.dumps({**row, "private": private}))
    submitted = one_node.run("submit", written)
    assert submitted.code == 0
    whole, receipt = tmp_path / "deposit-1.openings.json", tmp_path / "deposit-1.receipt.json"
    record_id = decode_receipt(receipt.read_bytes()).record_id.hex()
    assert record_id in submitted.out.splitlines(), "whole, on its own line: other records cite it"
    out = tmp_path / "for-the-supervisor.openings.json"
    choice = ("disclose", whole, "--field", "holder", "--out", out, "--json")
    done = one_node.run(*choice)
    assert done.code == 0, done.err
    assert done.json["fields"] == ["holder"]
    held = json.loads(whole.read_bytes())["openings"]
    left_out = next(each for each in held if each["name"] == "note")
    assert left_out["salt"] not in out.read_text() and left_out["value"] not in out.read_text()
    shown = one_node.run("verify", receipt, out, "--json")
    assert shown.json["results"][1]["disclosed"] == {"holder": "保管室三号柜"}
    assert one_node.run(*choice).json["error"]["code"] == "file.exists"
    other = ("disclose", out, "--field", "note", "--out", tmp_path / "no.json", "--json")
    assert one_node.run(*other).json["error"]["code"] == "opening.absent"
    assert not (tmp_path / "no.json").exists()


def test_a_refused_record_says_why_and_leaves_no_receipt(one_node: OneNode, tmp_path: Path) -> None:
    written = tmp_path / "wrong.json"
    written.write_text(json.dumps({"type": "no.such_type", "subject": "P-4"}))
    zh = one_node.run("submit", written, language="zh_CN.UTF-8")
    assert zh.code == 1
    assert "no.such_type" in zh.err
    assert "(record.type)" in zh.err
    assert "Traceback" not in zh.err
    machine = one_node.run("submit", written, "--json")
    assert machine.json["error"]["code"] == "record.type"
    assert list(tmp_path.glob("*.receipt.json")) == []


def test_a_member_without_the_role_imports_nothing(one_node: OneNode, tmp_path: Path) -> None:
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"version": "1.1", "releases": [release(1), release(2)]}))
    done = one_node.run("import-ocds", package, "--json", who="notary")
    assert done.code == 1
    assert done.json["error"]["code"] == "record.issuer_role"


def test_malformed_releases_are_named_and_the_rest_is_anchored_once(
    one_node: OneNode, tmp_path: Path
) -> None:
    releases = [release(1), release(2) | {"date": "soon"}, release(3), 7, release(1)]
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"version": "1.1", "releases": releases}))
    first = one_node.run("import-ocds", package, "--receipts", tmp_path / "receipts")
    assert first.code == 1, "two releases were refused"
    assert "Release 2 (ocds-t-2)" in first.err
    assert "Release 4 (?)" in first.err
    kept = sorted((tmp_path / "receipts").iterdir())
    assert len(kept) == 2, "a release that occurs twice is anchored once"
    assert one_node.run("verify", *kept).code == 0
    kept[0].unlink()
    again = one_node.run("import-ocds", package, "--receipts", tmp_path / "receipts", "--json")
    assert sorted((tmp_path / "receipts").iterdir()) == kept, "what was lost is fetched again"
    assert again.json["anchored"] == 0
    assert again.json["known"] == 3
    assert [each["position"] for each in again.json["refused"]] == [2, 4]


def test_a_release_that_the_rules_refuse_does_not_hold_up_the_others(
    one_node: OneNode, tmp_path: Path
) -> None:
    long_id = release(8) | {"id": "x" * 300}
    package = tmp_path / "package.json"
    package.write_text(
        json.dumps({"version": "1.1", "releases": [release(7), long_id, release(9)]})
    )
    done = one_node.run("import-ocds", package, "--json")
    assert done.code == 1
    assert done.json["anchored"] == 2
    assert [each["position"] for each in done.json["refused"]] == [2]


def test_a_real_package_is_anchored_once_with_its_parts(
    one_node: OneNode, tmp_path: Path, real_data: Path
) -> None:
    whole = json.loads((real_data / "ocds" / "colombia-2021-03-03.json").read_text())
    package = tmp_path / "package.json"
    package.write_text(json.dumps(whole | {"releases": whole["releases"][:20]}))
    dry = one_node.run("import-ocds", package, "--dry-run", "--json")
    assert (dry.code, dry.json["dry_run"], dry.json["anchored"]) == (0, True, 20)
    first = one_node.run("import-ocds", package, "--receipts", tmp_path / "receipts", "--json")
    assert (first.code, first.json["anchored"], first.json["known"]) == (0, 20, 0)
    assert first.json["records"] == dry.json["records"], "what was said would be done was done"
    assert first.json["types"]["ocds.contract_stated"] == 20
    kept = sorted((tmp_path / "receipts").iterdir())
    assert len(kept) == len(first.json["records"]) == 20 + first.json["parts"]["anchored"]
    assert one_node.run("verify", *kept[:9]).code == 0
    second = one_node.run("import-ocds", package)
    assert second.code == 0
    assert "There was nothing new to anchor." in second.out
    assert "it may be about a person" in second.out


def release(number: int) -> dict[str, object]:
    return {
        "ocid": f"ocds-t-{number}",
        "id": f"{number}",
        "date": "2026-01-02T00:00:00Z",
        "tag": ["tender"],
        "tender": {"value": {"amount": 10.25 * number}},
    }
