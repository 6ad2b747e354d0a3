"""Signs certificates by PAdES, and makes the keys for a demonstration of it.

A signer is a key with its certificates in PKCS#12, issued by an authority that readers know. The
signature is filled into the room that `assembly` left, so a signed file has one revision only.
Spec: ``docs/spec/certificate_pdf.md``; ETSI EN 319 142-1, level B-B,
and B-T where an authority stamps the signature.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, SimpleSigner

from api.documents.signature_stamps import SignatureStamper, with_stamp
from ledger.carriers.pdf_attachment import CMS_BYTES_MAX
from ledger.codes import Code
from ledger.errors import InvariantBroken, StoreError

SIGNER_BYTES_MAX: Final = 256 * 1024
_CONTENTS: Final = b"/Contents<"
_RANGE: Final = b"/ByteRange[0 0000000000 0000000000 0000000000]"


@dataclass(frozen=True, slots=True)
class DocumentSigner:
    """The key under which one organisation issues certificates."""

    inner: Any
    """pyHanko's signer."""
    stamper: SignatureStamper | None = None
    """Has each signature stamped; None: nobody does."""

    @property
    def until_ms(self) -> int:
        """End of its certificate's validity."""
        return int(self.inner.signing_cert.not_valid_after.timestamp() * 1000)

    def valid_at(self, time_ms: int) -> bool:
        """Whether its certificate is valid then: an expired one signs nothing."""
        start = int(self.inner.signing_cert.not_valid_before.timestamp() * 1000)
        return start <= time_ms <= self.until_ms

    def sign(self, data: bytes) -> bytes:
        """A file with room for a signature, signed; raises as `signed`."""
        return signed(data, self)


def open_signer(
    pkcs12: bytes, passphrase: bytes, path: str, stamper: SignatureStamper | None = None
) -> DocumentSigner:
    """The signer in a PKCS#12 file.

    Args:
        pkcs12: key, certificate and the certificates above it.
        passphrase: of the file.
        path: for whoever has to mend it.
        stamper: has each signature stamped; None: nobody does.

    Raises:
        StoreError: `certificate_pdf.signer_file`.
    """
    try:
        signer = SimpleSigner.load_pkcs12_data(pkcs12, other_certs=[], passphrase=passphrase)
    except ValueError as problem:
        raise StoreError(Code.CERTIFICATE_PDF_SIGNER_FILE, path=path) from problem
    if signer is None or signer.signing_cert is None:
        raise StoreError(Code.CERTIFICATE_PDF_SIGNER_FILE, path=path)
    return DocumentSigner(signer, stamper)


def signed(data: bytes, signer: DocumentSigner) -> bytes:
    """A file with room for a signature, signed.

    Args:
        data: of `api.documents.assembly`.
        signer: whose key.

    Raises:
        InvariantBroken: there is no room, or too little.
    """
    start = data.rfind(_CONTENTS) + len(_CONTENTS) - 1
    end = start + 2 + 2 * CMS_BYTES_MAX
    if data.count(_RANGE) != 1 or data[end - 1 : end] != b">":
        raise InvariantBroken("a certificate was to be signed and has no room for a signature")
    told = b"/ByteRange[0 %010d %010d %010d]" % (start, end, len(data) - end)
    data = data.replace(_RANGE, told)
    digest = hashlib.sha256(data[:start] + data[end:]).digest()
    attributes = PdfCMSSignedAttributes(adobe_revinfo_attr=None)
    signature = asyncio.run(
        signer.inner.async_sign(digest, "sha256", use_pades=True, signed_attr_settings=attributes)
    )
    made: bytes = signature.dump()
    if signer.stamper is not None:
        stamped: bytes = with_stamp(signature, signer.stamper).dump()
        made = stamped if len(stamped) <= CMS_BYTES_MAX else made
    if len(made) > CMS_BYTES_MAX:
        raise InvariantBroken(f"a signature of {len(made)} bytes")
    spelled = made.hex().encode().ljust(2 * CMS_BYTES_MAX, b"0")
    return data[: start + 1] + spelled + data[end - 1 :]
