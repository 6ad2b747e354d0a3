"""Judges who signed a certificate in PDF (PAdES), under the authorities that a reader trusts.

The light verifier knows no PAdES and says so; this one is for `bidwitness verify`. Opens no
connection: whether a signer's certificate was revoked is judged by the lists that the reader has,
and its validity as of the time that the signer claims. Spec: ``docs/spec/certificate_pdf.md``.
"""

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from cryptography import x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from api.documents.revocation import check_not_revoked
from api.documents.signature_stamps import stamp_of
from ledger.certificate_pdfs import PaperCertificate, SignatureJudge, Signed
from ledger.codes import Code
from ledger.errors import VerificationError
from ledger.time_stamps import Authority

_USAGES: Final = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)

# What does not hold is told by us; its traces are for whoever develops pyHanko.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class _Relied:
    """What a reader relies on when it judges a signature."""

    authorities: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...]
    stampers: tuple[Authority, ...]


def signature_judge(
    authorities: bytes,
    lists: Sequence[x509.CertificateRevocationList] = (),
    stampers: Sequence[Authority] = (),
) -> SignatureJudge:
    """A judge of signatures.

    Args:
        authorities: PEM certificates that the reader trusts; where there are none, a signature is
            judged to be whole, and nothing is said of the signer.
        lists: revocation lists that the reader has.
        stampers: whose word about the time of a signature the reader takes.
    """
    trusted = tuple(x509.load_pem_x509_certificates(authorities)) if authorities else ()
    relied = _Relied(trusted, tuple(lists), tuple(stampers))
    anchors = list(load_certs_from_pemder_data(authorities)) if authorities else []

    def judge(certificate: PaperCertificate) -> Signed:
        embedded, status, claimed_ms = _status(certificate, anchors)
        whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        if not (status.intact and status.valid and whole):
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNATURE)
        signer = _named(status.signing_cert.subject)
        issuer = _named(status.signing_cert.issuer)
        if anchors and not status.trusted:
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNER, signer=signer, issuer=issuer)
        stamped = stamp_of(embedded.signer_info, relied.stampers)
        said = Signed(signer, issuer, claimed_ms, trusted=bool(anchors))
        if stamped is not None:
            said = replace(said, stamper=stamped.name, stamped_ms=stamped.time_ms)
        return replace(said, listed_ms=_listed_ms(status, relied, said))

    return judge


def _status(
    certificate: PaperCertificate, anchors: Sequence[Any]
) -> tuple[Any, PdfSignatureStatus, int]:
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
    return embedded, status, claimed_ms


def _listed_ms(status: PdfSignatureStatus, relied: _Relied, said: Signed) -> int | None:
    """Whether the reader's lists name the signer, or an authority between it and the reader's.

    Returns:
        When the oldest was made of the newest lists, one for each of these certificates; None
        where one of them has none.

    Raises:
        VerificationError: `certificate_pdf.revoked`.
    """
    if not relied.authorities or status.validation_path is None:
        return None
    path = [
        x509.load_der_x509_certificate(each.dump())
        for each in status.validation_path.iter_certs(include_root=True)
    ]
    found = [
        # An authority may have signed its lists with an earlier certificate of the same name.
        check_not_revoked(
            each, (issuer, *relied.authorities), relied.lists, said.claimed_ms, said.stamped_ms
        )
        for issuer, each in pairwise(path)
    ]
    dates = [each for each in found if each is not None]
    return min(dates) if dates and len(dates) == len(found) else None


def _named(name: Any) -> str:
    """The common name, else the organisation, of a subject or issuer."""
    told = name.native
    return str(told.get("common_name") or told.get("organization_name") or name.human_friendly)
