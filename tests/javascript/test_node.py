"""The second implementation in Node: every vector, its table of characters, documents, command."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from ledger.core.unicode_text import check_text
from ledger.errors import FormatError
from tests.javascript.asking import NODE, ROOT, differences, expected, node, vector_files
from tests.vectors.generate.outside import COURT, INSPECTION, demanding
from tests.vectors.generate.verifying import Province
from tests.vectors.reading import cases

REFUSING_MIN = 60
VERIFIER = ROOT / "api" / "static" / "verify" / "verify.js"


def test_every_vector_is_judged_as_by_the_other_implementation() -> None:
    assert differences(node("vectors", files=vector_files())) == []


def test_there_are_vectors_for_many_ways_to_be_wrong() -> None:
    refusing = [
        (name, case["name"])
        for name, told in vector_files().items()
        for case in told
        if not expected(name, case)["holds"]
    ]
    assert len(refusing) >= REFUSING_MIN


def test_the_same_characters_are_assigned() -> None:
    runs = node("assigned")
    assigned = {point for first, last in runs for point in range(first, last + 1)}
    planes = [*range(0x40000), *range(0xE0000, 0x110000)]
    assert assigned <= set(planes)
    for point in planes:
        try:
            check_text(chr(point))
        except FormatError as refusal:
            allowed = refusal.code == "format.not_nfc"
        else:
            allowed = True
        assert allowed == (point in assigned), hex(point)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, (3 << 20) + 17])
@pytest.mark.parametrize("web_crypto", [True, False], ids=["with WebCrypto", "without"])
def test_a_document_has_its_digests(size: int, web_crypto: Any, tmp_path: Path) -> None:
    data = bytes(place % 251 for place in range(size))
    path = tmp_path / "document"
    path.write_bytes(data)
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    said = [hashlib.sha256(data).hexdigest(), sm3.finalize().hex(), size]
    assert node("digests", path=str(path), webCrypto=web_crypto) == said


def run(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run(
        [NODE, str(VERIFIER), *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A receipt that holds, and its trust root."""
    if NODE is None:
        pytest.skip("node is not installed: apt install nodejs")
    case = cases("receipt/accepted")[0].values[0]
    trusts = {each.values[0]["name"]: each.values[0]["trust"] for each in cases("receipt/trusts")}
    receipt, trust = tmp_path / "receipt.json", tmp_path / "trust.json"
    receipt.write_text(json.dumps(case["receipt"]))
    trust.write_text(json.dumps(trusts[case["trust"]]))
    return receipt, trust


def test_the_command_proves_a_receipt(files: tuple[Path, Path]) -> None:
    receipt, trust = files
    done = run(receipt, "--trust", trust)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✓") == 8
    told = json.loads(run(receipt, "--trust", trust, "--json").stdout)
    assert told["holds"] and told["recordId"] in done.stdout


def test_the_command_names_the_check_that_fails(files: tuple[Path, Path]) -> None:
    receipt, trust = files
    done = run(receipt, "--trust", trust, "--document", trust)
    assert done.returncode == 1
    assert "10 ✗ 文件 document: receipt.document" in done.stdout
    assert run(receipt).returncode == 2
    assert run("nowhere", "--trust", trust).returncode == 2


def test_the_command_takes_a_folder_of_trust_roots_a_policy_and_what_is_cited(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    del files
    here = Province()
    (tmp_path / "roots/far").mkdir(parents=True)
    (tmp_path / "roots/near.json").write_bytes(here.near.trust.encode())
    (tmp_path / "roots/far/trust.json").write_bytes(here.far.trust.encode())
    (tmp_path / "roots/notes.json").write_text("{")
    citing, cited = tmp_path / "citing.json", tmp_path / "cited.json"
    seen, policy = tmp_path / "seen.json", tmp_path / "court.policy"
    citing.write_bytes(here.near.receipt(here.citing).encode())
    cited.write_bytes(here.far.receipt(here.cited).encode())
    seen.write_bytes(here.witnessed.encode())
    policy.write_bytes(demanding(here.near, 1, COURT).format())
    trust = ("--trust", tmp_path / "roots")
    done = run(citing, cited, *trust)
    assert done.returncode == 0, done.stderr
    assert f"引用 follows {here.cited.record_id.hex()}: followed" in done.stdout
    assert "untrusted" in done.stdout and "absent" in done.stdout
    done = run(seen, *trust, "--policy", policy)
    assert done.returncode == 0, done.stderr
    assert "witnessed by court.example/witness" in done.stdout
    done = run(citing, *trust, "--policy", policy)
    assert done.returncode == 1 and "receipt" not in done.stderr
    assert "policy.quorum" in done.stdout


def test_the_command_does_not_halve_two_policies_in_silence(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    del files
    here = Province()
    seen, trust = tmp_path / "seen.json", tmp_path / "near.json"
    seen.write_bytes(here.witnessed.encode())
    trust.write_bytes(here.near.trust.encode())
    for name, witness in (("court", COURT), ("notary", INSPECTION)):
        (tmp_path / f"{name}.policy").write_bytes(demanding(here.near, 1, witness).format())
    given = ("--policy", tmp_path / "court.policy", "--policy", tmp_path / "notary.policy")
    assert run(seen, "--trust", trust, *given[:2]).returncode == 0
    done = run(seen, "--trust", trust, *given)
    assert (done.returncode, done.stderr) == (2, "policy.twice\n")


def test_the_command_refuses_what_is_no_evidence_before_it_judges(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    receipt, trust = files
    other = tmp_path / "other.json"
    other.write_text('{"format": "else"}')
    done = run(receipt, other, "--trust", trust)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "format.shape\n")
    assert run(receipt, "--trust", other).returncode == 2


def test_a_trust_folder_may_hold_other_files_and_links(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    receipt, trust = files
    roots = tmp_path / "roots"
    roots.mkdir()
    for name, text in (("null.json", "null"), ("list.json", "[]"), ("text.json", '"x"')):
        (roots / name).write_text(text)
    (roots / "linked.json").symlink_to(trust)
    done = run(receipt, "--trust", roots)
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(120)
def test_a_trust_folder_that_others_fill_holds_nobody_up(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    receipt, trust = files
    roots = tmp_path / "roots"
    roots.mkdir()
    (roots / "near.json").write_bytes(trust.read_bytes())
    os.mkfifo(roots / "pipe.json")
    with (roots / "large.json").open("wb") as large:
        large.truncate(1 << 40)
    assert run(receipt, "--trust", roots).returncode == 0
    assert run(receipt, "--trust", roots / "large.json").stderr == "format.too_large\n"
    for number in range(4_096):
        (roots / f"{number}.json").write_text("{}")
    done = run(receipt, "--trust", roots)
    assert (done.returncode, done.stderr) == (2, "trust.too_many\n")


def test_a_name_cannot_write_on_the_readers_terminal(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    receipt, trust = files
    hostile = tmp_path / "1\x1b]0;owned\x07\x9b31m\u202e.json"
    hostile.write_bytes(receipt.read_bytes())
    for done in (
        run(hostile, receipt, "--trust", trust),
        run(hostile.with_suffix(".gone"), "--trust", trust),
        run(receipt, "--trust", hostile.with_suffix(".gone")),
    ):
        assert "31m" in done.stdout + done.stderr
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.stdout + done.stderr)


def test_a_reader_that_leaves_causes_no_trace(files: tuple[Path, Path]) -> None:
    receipt, trust = files
    line = f"{NODE} {VERIFIER} {receipt} {receipt} --trust {trust} | true"
    left = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert left.stderr == ""
