"""Certificates in PDF: what the light verifier takes, by vectors, and in a folder of evidence."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ledger.__main__ import main
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.core.strict_json import dump
from ledger.errors import LedgerError
from ledger.trust import TrustRoot, decode_trust
from ledger.verdict import Caveat
from tests.vectors.generate.certificate_pdf import paper
from tests.vectors.generate.receipts import world
from tests.vectors.reading import cases
from tests.vectors.small_network import document_bytes


def trust_of(case: Any) -> TrustRoot:
    return decode_trust(dump(case["trust"]))


@pytest.mark.parametrize("case", cases("certificate_pdf/files"))
def test_a_certificate_holds(case: Any) -> None:
    certificate = decode_certificate_pdf(b64decode(case["file"]))
    verdict = verify_certificate(certificate, trust_of(case))
    assert [step.number for step in verdict.steps] == [*range(1, 11), 14]
    signed = Caveat.SIGNATURE if certificate.pdf.signed_ranges else Caveat.UNSIGNED
    assert verdict.caveats[:2] == (Caveat.PAGES, signed)


@pytest.mark.parametrize("case", cases("certificate_pdf/refused_files"))
def test_a_certificate_is_refused(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        verify_certificate(decode_certificate_pdf(b64decode(case["file"])), trust_of(case))
    assert refusal.value.code == case["code"]
    assert getattr(refusal.value, "step", 0) == case["step"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A certificate, its record's document (an ordinary PDF), and the trust root."""
    told = world()
    (tmp_path / "trust.json").write_bytes(told.network.trust.encode())
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    made = paper(told, told.network.receipt(told.first)).file()
    (evidence / "certificate.pdf").write_bytes(made)
    (evidence / "first.pdf").write_bytes(document_bytes("first"))
    (evidence / "scan.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    return tmp_path


def verify(folder: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    trust = str(folder / "trust.json")
    code = main([*words, "--trust", trust, "--json", "--lang", "en"])
    return code, json.loads(capsys.readouterr().out)


def test_a_folder_stands_for_the_certificates_in_it_and_not_for_other_pdfs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = str(folder / "evidence" / "first.pdf")
    words = (str(folder / "evidence"), "--document", document)
    code, told = verify(folder, *words, capsys=capsys)
    assert code == 0
    (result,) = told["results"]
    assert result["file"].endswith("certificate.pdf")
    assert [step["number"] for step in result["steps"]] == [*range(1, 11), 14]
    assert result["record"]["not_proved"][:2] == ["pages", "unsigned"]
    assert len(result["record"]["documents"]) == 1


def test_of_another_document_it_is_no_certificate(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = folder / "evidence"
    words = (str(evidence / "certificate.pdf"), "--document", str(evidence / "scan.pdf"))
    code, told = verify(folder, *words, capsys=capsys)
    assert code == 1
    assert told["results"][0]["problem"]["step"] == 10


def test_a_person_is_told_what_to_compare_with_the_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(folder / "evidence" / "certificate.pdf"), "--trust", str(folder / "trust.json")]
    assert main([*words, "--lang", "zh"]) == 0
    told = capsys.readouterr().out
    assert "14 ✓ 证书" in told and "存证编号 VECTORS-0000-0000-N" in told
    assert "页面未经比对，请逐项核对" in told and "它没有电子签名" in told


def test_an_ordinary_pdf_is_refused_with_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(folder / "evidence" / "scan.pdf"), "--trust", str(folder / "trust.json")]
    assert main([*words, "--lang", "zh"]) == 2
    assert "不是本系统签发的证书" in capsys.readouterr().err
