"""An authority of a demonstration, and the keys under which its departments sign certificates.

A real network has its signers from a CA that courts know (电子签名法 article 13); this one shows
how that works, and its authority's name says what it is worth.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

_CA_DAYS: Final = 3_650
_SIGNER_DAYS: Final = 1_095


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that was made a moment ago, and is kept nowhere."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """Its certificate, for readers."""
        return self.certificate.public_bytes(Encoding.PEM)


def new_authority(name: str, now_ms: int) -> Authority:
    """A fresh authority.

    Args:
        name: its common name.
        now_ms: start of the validity.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _usage(signs_certificates=True)
    basic = x509.BasicConstraints(ca=True, path_length=0)
    made = _builder(subject, subject, key.public_key(), now_ms, _CA_DAYS)
    made = made.add_extension(basic, critical=True).add_extension(usage, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return Authority(key, made.add_extension(identifier, critical=False).sign(key, SHA256()))


def new_signer(
    authority: Authority, name: str, credit_code: str, passphrase: bytes, now_ms: int
) -> bytes:
    """A fresh key with its certificate, as PKCS#12.

    Args:
        authority: that issues the certificate.
        name: of the organisation.
        credit_code: of the organisation; empty for none.
        passphrase: of the file.
        now_ms: start of the validity.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    named = [x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]
    if credit_code:
        named.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, credit_code))
    issuer = authority.certificate.subject
    made = _builder(x509.Name(named), issuer, key.public_key(), now_ms, _SIGNER_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
        critical=False,
    )
    certificate = made.sign(authority.key, SHA256())
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        key,
        certificate,
        [authority.certificate],
        BestAvailableEncryption(passphrase),
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now_ms: int,
    days: int,
) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What the key is for: certificates, or documents that its holder stands by."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
