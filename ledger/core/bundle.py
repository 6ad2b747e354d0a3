"""Bundle: a member's signed batch of records, accepted whole or refused whole.

One Ed25519 signature covers 1 … 10,000 records through `records_root`: this is where throughput
comes from. Decoding checks everything but the signature, whose key the state knows. Spec:
``docs/spec/bundle.md``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.canonical import decode, encode
from ledger.core.hashing import LeafKind, Tag, leaf_data, tagged_hash
from ledger.core.identifiers import (
    DIGEST_BYTES,
    BundleId,
    Digest,
    KeyId,
    MemberId,
    NetworkId,
    RecordId,
    check_name,
)
from ledger.core.limits import DEFAULT, Parameters
from ledger.core.reader import Reader, array_header, byte_string, word
from ledger.core.record import NONCE_BYTES, record_id
from ledger.core.shapes import (
    SIGNATURE_BYTES,
    digest,
    integer,
    octets,
    text,
    time_ms,
    versioned,
)
from ledger.core.signing import Signer, key_id, sign_tagged, verify_tagged
from ledger.errors import FormatError, VerificationError

VERSION: Final = 1
"""Of the bundle around a header."""
HEADER_VERSION: Final = 2
"""Version 1 had no nonce, and its ids told who had submitted (ADR 0018)."""
HEADER_BYTES_MAX: Final = 512
_LEAF_START: Final = leaf_data(LeafKind.RECORD, bytes(DIGEST_BYTES))[:-DIGEST_BYTES]
"""What all leaves under `records_root` begin with; the 32 bytes of the id follow."""


@dataclass(frozen=True, slots=True)
class BundleHeader:
    """What the member's key signs."""

    network_id: NetworkId
    issuer: MemberId
    key_id: KeyId
    created_at_ms: int
    expires_at_ms: int
    """After this block time the bundle is refused, so it cannot surface years later."""
    count: int
    """Records in the bundle: the size of the tree under `records_root`."""
    records_root: Digest
    nonce: bytes
    """16 fresh random bytes. The rest can be guessed, and the public log names the bundle's id."""

    def encode(self) -> bytes:
        """The canonical header array."""
        return encode(
            (
                "bundle",
                HEADER_VERSION,
                self.network_id,
                self.issuer,
                self.key_id,
                self.created_at_ms,
                self.expires_at_ms,
                self.count,
                self.records_root,
                self.nonce,
            )
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A header, its signature, and the records it covers, as bytes."""

    header: BundleHeader
    header_bytes: bytes
    signature: bytes
    records: tuple[bytes, ...]
    """Canonical bytes of each record, in order."""
    record_ids: tuple[RecordId, ...]
    """Ids of `records`, distinct, in the same order."""

    @property
    def bundle_id(self) -> BundleId:
        """``H(tag ‖ header)``; says nothing about the signature."""
        return bundle_id(self.header_bytes)

    @property
    def pool_key(self) -> Digest:
        """``H(tag ‖ header ‖ signature)``: what pools, caches and acknowledgements name."""
        return pool_key(self.header_bytes, self.signature)

    def encode(self) -> bytes:
        """The bundle on the wire: ``["bundle", 1, header, signature, [record, …]]``."""
        parts = [
            array_header(5),
            word("bundle"),
            bytes((VERSION,)),
            byte_string(self.header_bytes),
            byte_string(self.signature),
            array_header(len(self.records)),
        ]
        parts.extend(byte_string(record) for record in self.records)
        return b"".join(parts)

    def verify(self, public_key: bytes) -> None:
        """Require that `public_key` is the one named and signed the header.

        Raises:
            VerificationError: `bundle.signature`.
        """
        verify_header(self.header, self.header_bytes, self.signature, public_key)


def sign_bundle(
    signer: Signer,
    network_id: NetworkId,
    issuer: MemberId,
    records: Sequence[bytes],
    created_at_ms: int,
    expires_at_ms: int,
    nonce: bytes,
) -> Bundle:
    """A bundle of `records` (canonical bytes) under `signer`'s key.

    Args:
        signer: a key of the issuer.
        network_id: of the ledger.
        issuer: of every record.
        records: canonical bytes, distinct.
        created_at_ms: by the issuer's clock.
        expires_at_ms: the bundle is refused after this block time.
        nonce: 16 fresh random bytes, of this bundle only.

    Raises:
        FormatError: `bundle.invalid` for no records or the same record twice.
    """
    ids = tuple(record_id(record) for record in records)
    _check_distinct(ids)
    header = BundleHeader(
        network_id,
        issuer,
        key_id(signer.public_key),
        created_at_ms,
        expires_at_ms,
        len(ids),
        records_root(ids),
        nonce,
    )
    header_bytes = header.encode()
    signature = sign_tagged(signer, Tag.BUNDLE, header_bytes)
    return Bundle(header, header_bytes, signature, tuple(records), ids)


def decode_bundle(data: bytes, limits: Parameters = DEFAULT) -> Bundle:
    """The bundle that `data` spells; its signature is not judged here.

    Raises:
        FormatError: a `format.*` code, `bundle.too_large`, `bundle.records_root` or
            `bundle.invalid`. Records are not decoded, only hashed.
    """
    if len(data) > limits.bundle_bytes_max:
        raise FormatError(Code.BUNDLE_TOO_LARGE, size=len(data), limit=limits.bundle_bytes_max)
    reader = Reader(data)
    if reader.array(5) != 5:
        raise FormatError(Code.FORMAT_SHAPE, what="bundle")
    reader.word("bundle")
    reader.version(VERSION)
    header_bytes = reader.bytes_(HEADER_BYTES_MAX)
    signature = reader.bytes_(SIGNATURE_BYTES)
    count = reader.array(limits.bundle_records_max)
    records = tuple(reader.bytes_(limits.record_bytes_max) for _ in range(count))
    reader.end()
    header = decode_header(header_bytes)
    ids = tuple(record_id(record) for record in records)
    check_covers(header, signature, ids)
    return Bundle(header, header_bytes, signature, records, ids)


def decode_header(data: bytes) -> BundleHeader:
    """The bundle header that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, HEADER_BYTES_MAX), "bundle", HEADER_VERSION, 10)
    return BundleHeader(
        network_id=NetworkId(digest(items[2], "network_id")),
        issuer=MemberId(check_name(text(items[3], "issuer"), "issuer")),
        key_id=KeyId(digest(items[4], "key_id")),
        created_at_ms=time_ms(items[5], "created_at_ms"),
        expires_at_ms=time_ms(items[6], "expires_at_ms"),
        count=integer(items[7], "count", 1, 1 << 31),
        records_root=digest(items[8], "records_root"),
        nonce=octets(items[9], "nonce", NONCE_BYTES),
    )


