"""Time stamps of signatures (PAdES level B-T): put into a signature, found in one, and judged.

A token is over SHA-256 of the signature's bytes and lies in an attribute that is not signed. Whose
word it is is judged like that over a head. Spec: ``docs/spec/certificate_pdf.md``.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from asn1crypto import cms

from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.core.time_stamp import decode_token
from ledger.errors import LedgerError, VerificationError
from ledger.time_stamps import Authority, Stamped, check_author

SignatureStamper: TypeAlias = Callable[[Digest], bytes | None]
"""Has an authority stamp a digest; None where none answers now."""
_ATTRIBUTE: Final = "signature_time_stamp_token"


def with_stamp(made: Any, stamper: SignatureStamper) -> Any:
    """A signature with the time stamp over it; as it was where nobody stamps.

    Args:
        made: `ContentInfo` around `SignedData` with one signer.
        stamper: asks for the token.
    """
    (signer,) = made["content"]["signer_infos"]
    token = stamper(_imprint(signer))
    if token is None:
        return made
    values = [cms.ContentInfo.load(token)]
    attribute = cms.CMSAttribute({"type": _ATTRIBUTE, "values": values})
    signer["unsigned_attrs"] = cms.CMSAttributes([attribute])
    return made


def stamp_of(signer: Any, stampers: Sequence[Authority]) -> Stamped | None:
    """Who stamped a signature, of those whom the reader trusts; None for nobody.

    Args:
        signer: `SignerInfo`.
        stampers: whose word counts.

    Raises:
        VerificationError: `certificate_pdf.signature` where a token is none, or over another one;
            a `time_stamp.*` code where a trusted stamper's does not hold.
    """
    tokens = [
        value.dump()
        for attribute in signer["unsigned_attrs"] or ()
        if attribute["type"].native == _ATTRIBUTE
        for value in attribute["values"]
    ]
    for spelled in tokens if stampers else ():
        try:
            token = decode_token(spelled)
        except LedgerError as problem:
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNATURE) from problem
        if token.info.imprint != _imprint(signer):
            raise VerificationError(Code.CERTIFICATE_PDF_SIGNATURE)
        for each in stampers:
            try:
                info = check_author(token, each)
            except VerificationError as problem:
                if problem.code is Code.TIME_STAMP_UNKNOWN:
                    continue
                raise
            return Stamped(each.name, info.time_ms + info.accuracy_ms, 0)
    return None


def _imprint(signer: Any) -> Digest:
    return Digest(hashlib.sha256(signer["signature"].native).digest())
