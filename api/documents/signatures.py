"""Judges who signed a certificate in PDF (PAdES), under the authorities that a reader trusts.

The light verifier knows no PAdES and says so; this one is for `bidwitness verify`. Opens no
connection: whether a signer's certificate was revoked is not asked, and its validity is judged as
of the time that the signer claims. Spec: ``docs/spec/certificate_pdf.md``.
"""

import io
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from ledger.certificate_pdfs import PaperCertificate, SignatureJudge, Signed
from ledger.codes import Code
from ledger.errors import VerificationError

_USAGES: Final = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)

# What does not hold is told by us; its traces are for whoever develops pyHanko.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def signature_judge(authorities: bytes) -> SignatureJudge:
    """A judge of signatures.

    Args:
        authorities: PEM certificates that the reader trusts; where there are none, a signature is
            judged to be whole, and nothing is said of the signer.
    """
    anchors = list(load_certs_from_pemder_data(authorities)) if authorities else []

    def judge(certificate: PaperCertificate) -> Signed:
        status, claimed_ms = _status(certificate, anchors)
        whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        if not (status.intact and status.valid and whole):
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNATURE)
        signer = _named(status.signing_cert.subject)
        issuer = _named(status.signing_cert.issuer)
        if anchors and not status.trusted:
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNER, signer=signer, issuer=issuer)
        return Signed(signer, issuer, claimed_ms, trusted=bool(anchors))

    return judge


def _status(
    certificate: PaperCertificate, anchors: Sequence[Any]
) -> tuple[PdfSignatureStatus, int]:
    """What pyHanko says of the one signature; whatever it cannot read does not hold."""
    claimed_ms = certificate.pdf.issued_at_ms
    moment = datetime.fromtimestamp(claimed_ms // 1000, UTC)
    try:
        reader = PdfFileReader(io.BytesIO(certificate.data), strict=True)
        (embedded,) = reader.embedded_signatures
        context = ValidationContext(trust_roots=list(anchors), allow_fetching=False, moment=moment)
        status = validate_pdf_signature(
            embedded, signer_validation_context=context, key_usage_settings=_USAGES
        )
    except (PdfError, SigningError, SignatureValidationError, ValueError) as problem:
        raise VerificationError(Code.CERTIFICATE_PDF_SIGNATURE) from problem
    return status, claimed_ms


def _named(name: Any) -> str:
    """The common name, else the organisation, of a subject or issuer."""
    told = name.native
    return str(told.get("common_name") or told.get("organization_name") or name.human_friendly)
