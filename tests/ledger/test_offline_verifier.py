"""`python -m ledger`: what a notary without our software house does with the files in her hands."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import ledger
from ledger.__main__ import main
from ledger.codes import Code
from ledger.core.batch import BatchProof, document_tree
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, MemberId
from ledger.core.openings import Openings, commit_fields
from ledger.files import digest_document
from ledger.verdict import Caveat
from ledger.words.verdict import phrases
from tests.bits import flipped
from tests.vectors.generate.receipts import World, world
from tests.vectors.small_network import (
    NAMES,
    SmallNetwork,
    document_bytes,
    nonce,
    small_record,
)

ROOT = Path(__file__).parents[2]
ALLOWED = ("ledger", "nacl", "_cffi_backend", "cryptography", "msgpack", "_sodium")


@dataclass(frozen=True)
class Desk:
    """A folder with a trust root, a receipt, an alert's receipt and the document."""

    folder: Path
    told: World

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def put(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return self.path(name)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    told = world()
    desk = Desk(tmp_path, told)
    desk.put("trust.json", told.network.trust.encode())
    desk.put("first.json", told.network.receipt(told.first).encode())
    desk.put("alert.json", told.network.receipt(told.alert).encode())
    desk.put("first.pdf", document_bytes("first"))
    return desk


def ask(desk: Desk, *arguments: str) -> int:
    """The exit status of the verifier, in this process."""
    return main([*arguments, "--trust", desk.path("trust.json"), "--lang", "en"])


def run(arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """The verifier as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ledger", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_receipt_and_its_document_are_verified_step_by_step(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(desk, desk.path("first.json"), "--document", desk.path("first.pdf")) == 0
    told = capsys.readouterr().out
    lines = [line.split()[0] for line in told.splitlines() if " ✓ " in line]
    assert lines == ["1", "2", "3", "4", "5", "6", "7", "8", "10"]
    assert "VERIFIED" in told and "This does not prove:" in told
    assert desk.told.first.record_id.hex() in told


def test_an_alert_is_verified_although_nobody_signed_it(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(desk, desk.path("alert.json")) == 0
    assert "derived record" in capsys.readouterr().out


def test_one_byte_of_the_document_is_refused_at_step_ten(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = desk.put("changed.pdf", flipped(document_bytes("first")))
    assert ask(desk, desk.path("first.json"), "--document", changed) == 1
    told = capsys.readouterr().out
    assert "REFUSED at step 10" in told and Code.RECEIPT_DOCUMENT.value in told


def test_one_byte_of_the_record_is_refused_at_step_three(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = desk.told.network.receipt(desk.told.first)
    changed = desk.put("changed.json", replace(receipt, record=flipped(receipt.record)).encode())
    assert ask(desk, changed) == 1
    assert "REFUSED at step 3" in capsys.readouterr().out


def test_one_byte_of_the_signature_is_refused_at_step_four(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = desk.told.network.receipt(desk.told.first)
    assert receipt.bundle is not None
    bundle = replace(receipt.bundle, signature=flipped(receipt.bundle.signature))
    changed = desk.put("changed.json", replace(receipt, bundle=bundle).encode())
    assert ask(desk, changed) == 1
    assert "REFUSED at step 4" in capsys.readouterr().out


def test_several_files_are_judged_each_and_counted(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = desk.told.network.receipt(desk.told.second)
    changed = desk.put("changed.json", replace(receipt, record=flipped(receipt.record)).encode())
    assert ask(desk, desk.path("first.json"), changed, desk.path("alert.json")) == 1
    assert "3 files: 2 verified, 1 refused." in capsys.readouterr().out


def test_of_several_files_a_document_is_asked_of_the_one_that_names_it(desk: Desk) -> None:
    both = (desk.path("first.json"), desk.path("alert.json"))
    assert ask(desk, *both, "--document", desk.path("first.pdf")) == 0
    stray = desk.put("stray.pdf", b"stray")
    assert ask(desk, *both, "--document", stray) == 1


def test_openings_take_the_receipt_that_lies_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields: dict[str, Value] = {"price_fen": 98_765_432_100, "bank": "兰州银行"}
    salts = {name: nonce(name) for name in fields}
    private, openings = commit_fields(MemberId("centre"), fields, salts)
    network, record = SmallNetwork(), small_record("private", private=private)
    network.commit([network.bundle([record])])
    desk = Desk(tmp_path, world())
    desk.put("trust.json", network.trust.encode())
    receipt = network.receipt(record)
    alone = desk.put("alone.json", Openings(record.record_id, openings).encode())
    whole = desk.put("whole.json", Openings(record.record_id, openings, receipt).encode())
    beside = desk.put("receipt.json", receipt.encode())
    lied = replace(openings[1], value=1)
    false = desk.put("false.json", Openings(record.record_id, (lied,), receipt).encode())
    assert ask(desk, whole) == 0
    assert "price_fen = 98765432100" in capsys.readouterr().out
    assert ask(desk, alone, beside) == 0
    assert ask(desk, alone) == 1
    assert Code.OPENING_RECEIPT.value in capsys.readouterr().out
    assert ask(desk, false) == 1
    assert Code.OPENING_INVALID.value in capsys.readouterr().out


def test_a_batch_proof_is_verified_with_its_document(tmp_path: Path) -> None:
    data = [f"seal use {place}".encode() for place in range(5)]
    documents = [(sha256(each), len(each)) for each in data]
    tree = document_tree(documents)
    record = small_record(
        "batch", type="ledger.batch_anchored", fields={"root": tree.root, "count": 5}
    )
    network = SmallNetwork()
    network.commit([network.bundle([record])])
    desk = Desk(tmp_path, world())
    desk.put("trust.json", network.trust.encode())
    proof = BatchProof(*documents[3], 3, 5, tree.path(3), network.receipt(record))
    file, held = desk.put("proof.json", proof.encode()), desk.put("use.txt", data[3])
    other = desk.put("other.txt", data[2])
    assert ask(desk, file) == 0
    assert ask(desk, file, "--document", held) == 0
    assert ask(desk, file, "--document", other) == 1


def test_json_says_the_same_to_machines(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = desk.told.network.receipt(desk.told.second)
    changed = desk.put("changed.json", replace(receipt, entry=receipt.entry[:-1]).encode())
    assert ask(desk, desk.path("first.json"), changed, "--json") == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    good, bad = told["results"]
    assert (told["verified"], good["verified"], bad["verified"]) == (False, True, False)
    assert good["record"]["record_id"] == desk.told.first.record_id.hex()
    assert len(good["record"]["quorum"]) == len(NAMES)
    assert (bad["problem"]["step"], bad["problem"]["code"]) == (1, "format.truncated")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.json", b"", "format.json"),
        ("picture.png", b"\x89PNG\r\n", "format.json"),
        ("other.json", b'{"format": "else"}', "format.shape"),
        ("list.json", b"[]", "format.shape"),
    ],
)
def test_a_file_that_is_no_evidence_is_named(
    desk: Desk, capsys: pytest.CaptureFixture[str], name: str, data: bytes, code: str
) -> None:
    assert ask(desk, desk.put(name, data)) == 2
    told = capsys.readouterr().err
    assert name in told and code in told


def test_a_missing_file_is_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(desk, desk.path("nowhere.json")) == 2
    assert ask(desk, desk.path("first.json"), "--document", desk.path("nowhere.pdf")) == 2
    assert ask(desk, desk.path("nowhere.json"), "--json") == 2
    assert "nowhere.pdf" in capsys.readouterr().err


def test_a_receipt_cannot_write_on_the_readers_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, record = SmallNetwork(), small_record("x", subject="\x1b[2J\u202e验证")
    network.commit([network.bundle([record])])
    desk = Desk(tmp_path, world())
    desk.put("trust.json", network.trust.encode())
    assert ask(desk, desk.put("first.json", network.receipt(record).encode())) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told and "\u202e" not in told


def test_the_words_beside_the_genesis_never_override_it(desk: Desk) -> None:
    trust = json.loads((desk.folder / "trust.json").read_text(encoding="utf-8"))
    trust["words"] = {"network_id": "00" * 32, "quorum_count": 1}
    desk.put("trust.json", json.dumps(trust).encode())
    assert ask(desk, desk.path("first.json")) == 0
    other = json.loads(SmallNetwork(("centre", "notary")).trust.encode())
    desk.put("trust.json", json.dumps(other | {"words": trust["words"]}).encode())
    assert ask(desk, desk.path("first.json")) == 1


def test_a_document_is_hashed_as_a_stream_with_both_algorithms(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    digest = digest_document(tmp_path / "abc")
    assert digest.sha256 == Digest(sha256(b"abc"))
    # GB/T 32905-2016, example 1.
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest.sm3 is not None and digest.sm3.hex() == expected


def test_it_speaks_chinese_unless_the_locale_is_english(desk: Desk) -> None:
    arguments = (desk.path("first.json"), "--trust", desk.path("trust.json"))
    assert "核验通过" in run(arguments).stdout
    assert "核验通过" in run(arguments, LANG="zh_CN.UTF-8").stdout
    assert "VERIFIED" in run(arguments, LANG="en_US.UTF-8").stdout


def test_a_terminal_without_chinese_and_a_reader_that_leaves_cause_no_trace(desk: Desk) -> None:
    arguments = (desk.path("first.json"), "--trust", desk.path("trust.json"))
    narrow = run(arguments, PYTHONIOENCODING="ascii")
    assert narrow.returncode == 0 and not narrow.stderr
    command = f"{sys.executable} -m ledger {' '.join(arguments)} | true"
    left = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not left.stderr


def test_wrong_usage_is_status_two(desk: Desk) -> None:
    asked = run([desk.path("first.json")], LANG="en_US.UTF-8")
    assert asked.returncode == 2 and "--trust" in asked.stderr


LIGHT = """
import sys
from importlib.abc import MetaPathFinder

class Gate(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in {allowed!r}:
            raise ImportError(f"the verifier must not need {{name}}")
        return None

sys.meta_path.insert(0, Gate())
import socket
def closed(*args, **kwargs):
    raise OSError("the verifier must not open a connection")
socket.socket = socket.create_connection = closed
from ledger.__main__ import main
status = main(sys.argv[1:])
import ledger
for name in ledger.__all__:
    getattr(ledger, name)
sys.exit(status)
"""


def test_a_receipt_verifies_with_three_packages_and_no_network(desk: Desk) -> None:
    script = LIGHT.format(allowed=ALLOWED)
    files = [desk.path("first.json"), desk.path("alert.json")]
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            *files,
            "--trust",
            desk.path("trust.json"),
            "--document",
            desk.path("first.pdf"),
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert "共 2 个文件，通过 2 个" in asked.stdout


def test_the_gate_of_that_test_is_shut() -> None:
    script = LIGHT.format(allowed=("ledger",))
    asked = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "the verifier must not need" in asked.stderr


def test_both_languages_have_the_same_phrases() -> None:
    zh, en = phrases("zh"), phrases("en")
    assert zh.keys() == en.keys()
    assert {f"caveat.{caveat}" for caveat in Caveat} == {
        key for key in zh if key.startswith("caveat.")
    }
    assert all(f"step.{number}.name" in zh for number in range(1, 11))


def test_the_public_face_is_small_and_complete() -> None:
    assert len(ledger.__all__) <= 16
    assert sorted(ledger.__all__) == ledger.__all__
    assert all(hasattr(ledger, name) for name in ledger.__all__)
