"""Makes deposits and opens them: one content key, in a sealed box for each recipient.

Opening believes nobody: what comes out must be the openings that the header names, and must open
the record, which the caller has proved. Spec: ``docs/spec/deposits.md``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.public import PublicKey as EncryptionKey

from ledger.codes import Code
from ledger.core.deposit import (
    CONTENT_KEY_BYTES,
    NONCE_BYTES,
    PAYLOAD_BYTES_MAX,
    Deposit,
    DepositHeader,
    Recipient,
    key_digest,
    signed_body,
)
from ledger.core.encryption import check_encryption_key
from ledger.core.hashing import Tag
from ledger.core.identifiers import NetworkId
from ledger.core.openings import Openings, decode_openings
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.signing import Signer, sign_tagged, verify_tagged
from ledger.core.status import key_row
from ledger.disclosures import verify_openings
from ledger.errors import FormatError, VerificationError

_LENGTH_BYTES: Final = 4
_PADDED_LEAST: Final = 1_024


def make_deposit(
    openings: Openings,
    record: Record,
    network_id: NetworkId,
    recipients: Sequence[Recipient],
    signer: Signer,
    randomness: bytes,
) -> Deposit:
    """The deposit of openings for their recipients.

    Args:
        openings: of `record`; its receipt, where it has one, is left out.
        record: whose fields they are.
        network_id: of the ledger that holds it.
        recipients: each member once, in any order.
        signer: holds a key of the record's issuer.
        randomness: 56 fresh random bytes, for the content key and the nonce.

    Raises:
        VerificationError: an opening does not open the record; `key.weak`.
        FormatError: `format.too_large`, `format.shape`.
    """
    verify_openings(openings, record)
    if record.private is None or len(randomness) != CONTENT_KEY_BYTES + NONCE_BYTES:
        raise FormatError(Code.FORMAT_SHAPE, what="deposit")
    content_key, nonce = randomness[:CONTENT_KEY_BYTES], randomness[CONTENT_KEY_BYTES:]
    header = DepositHeader(
        network_id=network_id,
        record_id=record.record_id,
        issuer=record.issuer,
        root=record.private.root,
        names=tuple(each.name for each in openings.openings),
        recipients=tuple(sorted(recipients, key=lambda each: each.member_id)),
        key_digest=key_digest(content_key),
        nonce=nonce,
    )
    wrapped = tuple(
        SealedBox(EncryptionKey(check_encryption_key(each.encryption_key))).encrypt(content_key)
        for each in header.recipients
    )
    payload = _padded(replace(openings, receipt=None).encode())
    ciphertext = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        payload, header.encode(), nonce, content_key
    )
    signature = sign_tagged(signer, Tag.DEPOSIT, signed_body(header, wrapped, ciphertext))
    return Deposit(header, wrapped, ciphertext, signer.public_key, signature)


def verify_signed(deposit: Deposit) -> None:
    """Require that the key that the deposit names signed it; whose key it is, the caller asks.

    Raises:
        VerificationError: `signature.invalid`.
    """
    verify_tagged(deposit.key, Tag.DEPOSIT, deposit.signed_body(), deposit.signature)


def open_deposit(deposit: Deposit, secret_key: bytes, record: Record) -> Openings:
    """The openings in a deposit, each of which opens the record.

    Args:
        deposit: from anyone.
        secret_key: X25519, of one of its recipients.
        record: the record that it names, proved by its receipt.

    Raises:
        VerificationError: `deposit.recipient`, `.key`, `.content`, `.record`, `opening.invalid`.
    """
    check_record(deposit.header, record)
    content_key = _content_key(deposit, PrivateKey(secret_key))
    openings = _content(deposit, content_key)
    if tuple(each.name for each in openings.openings) != deposit.header.names:
        raise _no_content(deposit, "names")
    if openings.record_id != deposit.header.record_id:
        raise _no_content(deposit, "record_id")
    verify_openings(openings, record)
    return openings


def check_record(header: DepositHeader, record: Record) -> None:
    """Require that the header speaks of this record, its root, and fields that it has.

    Raises:
        VerificationError: `deposit.record`.
    """
    private = record.private
    found = {
        "record_id": header.record_id == record.record_id,
        "issuer": header.issuer == record.issuer,
        "root": private is not None and header.root == private.root,
        "names": private is not None and set(header.names) <= set(private.names),
    }
    for what, holds in found.items():
        if not holds:
            raise VerificationError(Code.DEPOSIT_RECORD, record=header.record_id.hex(), what=what)


def is_by_author(deposit: Deposit, receipt: Receipt) -> bool:
    """Whether the key that signed the record's bundle signed the deposit too.

    A later key of the same member is not known from the receipt alone.
    """
    part = receipt.key if receipt.sealed is None else receipt.sealed.key
    return part is not None and key_row(part.row).public_key == deposit.key


def _content_key(deposit: Deposit, secret_key: PrivateKey) -> bytes:
    own = bytes(secret_key.public_key)
    for each, box in zip(deposit.header.recipients, deposit.wrapped, strict=True):
        if each.encryption_key != own:
            continue
        try:
            found = SealedBox(secret_key).decrypt(box)
        except CryptoError as problem:
            raise _no_key(deposit, each) from problem
        if key_digest(found) != deposit.header.key_digest:
            raise _no_key(deposit, each)
        return found
    names = ", ".join(each.member_id for each in deposit.header.recipients)
    record = deposit.header.record_id.hex()
    raise VerificationError(Code.DEPOSIT_RECIPIENT, path=record, member=own.hex(), recipients=names)


def _content(deposit: Deposit, content_key: bytes) -> Openings:
    try:
        payload = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            deposit.ciphertext, deposit.header.encode(), deposit.header.nonce, content_key
        )
    except CryptoError as problem:
        raise _no_content(deposit, "ciphertext") from problem
    size = int.from_bytes(payload[:_LENGTH_BYTES])
    end = _LENGTH_BYTES + size
    if len(payload) < end or any(payload[end:]):
        raise _no_content(deposit, "padding")
    try:
        return decode_openings(payload[_LENGTH_BYTES:end])
    except FormatError as problem:
        raise _no_content(deposit, problem.code.value) from problem


def _padded(data: bytes) -> bytes:
    """`data` behind its length, filled up with zeros to a power of two: sizes tell of values."""
    size = _PADDED_LEAST
    while size < _LENGTH_BYTES + len(data):
        size *= 2
    if size > PAYLOAD_BYTES_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=PAYLOAD_BYTES_MAX)
    return (len(data).to_bytes(_LENGTH_BYTES) + data).ljust(size, b"\0")


def _no_key(deposit: Deposit, recipient: Recipient) -> VerificationError:
    record = deposit.header.record_id.hex()
    return VerificationError(Code.DEPOSIT_KEY, record=record, member=recipient.member_id)


def _no_content(deposit: Deposit, what: str) -> VerificationError:
    return VerificationError(Code.DEPOSIT_CONTENT, record=deposit.header.record_id.hex(), what=what)
