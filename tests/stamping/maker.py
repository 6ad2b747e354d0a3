"""A time stamping authority of which every byte follows from its name: for vectors.

It spells DER by itself, so that what it says can be wrong in one place and right in all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256, sha512

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
TST_INFO = "1.2.840.113549.1.9.16.1.4"
SHA256 = "2.16.840.1.101.3.4.2.1"
SHA512 = "2.16.840.1.101.3.4.2.3"
ED25519 = "1.3.101.112"
NULL = b"\x05\x00"


def wrap(tag: int, *parts: bytes) -> bytes:
    """One value in DER."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    spelled = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(spelled))) + spelled + body


def seq(*parts: bytes) -> bytes:
    return wrap(0x30, *parts)


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    spelled = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        spelled += bytes(reversed(septets))
    return wrap(0x06, spelled)


def integer(value: int) -> bytes:
    return wrap(0x02, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def algorithm(dotted: str, *parameters: bytes) -> bytes:
    return seq(oid(dotted), *parameters)


@dataclass
class Maker:
    """An authority, and whoever answers for its certificate."""

    name: str
    usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,)
    critical: bool = True
    since: datetime = NOON - timedelta(days=30)
    until: datetime = NOON + timedelta(days=365)
    root_until: datetime = NOON + timedelta(days=3650)
    may_issue: bool = True
    root_key: Ed25519PrivateKey = field(init=False)
    key: Ed25519PrivateKey = field(init=False)
    root: x509.Certificate = field(init=False)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.root_key, self.key = self._key("root"), self._key("tsa")
        above, own = self._name("root"), self._name("tsa")
        self.root = (
            self._builder(above, above, self.root_key, 1)
            .not_valid_after(self.root_until)
            .add_extension(x509.BasicConstraints(self.may_issue, None), critical=True)
            .sign(self.root_key, None)
        )
        builder = self._builder(own, above, self.key, 2).not_valid_after(self.until)
        if self.usages:
            usage = x509.ExtendedKeyUsage(self.usages)
            builder = builder.add_extension(usage, critical=self.critical)
        self.certificate = builder.sign(self.root_key, None)

    @property
    def pem(self) -> bytes:
        """What a reader puts beside the trust root."""
        return self.root.public_bytes(Encoding.PEM)

    def info(
        self,
        data: bytes,
        moment: str = "20260301040000Z",
        *,
        version: int = 1,
        digest: str = SHA256,
        accuracy: bytes = b"",
        ordering: bytes = b"",
        nonce: bytes = b"",
        rest: bytes = b"",
    ) -> bytes:
        """`TSTInfo` over some bytes."""
        hashed = {SHA256: sha256, SHA512: sha512}[digest](data).digest()
        imprint = seq(algorithm(digest, NULL), wrap(0x04, hashed))
        when = wrap(0x18, moment.encode())
        said = (accuracy, ordering, nonce, rest)
        return seq(integer(version), oid("1.2.3.4.1"), imprint, integer(7), when, *said)

    def attributes(self, info: bytes, named: bytes | None = None, v1: bool = False) -> list[bytes]:
        """What is signed: the kind of content, its digest, and the certificate."""
        own = self.certificate.public_bytes(Encoding.DER) if named is None else named
        digest = sha1(own, usedforsecurity=False) if v1 else sha256(own)
        attribute = "1.2.840.113549.1.9.16.2.12" if v1 else "1.2.840.113549.1.9.16.2.47"
        by_digest = seq(seq(seq(wrap(0x04, digest.digest()))))
        return [
            seq(oid("1.2.840.113549.1.9.3"), wrap(0x31, oid(TST_INFO))),
            seq(oid("1.2.840.113549.1.9.4"), wrap(0x31, wrap(0x04, sha512(info).digest()))),
            seq(oid(attribute), wrap(0x31, by_digest)),
        ]

    def token(
        self,
        info: bytes,
        attributes: Sequence[bytes] | None = None,
        *,
        kind: str = TST_INFO,
        sort: bool = True,
        signature: bytes | None = None,
        signers: int = 1,
        certificates: Sequence[bytes] | None = None,
        signed_with: str = ED25519,
        version: int = 3,
    ) -> bytes:
        """A token around `info`."""
        said = self.attributes(info) if attributes is None else attributes
        raw = b"".join(sorted(said) if sort else said)
        made = self.key.sign(wrap(0x31, raw)) if signature is None else signature
        issuer = self.certificate.issuer.public_bytes()
        signer = seq(
            integer(1),
            seq(issuer, integer(self.certificate.serial_number)),
            algorithm(SHA512, NULL),
            wrap(0xA0, raw),
            algorithm(signed_with),
            wrap(0x04, made),
        )
        own = [self.certificate.public_bytes(Encoding.DER)]
        signed = seq(
            integer(version),
            wrap(0x31, algorithm(SHA512, NULL)),
            seq(oid(kind), wrap(0xA0, wrap(0x04, info))),
            wrap(0xA0, *(own if certificates is None else certificates)),
            wrap(0x31, *[signer] * signers),
        )
        return seq(oid("1.2.840.113549.1.7.2"), wrap(0xA0, signed))

    def stamp(self, text: str, moment: str = "20260301040000Z") -> bytes:
        """A token over a head as it should be."""
        return self.token(self.info(text.encode(), moment))

    def _key(self, what: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(f"{self.name} {what}".encode()).digest())

    def _name(self, what: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{self.name} {what}")])

    def _builder(
        self, own: x509.Name, above: x509.Name, key: Ed25519PrivateKey, serial: int
    ) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(above, own, key.public_key(), serial).not_valid_before(
            self.since
        )
