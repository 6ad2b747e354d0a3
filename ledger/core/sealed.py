"""Sealed records: an author's signed record behind a commitment, and what opens it.

Before the opening the ledger holds 32 bytes that say nothing: not who, not about what, not whether
there is anything behind them. Salts come from outside: nothing here is random. Nothing here judges
the record inside. Spec: ``docs/spec/sealed.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.bundle import HEADER_BYTES_MAX, Bundle, check_covers, decode_header, sign_bundle
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, MemberId, NetworkId, RecordId
from ledger.core.record import Record, record_id
from ledger.core.shapes import SIGNATURE_BYTES
from ledger.core.signing import Signer
from ledger.errors import FormatError

COMMITMENT_TYPE: Final = "sealed.commitment"
OPENING_TYPE: Final = "sealed.opening"
OPENS: Final = "opens"
"""The relation by which an opening cites its commitment."""
DIGEST_FIELD: Final = "commitment"
"""The one field of a commitment."""
SALT_BYTES: Final = 32
INNER_RECORD_BYTES_MAX: Final = 12 * 1024
"""So that an opening, which carries it, fits into a record."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle of one record and the salt: whoever holds it can open the commitment."""

    header: bytes
    """Canonical header of the author's bundle, the inner bundle."""
    signature: bytes
    """64 bytes, by the author's key over that header."""
    record: bytes
    """Canonical bytes of the one record, the inner record."""
    salt: bytes
    """32 random bytes: without them nobody can try out what might be inside."""

    @property
    def record_id(self) -> RecordId:
        """The id of the inner record; computed, never read."""
        return record_id(self.record)

    def fields(self) -> Mapping[str, Value]:
        """The fields of the opening that carries this."""
        return {
            "header": self.header,
            "signature": self.signature,
            "record": self.record,
            "salt": self.salt,
        }

    def bundle(self) -> Bundle:
        """The inner bundle as a bundle like any other; its signature is not judged here.

        Raises:
            FormatError: a `format.*` code, or `bundle.records_root` where the header covers
                anything but the one record.
        """
        header, ids = decode_header(self.header), (self.record_id,)
        check_covers(header, self.signature, ids)
        return Bundle(header, self.header, self.signature, (self.record,), ids)


def seal(
    signer: Signer,
    network_id: NetworkId,
    author: MemberId,
    record: bytes,
    created_at_ms: int,
    expires_at_ms: int,
    salt: bytes,
    nonce: bytes,
) -> Sealed:
    """Sign a record for sealing.

    Args:
        signer: a key of the author.
        network_id: of the ledger.
        author: issuer of the record.
        record: canonical bytes, at most 12 KiB.
        created_at_ms: of the inner bundle.
        expires_at_ms: the commitment must be on the ledger by then; the opening may come later.
        salt: 32 fresh random bytes.
        nonce: of the inner bundle, 16 fresh random bytes.

    Raises:
        FormatError: `sealed.too_large`, or `format.shape` for a salt of another length.
    """
    _check_sizes(record, salt)
    life = (created_at_ms, expires_at_ms)
    bundle = sign_bundle(signer, network_id, author, [record], *life, nonce)
    return Sealed(bundle.header_bytes, bundle.signature, record, salt)


def commitment_digest(network_id: NetworkId, committed_by: MemberId, sealed: Sealed) -> Digest:
    """``C = H(tag ‖ [network id, issuer of the commitment, header, signature, record, salt])``.

    It names the issuer of the commitment, so that a digest copied by another can never be opened.
    """
    body = (network_id, committed_by, *sealed.fields().values())
    return tagged_hash(Tag.COMMITMENT, encode(body))


def sealed_of(opening: Record) -> Sealed:
    """What an opening carries.

    Raises:
        FormatError: `sealed.opening` where the record is no opening of the right form.
    """
    parts = [opening.fields.get(name) for name in ("header", "signature", "record", "salt")]
    held = [part for part in parts if isinstance(part, bytes)]
    if opening.type != OPENING_TYPE or len(held) != len(parts) or len(opening.fields) != len(parts):
        raise FormatError(Code.SEALED_OPENING, what="fields")
    sealed = Sealed(*held)
    _check_sizes(sealed.record, sealed.salt)
    if len(sealed.header) > HEADER_BYTES_MAX or len(sealed.signature) != SIGNATURE_BYTES:
        raise FormatError(Code.SEALED_OPENING, what="header, signature")
    return sealed


def opens(opening: Record) -> RecordId:
    """The commitment that an opening names.

    Raises:
        FormatError: `sealed.opening` where it does not name exactly one, of this ledger.
    """
    refs = opening.refs
    if len(refs) != 1 or refs[0].relation != OPENS or refs[0].network_id is not None:
        raise FormatError(Code.SEALED_OPENING, what="refs")
    return refs[0].record_id


def digest_in(commitment: Record) -> Digest | None:
    """The digest that a commitment holds; None where the record is no commitment."""
    found = commitment.fields.get(DIGEST_FIELD)
    if commitment.type != COMMITMENT_TYPE or not isinstance(found, bytes):
        return None
    return Digest(found)


def _check_sizes(record: bytes, salt: bytes) -> None:
    if len(record) > INNER_RECORD_BYTES_MAX:
        raise FormatError(Code.SEALED_TOO_LARGE, size=len(record), limit=INNER_RECORD_BYTES_MAX)
    if len(salt) != SALT_BYTES:
        raise FormatError(Code.FORMAT_SHAPE, what="salt")
