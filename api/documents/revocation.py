"""Revocation lists that a reader has, and whether one names a certificate behind a signature.

Nothing is fetched: a list is a file `NAME.crl.pem` in a trust folder, and counts only under the
authority that issued the signer's certificate. Spec: ``docs/spec/certificate_pdf.md``.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

from ledger.codes import Code
from ledger.errors import FormatError, VerificationError
from ledger.files import read_capped
from ledger.words.moments import beijing_time

SUFFIX: Final = ".crl.pem"
LISTS_MAX: Final = 64
_FILE_BYTES_MAX: Final = 16 << 20
_FOREIGN: Final = (ValueError, TypeError, UnsupportedAlgorithm)


def lists_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of lists in those of `paths` that are folders, by name.

    Raises:
        OSError: a folder cannot be read.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.glob(f"*{SUFFIX}") if each.is_file())


def read_lists(paths: Iterable[Path]) -> tuple[x509.CertificateRevocationList, ...]:
    """The list in each file.

    Raises:
        OSError: a file cannot be read.
        FormatError: `certificate_pdf.crl` where one holds none that says all, or of too many.
    """
    found: list[x509.CertificateRevocationList] = []
    for path in paths:
        try:
            held = x509.load_pem_x509_crl(read_capped(path, _FILE_BYTES_MAX))
            odd = [each for each in held.extensions if each.critical]
        except _FOREIGN as problem:
            raise FormatError(Code.CERTIFICATE_PDF_CRL, path=str(path)) from problem
        if odd or len(found) == LISTS_MAX:
            raise FormatError(Code.CERTIFICATE_PDF_CRL, path=str(path))
        found.append(held)
    return tuple(found)


def check_not_revoked(
    certificate: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    lists: Sequence[x509.CertificateRevocationList],
    claimed_ms: int,
    stamped_ms: int | None,
) -> int | None:
    """Require that no list of its issuer names a certificate as revoked when the signer signed.

    A time that only the signer claims helps nobody whose key was stolen: without a time stamp from
    before it, a revocation counts whenever it was.

    Args:
        certificate: the signer's, or that of an authority above it.
        authorities: who may have issued it, trusted by the reader or led to from there.
        lists: that the reader has.
        claimed_ms: when the signer signed, as it claims.
        stamped_ms: when it had signed at the latest, as an authority says that the reader trusts.

    Returns:
        When the newest list from after the signature was made; None where there is none such.

    Raises:
        VerificationError: `certificate_pdf.revoked`.
    """
    newest: int | None = None
    for each in lists:
        if each.issuer != certificate.issuer or not _issued_by_one_of(each, authorities):
            continue
        entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            revoked_ms = _ms(entry.revocation_date_utc)
            if stamped_ms is None or revoked_ms <= stamped_ms:
                name = certificate.subject.rfc4514_string()[:200]
                time = beijing_time(revoked_ms)
                raise VerificationError(Code.CERTIFICATE_PDF_REVOKED, signer=name, time=time)
        made_ms = _ms(each.last_update_utc)
        if made_ms >= claimed_ms and (newest is None or made_ms > newest):
            newest = made_ms
    return newest


def _issued_by_one_of(
    held: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate]
) -> bool:
    return any(
        each.subject == held.issuer and _may_sign(each) and _signed_by(held, each)
        for each in authorities
    )


def _may_sign(authority: x509.Certificate) -> bool:
    try:
        usage = authority.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    except x509.ExtensionNotFound:
        return True
    return isinstance(usage, x509.KeyUsage) and usage.crl_sign


def _signed_by(held: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return held.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except _FOREIGN:
        return False


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
