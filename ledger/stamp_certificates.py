"""Who made a time stamp token: the certificate of its signer, and the way from it to an anchor.

Anchors come from the reader and never from a token; what lies between may come from either. What
has been revoked is not asked: that would need the network, now. Spec: RFC 3161 section 2.3 and RFC
5280 section 6.1, as far as ``docs/spec/time_stamps.md`` says.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ledger.codes import Code
from ledger.core import der
from ledger.core.der import Der
from ledger.core.time_stamp import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256,
    SHA384,
    SHA512,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
    Token,
)
from ledger.errors import FormatError, VerificationError

DEPTH_MAX: Final = 4
"""Certificates from the signer's to the one under an anchor."""
_RSA_BITS: Final = range(2048, 8193)
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256(),
    SHA384: hashes.SHA384(),
    SHA512: hashes.SHA512(),
}
_NAMES: Final = {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}
_RSA: Final = "1.2.840.113549.1.1.1"
_RSA_WITH: Final = {
    _RSA: frozenset(_HASHES),
    "1.2.840.113549.1.1.11": frozenset({SHA256}),
    "1.2.840.113549.1.1.12": frozenset({SHA384}),
    "1.2.840.113549.1.1.13": frozenset({SHA512}),
}
_ECDSA_WITH: Final = {
    "1.2.840.10045.4.3.2": _HASHES[SHA256],
    "1.2.840.10045.4.3.3": _HASHES[SHA384],
    "1.2.840.10045.4.3.4": _HASHES[SHA512],
}
_ED25519: Final = "1.3.101.112"
_KNOWN_CRITICAL: Final = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
}
_NAME_MAX: Final = 200
_DER: Final = Encoding.DER
_FOREIGN: Final = (
    *(ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What cryptography raises about certificates that are none, or are of a kind unknown to it."""


def certificate_from(data: bytes) -> x509.Certificate:
    """The certificate that DER spells.

    Raises:
        FormatError: `time_stamp.format`.
    """
    try:
        found = x509.load_der_x509_certificate(data)
        # Both are read late: what is no certificate must fail here and nowhere else.
        _ = found.extensions, found.public_key(), found.subject, found.issuer
    except _FOREIGN as problem:
        raise FormatError(Code.TIME_STAMP_FORMAT, what="certificate", at=0) from problem
    return found


def signer_of(token: Token, anchors: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the signer names by issuer and serial, in the token or the anchors.

    Raises:
        FormatError: `time_stamp.format` for what is no certificate.
        VerificationError: `time_stamp.certificate` where it is not there.
    """
    for each in (*map(certificate_from, token.certificates), *anchors):
        if each.serial_number == token.serial and each.issuer.public_bytes() == token.issuer:
            return each
    raise VerificationError(Code.TIME_STAMP_CERTIFICATE, reason="not in the token")


def check_signed(token: Token, signer: x509.Certificate) -> None:
    """Require that the signer signed exactly this.

    Raises:
        FormatError: `time_stamp.format`.
        VerificationError: `time_stamp.signature`; `time_stamp.certificate` where the signature is
            not for this certificate; `time_stamp.algorithm`.
    """
    name = _NAMES.get(token.digest)
    if name is None:
        raise VerificationError(Code.TIME_STAMP_ALGORITHM, algorithm=token.digest)
    content = _value(token, CONTENT_TYPE, "contentType")
    if content.oid() != TST_INFO:
        raise content.wrong()
    said = _value(token, MESSAGE_DIGEST, "messageDigest").body(der.OCTETS)
    if said != hashlib.new(name, token.info_bytes).digest():
        raise VerificationError(Code.TIME_STAMP_SIGNATURE)
    _check_named(token, signer)
    _check_signature(token, signer.public_key())


def check_purpose(signer: x509.Certificate) -> None:
    """Require a certificate for stamping time and for nothing else (RFC 3161 section 2.3).

    Raises:
        VerificationError: `time_stamp.certificate`.
    """
    try:
        found = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as problem:
        raise _unfit("no extendedKeyUsage") from problem
    if not found.critical or list(found.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise _unfit("extendedKeyUsage")
    usage = _usage(signer)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise _unfit("keyUsage")


def check_way(
    signer: x509.Certificate,
    given: Iterable[bytes],
    anchors: Sequence[x509.Certificate],
    time_ms: int,
) -> None:
    """Require a way from the signer's certificate to an anchor, all of it in force at a time.

    Args:
        signer: whose way is looked for.
        given: certificates in DER that may lie between, from anyone.
        anchors: what the reader trusts, the signer's own among them or not.
        time_ms: when every certificate of the way must have been in force.

    Raises:
        FormatError: `time_stamp.format`.
        VerificationError: `time_stamp.unknown` where no way leads to an anchor, and
            `time_stamp.expired` where one does that was not in force.
    """
    between = tuple(map(certificate_from, given))
    if _leads(signer, between, anchors, time_ms):
        return
    name = signer.subject.rfc4514_string()[:_NAME_MAX]
    late = _leads(signer, between, anchors, None)
    raise VerificationError(Code.TIME_STAMP_EXPIRED if late else Code.TIME_STAMP_UNKNOWN, name=name)


def _leads(
    signer: x509.Certificate,
    between: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    time_ms: int | None,
) -> bool:
    """Whether a way leads to an anchor; level by level, each certificate looked at once."""
    candidates, level = [*anchors, *between], [signer]
    for depth in range(DEPTH_MAX):
        fit = [each for each in level if time_ms is None or _in_force(each, time_ms)]
        if any(each in anchors for each in fit):
            return True
        level = [one for one in candidates if any(_issued(one, each, depth) for each in fit)]
        candidates = [one for one in candidates if one not in level]
    return False


def _issued(above: x509.Certificate, below: x509.Certificate, depth: int) -> bool:
    """Whether one may issue certificates, and issued the other; `depth` authorities lie below."""
    if above.subject != below.issuer or not _may_issue(above, depth):
        return False
    named = below.signature_hash_algorithm
    if named is not None and named.name not in _NAMES.values():
        return False
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, *_FOREIGN):
        return False
    return True


def _may_issue(certificate: x509.Certificate, depth: int) -> bool:
    if any(each.critical and each.oid not in _KNOWN_CRITICAL for each in certificate.extensions):
        return False
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    usage = _usage(certificate)
    long = basic.path_length is not None and basic.path_length < depth
    return basic.ca and not long and (usage is None or usage.key_cert_sign)


def _in_force(certificate: x509.Certificate, time_ms: int) -> bool:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    # Both are whole seconds, and the last one counts to its end.
    return int(first.timestamp()) * 1000 <= time_ms < (int(last.timestamp()) + 1) * 1000


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _check_named(token: Token, signer: x509.Certificate) -> None:
    """The signed attributes name the signer's certificate by its digest (RFC 5035).

    RFC 2634 had SHA-1 there. It is taken, as most authorities still write it: the certificate is
    named by issuer and serial too, and must lead to an anchor by a signature of its own.
    """
    spelled = signer.public_bytes(_DER)
    found = False
    for attribute, default in ((SIGNING_CERTIFICATE, "sha1"), (SIGNING_CERTIFICATE_V2, "sha256")):
        if attribute not in token.attributes:
            continue
        first = _value(token, attribute, "signingCertificate").inside().inside().inside()
        name: str | None = default
        if attribute == SIGNING_CERTIFICATE_V2 and first.tag == der.SEQUENCE:
            name = _NAMES.get(first.inside().oid())
        if name is None:
            raise first.wrong()
        if first.body(der.OCTETS) != hashlib.new(name, spelled, usedforsecurity=False).digest():
            raise _unfit("signingCertificate")
        found = True
    if not found:
        raise _unfit("no signingCertificate")


def _check_signature(token: Token, key: CertificatePublicKeyTypes) -> None:
    digest = _HASHES[token.digest]
    try:
        match key:
            case rsa.RSAPublicKey() if key.key_size in _RSA_BITS and token.digest in _RSA_WITH.get(
                token.algorithm, ()
            ):
                key.verify(token.signature, token.signed, padding.PKCS1v15(), digest)
            case ec.EllipticCurvePublicKey() if token.algorithm in _ECDSA_WITH:
                signed_by = ec.ECDSA(_ECDSA_WITH[token.algorithm])
                key.verify(token.signature, token.signed, signed_by)
            case ed25519.Ed25519PublicKey() if token.algorithm == _ED25519:
                key.verify(token.signature, token.signed)
            case _:
                raise VerificationError(Code.TIME_STAMP_ALGORITHM, algorithm=token.algorithm)
    except InvalidSignature as problem:
        raise VerificationError(Code.TIME_STAMP_SIGNATURE) from problem


def _value(token: Token, name: str, what: str) -> Der:
    """The value of a signed attribute that must be there."""
    if name not in token.attributes:
        raise FormatError(Code.TIME_STAMP_FORMAT, what=what, at=0)
    return Der(token.attributes[name], what)


def _unfit(reason: str) -> VerificationError:
    return VerificationError(Code.TIME_STAMP_CERTIFICATE, reason=reason)
