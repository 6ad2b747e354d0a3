"""Signed certificates: under whose authority, and everything that somebody may do to one later."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from api.documents.assembly import assembled
from api.documents.authorities import read_authorities
from api.documents.drawing import drawn
from api.documents.facts import Certificate, Pair
from api.documents.layout import laid_out
from api.documents.printing import printed
from api.documents.signatures import signature_judge
from api.documents.signing import DocumentSigner, open_signer
from cli.compose.document_signers import Authority, new_authority, new_signer
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.merkle import leaf_hash
from ledger.errors import FormatError, InvariantBroken, LedgerError, StoreError, VerificationError
from ledger.verdict import Caveat, VerifiedRecord
from tests.api.test_certificates import certificate
from tests.vectors.generate.receipts import World, world

NOW_MS = 1_800_000_000_000
YEAR_MS = 365 * 86_400_000
CENTRE = "金城市公共资源交易中心"


@pytest.fixture(scope="module")
def told() -> World:
    return world()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority("省数字证书认证中心", NOW_MS - 1_000)


@pytest.fixture(scope="module")
def signer(authority: Authority) -> DocumentSigner:
    return signer_of(authority)


def signer_of(authority: Authority, name: str = CENTRE) -> DocumentSigner:
    made = new_signer(authority, name, "12620100438027515J", b"secret", NOW_MS - 1_000)
    return open_signer(made, b"secret", "documents.p12")


@pytest.fixture(scope="module")
def blank(told: World) -> Certificate:
    return blank_of(told)


def blank_of(told: World) -> Certificate:
    """Of a record of the small network, to be signed."""
    receipt = told.network.receipt(told.first)
    return certificate(
        signed=True,
        printed_at_ms=NOW_MS,
        receipt=receipt.encode(),
        network_id=receipt.network_id,
        record_id=receipt.record_id,
        entry_hash=leaf_hash(receipt.entry),
        number=certificate_number(told.network.trust.genesis.domain, receipt.index),
    )


@pytest.fixture(scope="module")
def file(blank: Certificate, signer: DocumentSigner) -> bytes:
    return printed(blank, signer)


Verify = Callable[..., VerifiedRecord]


@pytest.fixture
def verify(told: World, authority: Authority) -> Verify:
    def judged(data: bytes, authorities: bytes = authority.pem) -> VerifiedRecord:
        held = decode_certificate_pdf(data)
        judge = signature_judge(authorities)
        return verify_certificate(held, told.network.trust, signatures=judge)

    return judged


def test_who_signed_is_named_under_an_authority_that_the_reader_trusts(
    file: bytes, verify: Verify
) -> None:
    verdict = verify(file)
    assert verdict.steps[-1].number == 15
    assert verdict.steps[-1].facts["signer"] == CENTRE
    assert verdict.steps[-1].facts["issuer"] == "省数字证书认证中心"
    assert Caveat.SIGNER not in verdict.caveats and Caveat.SIGNATURE not in verdict.caveats


def test_without_an_authority_it_is_whole_and_its_signer_unknown(
    file: bytes, verify: Verify
) -> None:
    verdict = verify(file, b"")
    assert Caveat.SIGNER in verdict.caveats


def test_the_light_verifier_says_that_it_does_not_judge_it(file: bytes, told: World) -> None:
    verdict = verify_certificate(decode_certificate_pdf(file), told.network.trust)
    assert Caveat.SIGNATURE in verdict.caveats
    assert [step.number for step in verdict.steps] == [*range(1, 11), 14]


def test_all_bytes_but_the_signature_are_the_same_each_time(
    blank: Certificate, signer: DocumentSigner
) -> None:
    one, other = printed(blank, signer), printed(blank, signer)
    (_, start), (end, _) = decode_certificate_pdf(one).pdf.signed_ranges
    assert (one[:start], one[end:]) == (other[:start], other[end:])


def test_signed_again_by_somebody_else_it_is_refused_in_check_15(
    blank: Certificate, verify: Verify
) -> None:
    stranger = new_authority("省数字证书认证中心", NOW_MS - 1_000)
    data = printed(blank, signer_of(stranger))
    with pytest.raises(VerificationError) as refusal:
        verify(data)
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_SIGNER, 15)


@pytest.mark.parametrize("what", ["page", "title", "time", "signature"])
def test_edited_after_it_was_signed_it_is_refused_in_check_15(
    file: bytes, verify: Verify, what: str
) -> None:
    """Each of these keeps the form, and the receipt inside holds: only the signature tells."""
    place = {
        "page": file.index(b"stream\n") + 30,
        "title": file.index(b"/Title<FEFF") + len(b"/Title<FEFF") + 2,
        "time": file.index(b"/M(D:2027") + len(b"/M(D:202"),
        "signature": len(file[: file.index(b"0" * 64)].rstrip(b"0")) - 6,
    }[what]
    changed = {"page": bytes([file[place] ^ 1])}.get(what, b"8" if file[place] != 0x38 else b"9")
    edited = file[:place] + changed + file[place + 1 :]
    with pytest.raises(VerificationError) as refusal:
        verify(edited)
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_SIGNATURE, 15)


def test_what_is_appended_after_it_was_signed_is_refused_before_any_check(
    file: bytes, verify: Verify
) -> None:
    start = len(file)
    shadow = b"5 0 obj\n<<>>\nendobj\nxref\n5 1\n%010d 00000 n \n" % start
    shadow += b"trailer\n<</Size 6/Root 1 0 R/Prev 9>>\nstartxref\n%d\n%%%%EOF\n" % (start + 20)
    with pytest.raises(LedgerError) as refusal:
        verify(file + shadow)
    assert refusal.value.code is Code.CERTIFICATE_PDF_REVISED


def test_with_the_receipt_of_another_record_it_is_refused_in_check_14(
    told: World, blank: Certificate, signer: DocumentSigner, verify: Verify
) -> None:
    """Even signed: whoever signs cannot make a receipt say something else."""
    other = told.network.receipt(told.second).encode()
    data = printed(replace(blank, receipt=other), signer)
    with pytest.raises(VerificationError) as refusal:
        verify(data)
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_OTHER, 14)


def test_an_expired_key_signs_nothing_and_what_it_signed_before_holds(
    file: bytes, signer: DocumentSigner, verify: Verify
) -> None:
    assert signer.valid_at(NOW_MS) and not signer.valid_at(NOW_MS + 4 * YEAR_MS)
    # The reader's clock is not asked.
    assert verify(file).steps[-1].applies


def test_a_claim_from_before_the_key_was_valid_is_refused(
    blank: Certificate, signer: DocumentSigner, verify: Verify
) -> None:
    data = printed(replace(blank, printed_at_ms=NOW_MS - YEAR_MS), signer)
    with pytest.raises(VerificationError) as refusal:
        verify(data)
    assert refusal.value.code is Code.CERTIFICATE_PDF_SIGNER


@pytest.mark.parametrize("wrong", ["passphrase", "cut", "empty"])
def test_a_file_that_is_no_signer_is_named(authority: Authority, wrong: str) -> None:
    made = new_signer(authority, CENTRE, "", b"secret", NOW_MS)
    data = {"passphrase": made, "cut": made[:-9], "empty": b""}[wrong]
    given = b"other" if wrong == "passphrase" else b"secret"
    with pytest.raises(StoreError) as refusal:
        open_signer(data, given, "documents.p12")
    assert refusal.value.detail["path"] == "documents.p12"


def test_a_file_without_a_certificate_is_no_authority(tmp_path: Path) -> None:
    path = tmp_path / "court.ca.pem"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    with pytest.raises(FormatError):
        read_authorities([path])


def test_what_was_not_made_to_be_signed_is_not(blank: Certificate, signer: DocumentSigner) -> None:
    unsigned = replace(blank, signed=False)
    with pytest.raises(InvariantBroken):
        layout = laid_out(unsigned)
        signer.sign(assembled(drawn(layout), layout, unsigned))


def test_the_page_says_whether_it_is_signed(blank: Certificate) -> None:
    def lines(made: Certificate) -> str:
        return " ".join(str(mark) for page in laid_out(made).pages for mark in page.marks)

    assert "签发单位电子签名" in lines(blank)
    unsigned = lines(replace(blank, signed=False, issued_by=Pair("中心", "Centre")))
    assert "未签名；请核验所附回执" in unsigned
    assert "unsigned; verify the attached receipt" in unsigned
