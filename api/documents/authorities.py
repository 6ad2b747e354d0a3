"""Under whose certificates a reader judges who signed a certificate: PEM files of authorities.

`NAME.ca.pem` in a trust folder holds the certificates of one. Light: whoever has nothing signed to
judge need not load PAdES.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ledger.codes import Code
from ledger.errors import FormatError
from ledger.files import read_capped

SUFFIX: Final = ".ca.pem"
ANCHORS_MAX: Final = 64
_FILE_BYTES_MAX: Final = 256 * 1024


def authorities_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of authorities in those of `paths` that are folders, by name.

    Raises:
        OSError: a folder cannot be read.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.glob(f"*{SUFFIX}") if each.is_file())


def read_authorities(paths: Iterable[Path]) -> bytes:
    """All certificates in some files, as one PEM.

    Raises:
        OSError: a file cannot be read.
        FormatError: `certificate_pdf.authority` where one holds none, or there are too many.
    """
    found: list[x509.Certificate] = []
    for path in paths:
        try:
            held = x509.load_pem_x509_certificates(read_capped(path, _FILE_BYTES_MAX))
        except ValueError as problem:
            raise FormatError(Code.CERTIFICATE_PDF_AUTHORITY, path=str(path)) from problem
        found += held
        if len(found) > ANCHORS_MAX:
            raise FormatError(Code.CERTIFICATE_PDF_AUTHORITY, path=str(path))
    return b"".join(each.public_bytes(Encoding.PEM) for each in found)
