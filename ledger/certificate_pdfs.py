"""Judges a certificate in PDF: its receipt by the ten checks, and that it is of what it names.

What its pages show is for people to compare with the verdict; its signature is judged where PAdES
is known, by whoever calls. Spec: ``docs/spec/certificate_pdf.md``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ledger.carriers.pdf_attachment import CertificatePdf, read_certificate
from ledger.checks import Facts
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex
from ledger.core.merkle import leaf_hash
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt, decode_receipt
from ledger.errors import VerificationError
from ledger.numbering import CERTIFICATE_STEP, PDF_SIGNATURE_STEP, numbered
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import verify_receipt
from ledger.words.moments import beijing_time


@dataclass(frozen=True, slots=True)
class PaperCertificate:
    """A certificate and the receipt inside it, not judged."""

    data: bytes
    """The file."""
    pdf: CertificatePdf
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose signature is on a certificate."""

    signer: str
    """As its certificate names it."""
    issuer: str
    """Of that certificate."""
    claimed_ms: int
    """When, as the signer claims."""
    trusted: bool
    """Under an authority that the reader named; False where the reader named none."""
    listed_ms: int | None = None
    """Of the revocation list that does not name it, from after it signed; None without one."""
    stamped_ms: int | None = None
    """When it had signed at the latest, as a time stamping authority says that the reader trusts;
    None without one."""
    stamper: str = ""
    """That authority, as the reader calls it."""


SignatureJudge: TypeAlias = Callable[[PaperCertificate], Signed]
"""Says who signed a certificate, or raises `VerificationError`; asked only of a signed one."""


def decode_certificate_pdf(data: bytes) -> PaperCertificate:
    """The certificate that a PDF is.

    Raises:
        FormatError: as `read_certificate`; the attachment is no receipt.
    """
    pdf = read_certificate(data)
    return PaperCertificate(data, pdf, decode_receipt(pdf.receipt))


def verify_certificate(
    certificate: PaperCertificate,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest] = (),
    policy: Policy | None = None,
    times: TimeTrust | None = None,
    signatures: SignatureJudge | None = None,
) -> VerifiedRecord:
    """Verify what a certificate carries, and that it is what the certificate names.

    Args:
        certificate: from anyone.
        trust: from a source that the reader trusts.
        documents: in the reader's hands; each must be evidence of the record.
        policy: what the reader demands besides the committee's quorum.
        times: whose time stamps count.
        signatures: judges the signature; None where PAdES is not known.

    Raises:
        VerificationError: as `ledger.verify.verify_receipt`; `certificate_pdf.other` in check 14;
            `certificate_pdf.signature`, `certificate_pdf.signer` in check 15.
    """
    verdict = verify_receipt(certificate.receipt, trust, documents, policy, times)
    steps = [*verdict.steps, _check_named(certificate, trust, verdict.index)]
    caveats = [Caveat.PAGES]
    if not certificate.pdf.signed_ranges:
        caveats.append(Caveat.UNSIGNED)
    elif signatures is None:
        caveats.append(Caveat.SIGNATURE)
    else:
        with numbered(PDF_SIGNATURE_STEP):
            found = signatures(certificate)
        steps.append(Step(PDF_SIGNATURE_STEP, applies=True, facts=_facts(found)))
        if not found.trusted:
            caveats.append(Caveat.SIGNER)
        elif found.listed_ms is None:
            caveats.append(Caveat.REVOCATION)
    return replace(verdict, steps=tuple(steps), caveats=(*caveats, *verdict.caveats))


def _facts(found: Signed) -> Facts:
    facts: dict[str, str | int] = {
        "signer": found.signer,
        "issuer": found.issuer,
        "time": beijing_time(found.claimed_ms),
    }
    if found.stamped_ms is not None:
        facts |= {"stamper": found.stamper, "stamped": beijing_time(found.stamped_ms)}
    if found.listed_ms is not None:
        facts["listed"] = beijing_time(found.listed_ms)
    return facts if found.trusted else {**facts, "untrusted": 1}


def _check_named(certificate: PaperCertificate, trust: TrustRoot, index: LogIndex) -> Step:
    """Check 14: the receipt is of the record, entry and number that the certificate names."""
    receipt, named = certificate.receipt, certificate.pdf
    number = certificate_number(trust.genesis.domain, index)
    for what, said, found in (
        ("network", named.network_id.hex(), receipt.network_id.hex()),
        ("record", named.record_id.hex(), receipt.record_id.hex()),
        ("entry", named.entry_hash.hex(), leaf_hash(receipt.entry).hex()),
        ("number", named.number, number),
    ):
        if said != found:
            facts = {"what": what, "named": said, "found": found}
            raise VerificationError(Code.CERTIFICATE_PDF_OTHER, step=CERTIFICATE_STEP, **facts)
    return Step(CERTIFICATE_STEP, applies=True, facts={"number": number})
