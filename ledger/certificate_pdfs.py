"""Judges a certificate in PDF: its receipt by the ten checks, and that it is of what it names.

What its pages show is for people to compare with the verdict; its signature is judged where PAdES
is known (`api.documents.signatures`). Spec: ``docs/spec/certificate_pdf.md``.
"""

from collections.abc import Sequence
from dataclasses import replace

from ledger.carriers.pdf_attachment import CertificatePdf
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex
from ledger.core.merkle import leaf_hash
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt, decode_receipt
from ledger.errors import VerificationError
from ledger.numbering import CERTIFICATE_STEP
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import verify_receipt


def verify_certificate(
    certificate: CertificatePdf,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest] = (),
    policy: Policy | None = None,
) -> VerifiedRecord:
    """Verify what a certificate carries, and that it is what the certificate names.

    Args:
        certificate: from anyone.
        trust: from a source that the reader trusts.
        documents: in the reader's hands; each must be evidence of the record.
        policy: what the reader demands besides the committee's quorum.

    Raises:
        FormatError: the attachment is no receipt.
        VerificationError: as `ledger.verify.verify_receipt`; `certificate_pdf.other` in check 14.
    """
    receipt = decode_receipt(certificate.receipt)
    verdict = verify_receipt(receipt, trust, documents, policy)
    step = check_named(certificate, receipt, trust, verdict.index)
    caveats = (Caveat.PAGES, Caveat.SIGNATURE if certificate.signed_ranges else Caveat.UNSIGNED)
    return replace(verdict, steps=(*verdict.steps, step), caveats=(*caveats, *verdict.caveats))


def check_named(
    certificate: CertificatePdf, receipt: Receipt, trust: TrustRoot, index: LogIndex
) -> Step:
    """Check 14: the receipt inside is of the record, entry and number that the certificate names.

    Args:
        certificate: whose metadata are compared.
        receipt: its attachment, verified.
        trust: of the network.
        index: the record's place in the log.

    Raises:
        VerificationError: `certificate_pdf.other`.
    """
    entry_hash = leaf_hash(receipt.entry)
    number = certificate_number(trust.genesis.domain, index)
    for what, named, found in (
        ("network", certificate.network_id.hex(), receipt.network_id.hex()),
        ("record", certificate.record_id.hex(), receipt.record_id.hex()),
        ("entry", certificate.entry_hash.hex(), entry_hash.hex()),
        ("number", certificate.number, number),
    ):
        if named != found:
            raise VerificationError(
                Code.CERTIFICATE_PDF_OTHER,
                step=CERTIFICATE_STEP,
                what=what,
                named=named,
                found=found,
            )
    return Step(CERTIFICATE_STEP, applies=True, facts={"number": number})
