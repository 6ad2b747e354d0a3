"""Deposits: a member's openings, encrypted for itself and for supervisors, bound to their record.

Everything but the openings themselves is open and signed: which record, which of its fields, under
which root, and for whom. So a store can tell what it keeps, and a recipient what it must find.
Encrypts and decrypts nothing: `ledger.deposits` does. Spec: ``docs/spec/deposits.md``.
"""

import itertools
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core import strict_json
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import Tag, sha256, tagged_hash
from ledger.core.identifiers import (
    Digest,
    MemberId,
    NetworkId,
    PublicKey,
    RecordId,
    check_name,
)
from ledger.core.shapes import SIGNATURE_BYTES, array, digest, octets, text, versioned
from ledger.errors import FormatError

FORMAT: Final = "bidwitness.deposit"
VERSION: Final = 1
RECIPIENTS_MAX: Final = 32
NAMES_MAX: Final = 256
CONTENT_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
SEAL_BYTES: Final = 48
"""What a sealed box adds: an ephemeral key and a tag."""
PAYLOAD_BYTES_MAX: Final = 2 << 20
DEPOSIT_BYTES_MAX: Final = 4 << 20
_TAG_BYTES: Final = 16
_HEADER_BYTES_MAX: Final = 64 << 10
_FILE: Final = ("header", "wrapped", "ciphertext", "key", "signature")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may open a deposit."""

    member_id: MemberId
    encryption_key: bytes
    """X25519, 32 bytes, as the member enrolled it."""

    def value(self) -> Value:
        """``[member, encryption key]``."""
        return (self.member_id, self.encryption_key)


@dataclass(frozen=True, slots=True)
class DepositHeader:
    """What a deposit says openly; the encryption is bound to each byte of it."""

    network_id: NetworkId
    record_id: RecordId
    issuer: MemberId
    """Of the record; the depositor."""
    root: Digest
    """The record's private root."""
    names: tuple[str, ...]
    """The fields that are deposited, ascending."""
    recipients: tuple[Recipient, ...]
    """By member, ascending."""
    key_digest: Digest
    """H(tag deposit ‖ ["key", content key]): one key for all recipients, whoever is given which."""
    nonce: bytes
    """24 random bytes."""

    def encode(self) -> bytes:
        """The canonical array; what the ciphertext is authenticated with."""
        return encode(
            (
                "deposit",
                VERSION,
                self.network_id,
                self.record_id,
                self.issuer,
                self.root,
                self.names,
                tuple(each.value() for each in self.recipients),
                self.key_digest,
                self.nonce,
            )
        )


@dataclass(frozen=True, slots=True)
class Deposit:
    """The file ``SHA256.deposit.json``."""

    header: DepositHeader
    wrapped: tuple[bytes, ...]
    """The content key in a sealed box for each recipient, in their order."""
    ciphertext: bytes
    """XChaCha20-Poly1305 of the padded openings, authenticated with the header."""
    key: PublicKey
    """Ed25519, of the depositor."""
    signature: bytes
    """64 bytes, by `key`."""

    def signed_body(self) -> bytes:
        """What the depositor signs: header, boxes and ciphertext."""
        return signed_body(self.header, self.wrapped, self.ciphertext)

    def encode(self) -> bytes:
        """The deposit as a JSON file; its SHA-256 is its name."""
        return strict_json.dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "header": strict_json.base64(self.header.encode()),
                "wrapped": [strict_json.base64(each) for each in self.wrapped],
                "ciphertext": strict_json.base64(self.ciphertext),
                "key": self.key.hex(),
                "signature": self.signature.hex(),
            }
        )


def signed_body(header: DepositHeader, wrapped: tuple[bytes, ...], ciphertext: bytes) -> bytes:
    """``["signed", header, SHA-256 of each box, SHA-256 of the ciphertext]``."""
    boxes = tuple(sha256(each) for each in wrapped)
    return encode(("signed", header.encode(), boxes, sha256(ciphertext)))


def key_digest(content_key: bytes) -> Digest:
    """The commitment to a content key."""
    return tagged_hash(Tag.DEPOSIT, encode(("key", content_key)))


def decode_deposit(data: bytes) -> Deposit:
    """The deposit that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    value = strict_json.load(data, DEPOSIT_BYTES_MAX)
    header, wrapped, ciphertext, key, signature = strict_json.versioned(
        value, FORMAT, VERSION, _FILE
    )
    spelled = strict_json.octets(header, "header", _HEADER_BYTES_MAX)
    read = _header(decode(spelled, _HEADER_BYTES_MAX))
    box_bytes = CONTENT_KEY_BYTES + SEAL_BYTES
    boxes = tuple(
        strict_json.octets(each, "wrapped", box_bytes)
        for each in strict_json.listing(wrapped, "wrapped", RECIPIENTS_MAX)
    )
    if len(boxes) != len(read.recipients) or any(len(each) != box_bytes for each in boxes):
        raise FormatError(Code.FORMAT_SHAPE, what="wrapped")
    return Deposit(
        read,
        boxes,
        strict_json.octets(ciphertext, "ciphertext", PAYLOAD_BYTES_MAX + _TAG_BYTES),
        PublicKey(strict_json.octets_hex(key, "key", 32)),
        strict_json.octets_hex(signature, "signature", SIGNATURE_BYTES),
    )


def _header(value: Value) -> DepositHeader:
    items = versioned(value, "deposit", VERSION, 10)
    names = tuple(text(each, "names", 64) for each in _listed(items[6], "names", NAMES_MAX))
    recipients = tuple(_recipient(each) for each in _listed(items[7], "recipients", RECIPIENTS_MAX))
    _check_ascending(names, "names")
    _check_ascending([each.member_id for each in recipients], "recipients")
    return DepositHeader(
        network_id=NetworkId(digest(items[2], "network_id")),
        record_id=RecordId(digest(items[3], "record_id")),
        issuer=MemberId(check_name(text(items[4], "issuer", 32), "issuer")),
        root=digest(items[5], "root"),
        names=names,
        recipients=recipients,
        key_digest=digest(items[8], "key_digest"),
        nonce=octets(items[9], "nonce", NONCE_BYTES),
    )


def _recipient(value: Value) -> Recipient:
    member, key = array(value, "recipient", 2)
    name = check_name(text(member, "recipient", 32), "recipient")
    return Recipient(MemberId(name), octets(key, "encryption_key", 32))


def _listed(value: Value, what: str, count_max: int) -> tuple[Value, ...]:
    items = tuple(array(value, what))
    if not 0 < len(items) <= count_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return items


def _check_ascending(names: "tuple[str, ...] | list[MemberId]", what: str) -> None:
    if any(a >= b for a, b in itertools.pairwise(names)):
        raise FormatError(Code.FORMAT_SHAPE, what=what)
