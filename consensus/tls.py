"""Mutual TLS 1.3 between committee nodes: whose key is at the other end, and nothing else.

Certificates are self-signed carriers of a key. The committee pins the SHA-256 of each node's
SubjectPublicKeyInfo; the pin names the node. Expiry never matters: an old certificate must not stop
a committee. No name, issuer or date in a certificate is believed. Spec: RFC 8446, ``docs/spec/
wire.md``.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import StoreError, VerificationError

_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME, which `ssl` does not name."""
_YEARS: Final = 20


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a node keeps its key, and the certificates of its peers."""

    certificate: Path
    key: Path
    """PEM, PKCS #8, mode 0600."""
    peers: tuple[Path, ...]
    """PEM certificates of the other committee nodes: the only trust anchors."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Accepts TLS 1.3 from holders of the peers' keys only."""
    return _context(ssl.PROTOCOL_TLS_SERVER, files)


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Connects by TLS 1.3 to holders of the peers' keys only."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, files)


def pins(committee: Committee) -> Mapping[Digest, NodeId]:
    """The node that each pinned key names."""
    return {node.tls_key_digest: node.node_id for node in committee.nodes}


def peer_of(
    certificate_der: bytes | None, pinned: Mapping[Digest, NodeId]
) -> tuple[NodeId, Digest]:
    """The committee node whose pinned key ended the handshake, and that pin.

    Raises:
        VerificationError: `peer.refused`: no certificate, one that cannot be read here (whoever
            holds a pinned key may have signed it), or a key that is not pinned.
    """
    if certificate_der is None:
        raise VerificationError(Code.PEER_REFUSED, address="", reason="no certificate")
    try:
        pin = digest_of(certificate_der)
    except ValueError as problem:
        raise VerificationError(Code.PEER_REFUSED, address="", reason=str(problem)) from problem
    node = pinned.get(pin)
    if node is None:
        raise VerificationError(Code.PEER_REFUSED, address="", reason="key not pinned")
    return node, pin


def check_own(files: TlsFiles, committee: Committee, own: NodeId) -> None:
    """Require that the node's certificate carries the key that the committee pins for it.

    Raises:
        StoreError: `tls.file`, `tls.own_key`; peers would refuse every connection.
    """
    certificate = read_certificate(files.certificate)
    if key_digest(certificate) != committee.node(own).tls_key_digest:
        raise StoreError(Code.TLS_OWN_KEY, path=str(files.certificate), node=own)


def load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Show this certificate in the handshakes of a context.

    Raises:
        StoreError: `tls.file`.
    """
    try:
        context.load_cert_chain(certificate, key)
    except OSError as problem:
        raise _unusable(key, problem) from problem


def digest_of(certificate_der: bytes) -> Digest:
    """What a committee pins of a certificate.

    Raises:
        ValueError: it is none.
    """
    try:
        return key_digest(x509.load_der_x509_certificate(certificate_der))
    except (x509.InvalidVersion, UnsupportedAlgorithm) as problem:
        # Neither is a ValueError, and whoever asks may hold a stranger's bytes.
        raise ValueError(str(problem)) from problem


def read_certificate(path: Path) -> x509.Certificate:
    """The certificate in a PEM file.

    Raises:
        StoreError: `tls.file`.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise _unusable(path, problem) from problem


def valid_until_ms(path: Path) -> int:
    """When the certificate at `path` ends; for people only, see above.

    Raises:
        StoreError: `tls.file`.
    """
    return ends_ms(read_certificate(path))


def ends_ms(certificate: x509.Certificate) -> int:
    """When a certificate ends; for people only, see above."""
    return int(certificate.not_valid_after_utc.timestamp()) * 1000


def key_digest(certificate: x509.Certificate) -> Digest:
    """SHA-256 of the certificate's SubjectPublicKeyInfo: what the committee pins.

    Raises:
        ValueError: its key is none that this machine's library knows.
    """
    try:
        return public_digest(certificate.public_key())
    except UnsupportedAlgorithm as problem:
        raise ValueError(str(problem)) from problem


def public_digest(key: PublicKeyTypes) -> Digest:
    """SHA-256 of a key's SubjectPublicKeyInfo."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def new_certificate(node_id: NodeId, now_ms: int) -> tuple[bytes, bytes, Digest]:
    """A fresh Ed25519 key with its self-signed certificate.

    Args:
        node_id: goes into the common name, for people.
        now_ms: start of the validity, which nobody checks.

    Returns:
        (PEM of the private key, PEM of the certificate, digest to pin).
    """
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id)])
    start = datetime.fromtimestamp(now_ms // 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .sign(key, None)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM), key_digest(certificate)


def _context(side: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Names are not believed: the pin, checked after the handshake, says who it is.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    load_own(context, files.certificate, files.key)
    for path in files.peers:
        try:
            context.load_verify_locations(cadata=path.read_text(encoding="ascii"))
        except (OSError, ValueError) as problem:
            raise _unusable(path, problem) from problem
    return context


def _unusable(path: Path, problem: Exception) -> StoreError:
    reason = getattr(problem, "strerror", None) or str(problem)
    return StoreError(Code.TLS_FILE, path=str(path), reason=reason)
