"""Self-signed certificates for the HTTPS of nodes' APIs: for intranets, and to be pinned.

ECDSA on P-256, because browsers take no Ed25519 there. They are not the certificates between nodes,
whose keys the genesis pins.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS: Final = 825
"""What browsers grant a certificate that is no authority's."""


def new_api_certificate(name: str, host: str, now_ms: int) -> tuple[bytes, bytes]:
    """A fresh key with its self-signed certificate.

    Args:
        name: goes into the common name, for people.
        host: address or name that readers ask; where it is loopback, ``localhost`` too.
        now_ms: start of the validity.

    Returns:
        (PEM of the private key, PEM of the certificate).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.fromtimestamp(now_ms // 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .issuer_name(subject)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


def _names(host: str) -> list[x509.GeneralName]:
    try:
        at = ip_address(host)
    except ValueError:
        return [x509.DNSName(host)]
    local = [x509.DNSName("localhost")] if at.is_loopback else []
    return [x509.IPAddress(at), *local]
