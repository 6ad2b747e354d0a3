"""TLS certificates of nodes: Ed25519, self-signed, pinned by their public key in the committee.

The pin is SHA-256 of the SubjectPublicKeyInfo, so a renewed certificate over the same key needs no
change of the committee, and expiry never affects a vote.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cli.keyfiles import write_private
from ledger.core.identifiers import Digest, NodeId

CERTIFICATE_FILE: Final = "certificate.pem"
KEY_FILE: Final = "key.pem"
PEERS_FOLDER: Final = "peers"
_YEARS: Final = 15


@dataclass(frozen=True, slots=True)
class Certificate:
    """What other nodes need of a node's TLS identity."""

    pem: bytes
    pin: Digest
    """SHA-256 of the SubjectPublicKeyInfo."""


def new_certificate(folder: Path, node_id: NodeId, passphrase: bytes) -> Certificate:
    """Make a TLS key and its certificate for `node_id` in `folder`.

    Args:
        folder: gets ``certificate.pem`` and ``key.pem``, the key under `passphrase`.
        node_id: the common name, for people; peers go by the pin.
        passphrase: of the key file.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
    """
    key = Ed25519PrivateKey.generate()
    certificate = _self_signed(key, node_id)
    sealed = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase)
    )
    pem = certificate.public_bytes(Encoding.PEM)
    write_private(folder / KEY_FILE, sealed)
    write_private(folder / CERTIFICATE_FILE, pem)
    return Certificate(pem, pin_of(certificate))


def pin_of(certificate: x509.Certificate) -> Digest:
    """SHA-256 of the certificate's SubjectPublicKeyInfo."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Digest(hashlib.sha256(spki).digest())


def _self_signed(key: Ed25519PrivateKey, node_id: NodeId) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id)])
    # A day back, because the clocks of two departments never quite agree.
    start = datetime.now(UTC) - timedelta(days=1)
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(node_id)]), critical=False)
        .add_extension(uses, critical=False)
        .sign(key, None)
    )