def check_covers(header: BundleHeader, signature: bytes, ids: Sequence[RecordId]) -> None:
    """Require that `header` covers exactly the records `ids`.

    Raises:
        FormatError: `bundle.invalid` or `bundle.records_root`.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise FormatError(Code.FORMAT_SHAPE, what="signature")
    _check_distinct(ids)
    if header.count != len(ids) or header.records_root != records_root(ids):
        raise FormatError(Code.BUNDLE_ROOT, count=header.count, found=len(ids))


def verify_header(
    header: BundleHeader, header_bytes: bytes, signature: bytes, public_key: bytes
) -> None:
    """Require that `public_key` is the key the header names and that it signed the header.

    Raises:
        VerificationError: `bundle.signature`.
    """
    if key_id(public_key) != header.key_id:
        raise VerificationError(Code.BUNDLE_SIGNATURE, issuer=header.issuer)
    try:
        verify_tagged(public_key, Tag.BUNDLE, header_bytes, signature)
    except VerificationError as problem:
        raise VerificationError(Code.BUNDLE_SIGNATURE, issuer=header.issuer) from problem


def records_root(ids: Iterable[RecordId]) -> Digest:
    """RFC 6962 root over the leaves ``["record", record id]``."""
    return merkle.root([record_leaf_hash(each) for each in ids])


def record_leaf_hash(each: RecordId) -> Digest:
    """Hash of one leaf under `records_root`: ``["record", record id]``."""
    return merkle.leaf_hash(_LEAF_START + each)


def bundle_id(header_bytes: bytes) -> BundleId:
    """The id of the bundle with these header bytes."""
    return BundleId(tagged_hash(Tag.BUNDLE, header_bytes))


def pool_key(header_bytes: bytes, signature: bytes) -> Digest:
    """What names one signed bundle, signature included."""
    return tagged_hash(Tag.SIGNED_BUNDLE, header_bytes + signature)


def _check_distinct(ids: Sequence[RecordId]) -> None:
    if not ids or len(set(ids)) != len(ids):
        raise FormatError(Code.BUNDLE_INVALID, count=len(ids))
