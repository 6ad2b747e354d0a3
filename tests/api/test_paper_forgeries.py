"""Four ways to change a signed certificate, each before all three verifiers.

The one in Python that knows PAdES refuses all four, each at its step. The two light ones, in Python
and in JavaScript, refuse what the receipt inside can show, and say of the rest that they do not
judge the signature.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from api.documents.facts import Certificate
from api.documents.printing import printed
from api.documents.signatures import signature_judge
from api.documents.signing import DocumentSigner
from cli.compose.document_signers import Authority, new_authority
from ledger.__main__ import main
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.errors import LedgerError, VerificationError
from tests.api.test_signed_certificates import NOW_MS, blank_of, signer_of
from tests.bits import flipped
from tests.vectors.generate.receipts import World, world

JAVASCRIPT = Path(__file__).parents[2] / "api/static/verify/verify.js"
Made = Callable[[World, Certificate, DocumentSigner], bytes]


@dataclass(frozen=True)
class Forgery:
    """One way, and where each verifier refuses it: step and code; None where it holds."""

    made: Made
    full: tuple[int, str] | None
    light: tuple[int, str] | None


def _genuine(_: World, blank: Certificate, signer: DocumentSigner) -> bytes:
    return printed(blank, signer)


def _forged(told: World, blank: Certificate, signer: DocumentSigner) -> bytes:
    """One bit of the record inside, under a good signature of the issuer."""
    receipt = told.network.receipt(told.first)
    other = replace(receipt, record=flipped(receipt.record))
    return printed(replace(blank, receipt=other.encode()), signer)


def _edited(_: World, blank: Certificate, signer: DocumentSigner) -> bytes:
    """What the page shows, after it was signed; the file keeps its form."""
    file = printed(blank, signer)
    place = file.index(b"stream\n") + 30
    return file[:place] + flipped(file[place : place + 1]) + file[place + 1 :]


def _attached_again(told: World, blank: Certificate, signer: DocumentSigner) -> bytes:
    """The receipt of another record in the place of its own."""
    return printed(replace(blank, receipt=told.network.receipt(told.second).encode()), signer)


def _signed_again(_: World, blank: Certificate, __: DocumentSigner) -> bytes:
    """By a stranger whose authority bears the name of the right one."""
    return printed(blank, signer_of(new_authority("省数字证书认证中心", NOW_MS - 1_000)))


def _appended(_: World, blank: Certificate, signer: DocumentSigner) -> bytes:
    """Another revision behind it, which viewers show."""
    file = printed(blank, signer)
    return file + file[file.rindex(b"xref\n0 ") :]


FORGERIES = {
    "genuine": Forgery(_genuine, None, None),
    "forged": Forgery(_forged, (3, "receipt.record_id"), (3, "receipt.record_id")),
    "edited": Forgery(_edited, (15, "certificate_pdf.signature"), None),
    "attached again": Forgery(
        _attached_again, (14, "certificate_pdf.other"), (14, "certificate_pdf.other")
    ),
    "signed again": Forgery(_signed_again, (15, "certificate_pdf.signer"), None),
    "appended": Forgery(_appended, (0, "certificate_pdf.revised"), (0, "certificate_pdf.revised")),
}


@pytest.fixture(scope="module")
def told() -> World:
    return world()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority("省数字证书认证中心", NOW_MS - 1_000)


@pytest.fixture(params=FORGERIES)
def presented(
    request: pytest.FixtureRequest,
    told: World,
    authority: Authority,
    tmp_path: Path,
) -> tuple[Forgery, Path]:
    """A forgery, as a file beside the trust root."""
    forgery = FORGERIES[request.param]
    (tmp_path / "trust.json").write_bytes(told.network.trust.encode())
    file = tmp_path / "certificate.pdf"
    file.write_bytes(forgery.made(told, blank_of(told), signer_of(authority)))
    return forgery, file


def test_the_verifier_that_knows_pades_refuses_each_at_its_step(
    presented: tuple[Forgery, Path], told: World, authority: Authority
) -> None:
    forgery, file = presented
    judge = signature_judge(authority.pem)
    found: tuple[int, str] | None = None
    try:
        held = decode_certificate_pdf(file.read_bytes())
        verify_certificate(held, told.network.trust, signatures=judge)
    except LedgerError as problem:
        step = problem.step if isinstance(problem, VerificationError) else 0
        found = (step, problem.code.value)
    assert found == forgery.full


def test_the_light_verifier_in_python_says_what_it_does_not_judge(
    presented: tuple[Forgery, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    forgery, file = presented
    trust = str(file.with_name("trust.json"))
    code = main([str(file), "--trust", trust, "--json", "--lang", "en"])
    said = capsys.readouterr()
    if forgery.light is None:
        (result,) = json.loads(said.out)["results"]
        assert code == 0 and "signature" in result["record"]["not_proved"]
        return
    step, expected = forgery.light
    assert code != 0 and expected in said.out + said.err
    if step:
        assert json.loads(said.out)["results"][0]["problem"]["step"] == step


def test_the_light_verifier_in_javascript_says_the_same(
    presented: tuple[Forgery, Path],
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: apt install nodejs")
    forgery, file = presented
    words = [node, str(JAVASCRIPT), str(file), "--trust", str(file.with_name("trust.json"))]
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False)
    if forgery.light is None:
        verdict: Any = json.loads(done.stdout)
        assert done.returncode == 0 and verdict["holds"], done.stdout
        assert "signature" in verdict["caveats"]
        return
    step, expected = forgery.light
    assert done.returncode != 0 and expected in done.stdout + done.stderr
    if step:
        assert json.loads(done.stdout)["step"] == step
