"""The second implementation in Node: every vector, its table of characters, documents, command."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from ledger.core.unicode_text import check_text
from ledger.errors import FormatError
from tests.javascript.asking import NODE, ROOT, differences, expected, node, vector_files
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
