"""Several files, several ledgers: what a court does that has to do with more than one centre."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger import evidence, presented
from ledger.__main__ import main
from ledger.codes import Code
from ledger.core import receipt as receipts
from ledger.core.identifiers import RecordId
from ledger.core.openings import Openings
from ledger.core.record import record_id
from ledger.core.sealed_file import SealedFile
from ledger.errors import FormatError
from ledger.trust import decode_trust
from tests.bits import flipped
from tests.vectors.generate.bid_proofs import World as BidWorld
from tests.vectors.generate.outside import COURT, INSPECTION, demanding
from tests.vectors.generate.verifying import Province
from tests.vectors.reading import cases
from tests.vectors.small_network import document_bytes


@pytest.mark.parametrize("case", cases("verifying/folders"))
def test_files_are_judged_each_under_its_own_network(
    case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(case, tmp_path, capsys)
    assert told["verified"] == all(each["step"] is None for each in case["outcomes"])
    for result, expected in zip(told["results"], case["outcomes"], strict=True):
        problem = result["problem"] or {"step": None, "code": None}
        assert (problem["step"], problem["code"]) == (expected["step"], expected["code"])
        assert [each["standing"] for each in result["citations"]] == expected["citations"]
        proved = result["record"]
        assert len(proved["witnesses"] if proved else []) == expected["witnesses"]
        if proved and expected["citations"]:
            unproved = set(expected["citations"]) != {"followed"}
            assert ("cited" in proved["not_proved"]) == unproved


@pytest.mark.parametrize("case", cases("verifying/refused_files"))
def test_a_file_that_is_none_of_these_is_refused_before_any_check(case: Any) -> None:
    with pytest.raises(FormatError) as refusal:
        presented.decode_presented(case["text"].encode())
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("genesis/trust_files"))
def test_a_trust_root_is_spelled_so_or_is_none(case: Any) -> None:
    if case["code"] is None:
        assert decode_trust(case["text"].encode()).committee.n == 4
        return
    with pytest.raises(FormatError) as refusal:
        decode_trust(case["text"].encode())
    assert refusal.value.code == case["code"]


def run(case: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the verifier says of a case, as a program that reads files."""
    arguments = [str(put(folder / f"{at}.file", each)) for at, each in enumerate(case["files"])]
    for at, trust in enumerate(case["trusts"]):
        (folder / str(at)).mkdir()
        put(folder / str(at) / "trust.json", json.dumps(trust))
    one = len(case["trusts"]) == 1
    arguments += ["--trust", str(folder / "0" / "trust.json" if one else folder), "--json"]
    for at, policy in enumerate(case["policies"]):
        arguments += ["--policy", str(put(folder / f"{at}.policy", policy))]
    main(arguments)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def put(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def court(tmp_path: Path) -> Path:
    """A folder with two centres' trust roots, and one with the evidence of a case."""
    here = Province()
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust/lanzhou.json").write_bytes(here.near.trust.encode())
    (tmp_path / "trust/tianshui.json").write_bytes(here.far.trust.encode())
    (tmp_path / "trust/notes.json").write_text('{"format": "else"}')
    (tmp_path / "trust/broken.json").write_text("{")
    (tmp_path / "case").mkdir()
    (tmp_path / "case/1.receipt.json").write_bytes(here.near.receipt(here.citing).encode())
    (tmp_path / "case/2.receipt.json").write_bytes(here.far.receipt(here.cited).encode())
    (tmp_path / "case/citing.pdf").write_bytes(document_bytes("citing"))
    return tmp_path


def ask(court: Path, *arguments: str, lang: str = "en") -> int:
    return main([*arguments, "--trust", str(court / "trust"), "--lang", lang])


def test_a_folder_of_evidence_is_verified_with_what_it_cites(
    court: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ("--document", str(court / "case/citing.pdf"))
    assert ask(court, str(court / "case"), *document) == 0
    told = capsys.readouterr().out
    assert told.count("Trust root:") == 2 + 2, "all that are held, and the one used for each file"
    assert "✓ follows record" in told and "proved by" in told and "2.receipt.json" in told
    assert "no trust root of that network is at hand" in told
    assert "some of the records that it cites on other ledgers" in told
    assert ask(court, str(court / "case"), lang="zh") == 0
    assert "✓ 承接" in capsys.readouterr().out


def test_a_false_receipt_of_the_cited_record_takes_nothing_from_the_record_that_cites(
    court: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Province()
    false = replace(here.far.receipt(here.cited), checkpoint=here.far.note(("centre",)))
    (court / "case/2.receipt.json").write_bytes(false.encode())
    assert ask(court, str(court / "case")) == 1
    told = capsys.readouterr().out
    assert "✗ follows record" in told and "does not hold" in told
    assert "2 files: 1 verified, 1 refused." in told


def test_a_court_that_demands_a_witness_is_told_who_cosigned(
    court: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Province()
    file = court / "witnessed.json"
    file.write_bytes(here.witnessed.encode())
    policy = court / "court.policy"
    policy.write_bytes(demanding(here.near, 1, COURT).format())
    assert ask(court, str(file), "--policy", str(policy)) == 0
    told = capsys.readouterr().out
    assert "the policy is fulfilled; bodies outside the committee that count: 1" in told
    assert "cosigned outside the committee: court.example/witness" in told
    assert ask(court, str(file)) == 0
    assert "no policy was given that says whose word counts" in capsys.readouterr().out
    assert ask(court, str(court / "case/1.receipt.json"), "--policy", str(policy)) == 1
    assert "REFUSED at step 8" in capsys.readouterr().out


@pytest.mark.parametrize("listed", [True, False])
def test_two_policies_for_one_network_are_not_halved_in_silence(
    court: Path, capsys: pytest.CaptureFixture[str], listed: bool
) -> None:
    """Who demands a court and a notary was satisfied with the one that was named first."""
    here = Province()
    (court / "seen.json").write_bytes(here.witnessed.encode())
    given: list[str] = []
    for name, witness in (("court", COURT), ("notary", INSPECTION)):
        policy = demanding(here.near, 1, witness)
        path = court / f"{name}.policy"
        path.write_bytes((policy if listed else replace(policy, logs=())).format())
        given += ["--policy", str(path)]
    assert ask(court, str(court / "seen.json"), *given[:2]) == 0
    assert ask(court, str(court / "seen.json"), *given) == 2
    assert Code.POLICY_TWICE.value in capsys.readouterr().err


def test_a_folder_without_a_trust_root_or_without_a_proof_is_said(
    court: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (court / "empty").mkdir()
    assert main([str(court / "case"), "--trust", str(court / "case")]) == 2
    assert Code.TRUST_NONE.value in capsys.readouterr().err
    assert ask(court, str(court / "empty")) == 2
    assert Code.VERIFY_NONE.value in capsys.readouterr().err
    (court / "trust/trust.json").write_text("{")
    assert ask(court, str(court / "case")) == 2, "whoever names a file trust.json means it"
    assert "trust.json" in capsys.readouterr().err


def test_a_broken_receipt_in_a_folder_is_not_passed_over(
    court: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (court / "case/3.receipt.json").write_text("{")
    assert ask(court, str(court / "case")) == 2
    assert "3.receipt.json" in capsys.readouterr().err


HOSTILE = "3\x1b]0;owned\x07\x9b31m\u202e\u2028.receipt.json"


@pytest.mark.parametrize("content", [b"{", None], ids=["broken", "whole"])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "machines"])
def test_the_name_of_a_file_cannot_write_on_the_readers_terminal(
    court: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, form: tuple[str, ...]
) -> None:
    """A folder of evidence is somebody else's, and so are the names in it."""
    whole = (court / "case/1.receipt.json").read_bytes()
    (court / f"case/{HOSTILE}").write_bytes(whole if content is None else content)
    assert ask(court, str(court / "case"), *form) == (0 if content is None else 2)
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u2028"} & set(out + err)
    assert "31m" in out + err
    if form:
        told = json.loads(out)
        files = [each["file"] for each in told["results"]] or [told["problem"]["file"]]
        assert str(court / f"case/{HOSTILE}") in files, "machines read the name as it is"


@pytest.mark.parametrize("program", ["ledger", "cli.main"])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "machines"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_name_or_a_word_that_a_terminal_cannot_write_causes_no_trace(
    court: Path, program: str, form: tuple[str, ...], encoding: str
) -> None:
    (court / "case" / os.fsdecode(b"\xff.receipt.json")).write_bytes(
        (court / "case/1.receipt.json").read_bytes()
    )
    words = ("verify",) if program == "cli.main" else ()
    done = subprocess.run(
        [
            *(sys.executable, "-m", program, *words, str(court / "case")),
            *("--trust", str(court / "trust"), *form),
        ],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_name_of_a_file_is_never_taken_for_an_option(court: Path) -> None:
    """Evidence named like an option once brought its own trust root, and was believed."""
    here, evidence = Province(), court / "evidence"
    evidence.mkdir()
    (evidence / ".theirs").write_bytes(here.far.trust.encode())
    (evidence / "--trust=.theirs").write_bytes(here.near.receipt(here.plain).encode())
    (evidence / "false.json").write_bytes(here.far.receipt(here.cited).encode())
    ours = str(court / "trust/lanzhou.json")

    def verify(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "cli.main", "verify", "--trust", ours, "--json", *words]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run(
            command, cwd=evidence, env=environment, capture_output=True, text=True, check=False
        )

    done = verify("--", "--trust=.theirs", "false.json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and len(told["trusts"]) == 1
    assert [each["verified"] for each in told["results"]] == [True, False]


def test_of_a_folder_the_file_is_named_that_cannot_be_read(
    court: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, size_max: int) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(presented, "read_capped", forbidden)
    assert ask(court, str(court / "case")) == 2
    assert "1.receipt.json: cannot be read: Permission denied" in capsys.readouterr().err


def test_more_proofs_than_a_verifier_takes_are_said(
    court: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presented, "PRESENTED_MAX", 1)
    assert ask(court, str(court / "case")) == 2
    assert Code.VERIFY_TOO_MANY.value in capsys.readouterr().err


def test_larger_proofs_than_a_verifier_holds_are_said(
    court: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand files of the largest size are more than any machine has memory for."""
    size = sum(each.stat().st_size for each in (court / "case").glob("*.json"))
    monkeypatch.setattr(evidence, "PRESENTED_BYTES_MAX", size - 1)
    assert ask(court, str(court / "case")) == 2
    assert Code.VERIFY_TOO_LARGE.value in capsys.readouterr().err
    monkeypatch.setattr(evidence, "PRESENTED_BYTES_MAX", size)
    assert ask(court, str(court / "case")) == 0


def test_openings_find_their_receipt_among_many_at_once(
    court: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once looked through all receipts, and hashed their records on the way."""
    here, hashed = Province(), list[bytes]()
    case = court / "many"
    case.mkdir()

    def counted(record: bytes) -> RecordId:
        hashed.append(record)
        return record_id(record)

    def hashed_for(openings_count: int) -> int:
        for at in range(openings_count):
            (case / f"{at}.openings.json").write_bytes(alone.encode())
        hashed.clear()
        assert ask(court, str(case)) == 0
        return len(hashed)

    alone = Openings(here.hiding.record_id, here.openings)
    for at in range(20):
        (case / f"{at}.receipt.json").write_bytes(here.early.encode())
    (case / "last.receipt.json").write_bytes(here.near.receipt(here.hiding).encode())
    monkeypatch.setattr(receipts, "record_id", counted)
    one, six = hashed_for(1), hashed_for(6)
    assert six - one < 5 * 20


def test_a_sealed_file_proves_its_commitment_and_is_compared_with_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bids = BidWorld()
    kept: SealedFile = bids.proof(bids.listed).sealed
    trust, file = tmp_path / "trust.json", tmp_path / "bid.sealed.json"
    trust.write_bytes(bids.network.trust.encode())
    file.write_bytes(kept.encode())
    document, other = tmp_path / "bid.pdf", tmp_path / "other.pdf"
    document.write_bytes(document_bytes("bid"))
    other.write_bytes(flipped(document_bytes("bid")))

    def verify(*documents: Path) -> int:
        given = [each for path in documents for each in ("--document", str(path))]
        return main([str(file), "--trust", str(trust), "--lang", "en", *given])

    assert verify(document) == 0
    told = capsys.readouterr().out
    assert "10 ✓" in told and "11 ✓ commitment" in told
    assert "under seal: record" in told and "not on the ledger until it is opened" in told
    assert verify(other) == 1
    assert "REFUSED at step 10" in capsys.readouterr().out


def test_a_supervisors_file_says_that_the_ledger_never_opens_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = cases("sealed/files")[1].values[0]
    trust, file = tmp_path / "trust.json", tmp_path / "visit.sealed.json"
    trust.write_text(json.dumps(case["trust"]), encoding="utf-8")
    file.write_text(json.dumps(case["file"]), encoding="utf-8")
    assert main([str(file), "--trust", str(trust), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "11 ✓ commitment" in told and "ledger.evidence_accessed" in told
    assert "never opened on the ledger" in told and "until it is opened" not in told
    assert main([str(file), "--trust", str(trust), "--lang", "zh"]) == 0
    assert "永不在账上揭示" in capsys.readouterr().out
