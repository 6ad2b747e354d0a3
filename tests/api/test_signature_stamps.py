"""Signatures with a time stamp from outside (PAdES B-T), and signers who were revoked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from api.documents.facts import Certificate
from api.documents.printing import printed
from api.documents.revocation import lists_under, read_lists
from api.documents.signatures import signature_judge
from api.documents.signing import DocumentSigner, open_signer
from api.outbound.signature_stamp import StampingDesk
from api.outbound.time_target import TimeTarget
from cli.compose.document_signers import Authority, new_authority, new_signer
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.report import step_words
from ledger.stamp_roots import authority_from
from ledger.time_stamps import Authority as Stamper
from ledger.verdict import Caveat, VerifiedRecord
from tests.api.test_signed_certificates import CENTRE, blank_of
from tests.stamping.responder import Responder
from tests.vectors.generate.receipts import World, world

NOW_MS = int(datetime.now(UTC).timestamp()) * 1_000
"""The stamper is a real one and looks at its own clock."""
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def told() -> World:
    return world()


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Responder]:
    with Responder(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority("省数字证书认证中心", NOW_MS - HOUR_MS)


def stamper_of(responder: Responder) -> Stamper:
    return authority_from("授时中心", responder.roots.read_bytes())


def signer_of(authority: Authority, url: str, stamper: Stamper) -> DocumentSigner:
    """Whose signatures are stamped by who answers at `url`."""
    made = new_signer(authority, CENTRE, "", b"secret", NOW_MS - HOUR_MS)
    return open_signer(made, b"secret", "p12", StampingDesk([TimeTarget(stamper, url)]))


def certificate(told: World) -> Certificate:
    return replace(blank_of(told), printed_at_ms=NOW_MS)


@pytest.fixture(scope="module")
def signer(authority: Authority, responder: Responder) -> DocumentSigner:
    return signer_of(authority, responder.url, stamper_of(responder))


@pytest.fixture(scope="module")
def stamped(told: World, signer: DocumentSigner) -> bytes:
    return printed(certificate(told), signer)


def judged(
    data: bytes,
    told: World,
    authority: Authority,
    *stampers: Stamper,
    lists: tuple[x509.CertificateRevocationList, ...] = (),
) -> VerifiedRecord:
    held = decode_certificate_pdf(data)
    judge = signature_judge(authority.pem, lists, stampers)
    return verify_certificate(held, told.network.trust, signatures=judge)


def crl(
    authority: Authority, serial: int | None = None, revoked_ms: int = NOW_MS, later_ms: int = 0
) -> x509.CertificateRevocationList:
    """A list of the authority, made an hour from now (and later); it names the serial."""
    made = datetime.fromtimestamp((NOW_MS + HOUR_MS + later_ms) // 1_000, UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(made).next_update(made + timedelta(days=7))
    if serial is not None:
        at = datetime.fromtimestamp(revoked_ms // 1_000, UTC)
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, SHA256())


def serial_of(signer: DocumentSigner) -> int:
    return int(signer.inner.signing_cert.serial_number)


# Time stamps.


def test_a_stamped_signature_says_when_it_was_there_at_the_latest(
    stamped: bytes, told: World, authority: Authority, responder: Responder
) -> None:
    step = judged(stamped, told, authority, stamper_of(responder)).steps[-1]
    assert (step.number, step.facts["stamper"]) == (15, "授时中心")
    assert "授时中心 证明至迟于" in step_words(step, "zh")[1]
    unknown = judged(stamped, told, authority).steps[-1]
    assert "stamper" not in unknown.facts, "nobody whom the reader trusts"
    other = Responder(responder.folder / "other", name="other")
    assert "stamper" not in judged(stamped, told, authority, stamper_of(other)).steps[-1].facts


def test_an_authority_that_is_away_leaves_the_signature_without_a_stamp(
    told: World, authority: Authority, responder: Responder
) -> None:
    stamper = stamper_of(responder)
    away = signer_of(authority, "http://127.0.0.1:9/tsa", stamper)
    step = judged(printed(certificate(told), away), told, authority, stamper).steps[-1]
    assert "stamper" not in step.facts and step.facts["signer"] == CENTRE


def test_a_stamp_of_another_signature_is_refused(
    stamped: bytes, told: World, authority: Authority, responder: Responder, signer: DocumentSigner
) -> None:
    token = _token(stamped)
    assert token is not None
    shifted = DocumentSigner(signer.inner, lambda _: token)
    data = printed(certificate(told), shifted)
    with pytest.raises(VerificationError) as refusal:
        judged(data, told, authority, stamper_of(responder))
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_SIGNATURE, 15)


def _token(data: bytes) -> bytes | None:
    """The token in a signed file."""
    start = data.rindex(b"/Contents<") + len(b"/Contents<")
    spelled = bytes.fromhex(data[start : data.index(b">", start)].decode())
    signer = cms.ContentInfo.load(spelled, strict=False)["content"]["signer_infos"][0]
    for attribute in signer["unsigned_attrs"]:
        return bytes(attribute["values"][0].dump())
    return None


# Revocation.


def test_without_a_list_it_is_said_that_nobody_asked(
    stamped: bytes, told: World, authority: Authority
) -> None:
    assert Caveat.REVOCATION in judged(stamped, told, authority).caveats


def test_a_list_that_does_not_name_the_signer_is_told_with_its_date(
    stamped: bytes, told: World, authority: Authority
) -> None:
    verdict = judged(stamped, told, authority, lists=(crl(authority, 12_345),))
    assert Caveat.REVOCATION not in verdict.caveats
    assert "listed" in verdict.steps[-1].facts


def test_a_list_from_before_the_signature_says_nothing_of_it(
    stamped: bytes, told: World, authority: Authority
) -> None:
    old = crl(authority, later_ms=-2 * HOUR_MS)
    assert Caveat.REVOCATION in judged(stamped, told, authority, lists=(old,)).caveats


@pytest.mark.parametrize("after_ms", [-HOUR_MS // 2, HOUR_MS // 2])
def test_a_revoked_signer_is_refused_where_only_it_says_when_it_signed(
    stamped: bytes, told: World, authority: Authority, signer: DocumentSigner, after_ms: int
) -> None:
    named = crl(authority, serial_of(signer), NOW_MS + after_ms)
    with pytest.raises(VerificationError) as refusal:
        judged(stamped, told, authority, lists=(named,))
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_REVOKED, 15)


def test_what_was_stamped_before_the_revocation_holds_and_what_was_not_does_not(
    stamped: bytes,
    told: World,
    authority: Authority,
    signer: DocumentSigner,
    responder: Responder,
) -> None:
    stamper = stamper_of(responder)
    later = crl(authority, serial_of(signer), NOW_MS + HOUR_MS // 2)
    assert judged(stamped, told, authority, stamper, lists=(later,)).steps[-1].applies
    before = crl(authority, serial_of(signer), NOW_MS - HOUR_MS // 2)
    with pytest.raises(LedgerError):
        judged(stamped, told, authority, stamper, lists=(before,))


def test_a_list_that_somebody_else_made_counts_for_nothing(
    stamped: bytes, told: World, authority: Authority, signer: DocumentSigner
) -> None:
    stranger = new_authority("省数字证书认证中心", NOW_MS - HOUR_MS)
    forged = crl(stranger, serial_of(signer))
    assert Caveat.REVOCATION in judged(stamped, told, authority, lists=(forged,)).caveats


@pytest.fixture(scope="module")
def province() -> tuple[Authority, Authority]:
    """A root that readers trust, and an authority under it, which issues signers."""
    root, below = new_authority("国家根", NOW_MS - HOUR_MS), new_authority("省级", NOW_MS - HOUR_MS)

    def certified(subject: Authority, length: int) -> Authority:
        certificate = subject.certificate
        basic = x509.BasicConstraints(ca=True, path_length=length)
        builder = (
            x509.CertificateBuilder()
            .subject_name(certificate.subject)
            .issuer_name(root.certificate.subject)
            .public_key(subject.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(certificate.not_valid_before_utc)
            .not_valid_after(certificate.not_valid_after_utc)
            .add_extension(basic, critical=True)
        )
        for each in certificate.extensions:
            if not isinstance(each.value, x509.BasicConstraints):
                builder = builder.add_extension(each.value, each.critical)
        return Authority(subject.key, builder.sign(root.key, SHA256()))

    return certified(root, 1), certified(below, 0)


def test_every_certificate_up_to_the_readers_authority_is_looked_for_in_the_lists(
    told: World, responder: Responder, province: tuple[Authority, Authority]
) -> None:
    """Whoever holds the key of a revoked authority makes as many signers as he likes."""
    root, below = province
    stamper = stamper_of(responder)
    data = printed(certificate(told), signer_of(below, responder.url, stamper))
    assert judged(data, told, root, stamper).steps[-1].facts["signer"] == CENTRE
    above, own = crl(root, 12_345), crl(below, 12_345, later_ms=HOUR_MS)
    for one in (above, own):
        verdict = judged(data, told, root, stamper, lists=(one,))
        assert Caveat.REVOCATION in verdict.caveats, "of one of the two nothing was asked"
    both = judged(data, told, root, stamper, lists=(own, above))
    assert Caveat.REVOCATION not in both.caveats
    alone = judged(data, told, root, stamper, lists=(crl(root), own))
    assert both.steps[-1].facts["listed"] == alone.steps[-1].facts["listed"], "the older date"
    revoked = crl(root, below.certificate.serial_number, NOW_MS - HOUR_MS // 2)
    with pytest.raises(VerificationError) as refusal:
        judged(data, told, root, stamper, lists=(revoked, own))
    assert (refusal.value.code, refusal.value.step) == (Code.CERTIFICATE_PDF_REVOKED, 15)
    later = crl(root, below.certificate.serial_number, NOW_MS + HOUR_MS // 2)
    assert judged(data, told, root, stamper, lists=(later, own)).steps[-1].applies
    with pytest.raises(VerificationError):
        judged(data, told, root, lists=(later, own))


def test_lists_lie_beside_the_authorities(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "ca.crl.pem").write_bytes(crl(authority).public_bytes(Encoding.PEM))
    assert len(read_lists(lists_under([tmp_path]))) == 1
    (tmp_path / "no.crl.pem").write_bytes(b"-----BEGIN X509 CRL-----\n")
    with pytest.raises(FormatError) as refusal:
        read_lists(lists_under([tmp_path]))
    assert refusal.value.code is Code.CERTIFICATE_PDF_CRL
