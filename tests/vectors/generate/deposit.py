"""Deposits of openings, and every way in which one does not open its record.

What libsodium draws by chance (a sealed box's ephemeral key) follows from a seed here.
"""

import json
from dataclasses import replace

from nacl import bindings
from nacl.encoding import RawEncoder
from nacl.hash import blake2b
from nacl.public import Box, PrivateKey, PublicKey

from ledger.core.canonical import Value
from ledger.core.deposit import (
    CONTENT_KEY_BYTES,
    NONCE_BYTES,
    Deposit,
    DepositHeader,
    Recipient,
    key_digest,
    signed_body,
)
from ledger.core.hashing import Tag, sha256
from ledger.core.identifiers import Digest, MemberId, NetworkId
from ledger.core.openings import Openings, commit_fields
from ledger.core.record import Record
from ledger.core.signing import sign_tagged
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, nonce, seed, signer, small_record

ISSUER = MemberId("centre")
CONTENT_KEY = seed("deposit content key")[:CONTENT_KEY_BYTES]
NONCE = (seed("deposit nonce"))[:NONCE_BYTES]
FIELDS: dict[str, Value] = {"bank": "兰州银行", "price_fen": 8_800_000_000}
KEYS = {name: PrivateKey(seed(f"encryption {name}")) for name in ("centre", "supervisor", "other")}
NETWORK = SmallNetwork().network_id


def vectors() -> dict[str, Cases]:
    """`deposit/deposits.json`."""
    record, openings = committed("deposit")
    good = made(record, openings)
    header = good.header
    short = made(record, openings.only(["bank"]))
    lying = replace(committed("another", price_fen=1)[1], record_id=record.record_id)

    def signed(**changed: object) -> Deposit:
        return resigned(replace(good, **changed))  # type: ignore[arg-type]

    def said(**changed: object) -> Deposit:
        return signed(header=replace(header, **changed))  # type: ignore[arg-type]

    wrong_box = sealed_box(KEYS["supervisor"].public_key, seed("box wrong"), bytes(32))
    bent = bytes([good.ciphertext[0] ^ 1]) + good.ciphertext[1:]
    return {
        "deposit/deposits.json": [
            case("for its author", good, record, "centre"),
            case("for a supervisor", good, record, "supervisor"),
            case("one field of two", short, record, "supervisor"),
            case("for somebody else", good, record, "other", "deposit.recipient"),
            case(
                "signature bent",
                replace(good, signature=bytes(64)),
                record,
                code="signature.invalid",
            ),
            case("another record", good, committed("another")[0], code="deposit.record"),
            case("another root", said(root=Digest(seed("root"))), record, code="deposit.record"),
            case("another issuer", said(issuer=MemberId("notary")), record, code="deposit.record"),
            case("a field that is not there", said(names=("colour",)), record, code="deposit.record"),
            case("a box that holds another key", signed(wrapped=(good.wrapped[0], wrong_box)), record, code="deposit.key"),
            case("another key digest", said(key_digest=key_digest(bytes(32))), record, code="deposit.key"),
            case("ciphertext bent", signed(ciphertext=bent), record, code="deposit.content"),
            case("fewer names than it holds", said(names=("bank",)), record, code="deposit.content"),
            case("another network in the header", said(network_id=NetworkId(seed("elsewhere"))), record, code="deposit.content"),
            case("padding that is not zeros", made(record, openings, pad=b"\1"), record, code="deposit.content"),
            case("openings of another value", made(record, lying), record, code="opening.invalid"),
        ]
    }  # fmt: skip


def committed(what: str, **fields: Value) -> tuple[Record, Openings]:
    """A record with private fields, and their openings."""
    values = FIELDS | fields
    salts = {name: nonce(f"{what} {name}") for name in values}
    private, openings = commit_fields(ISSUER, values, salts)
    record = small_record(what, private=private)
    return record, Openings(record.record_id, openings)


def made(record: Record, openings: Openings, pad: bytes = b"\0") -> Deposit:
    """A deposit, whatever it holds."""
    private = record.private
    root = Digest(bytes(32)) if private is None else private.root
    header = DepositHeader(
        network_id=NETWORK,
        record_id=record.record_id,
        issuer=record.issuer,
        root=root,
        names=tuple(each.name for each in openings.openings),
        recipients=tuple(
            Recipient(MemberId(name), bytes(KEYS[name].public_key))
            for name in ("centre", "supervisor")
        ),
        key_digest=key_digest(CONTENT_KEY),
        nonce=NONCE,
    )
    data = openings.encode()
    payload = (len(data).to_bytes(4) + data).ljust(1024 if len(data) < 1020 else 2048, pad)
    return resigned(
        Deposit(
            header,
            tuple(
                sealed_box(
                    KEYS[each.member_id].public_key, seed(f"box {each.member_id}"), CONTENT_KEY
                )
                for each in header.recipients
            ),
            bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
                payload, header.encode(), NONCE, CONTENT_KEY
            ),
            signer("member centre").public_key,
            bytes(64),
        )
    )


def resigned(deposit: Deposit) -> Deposit:
    """Signed by the member centre, whatever it says."""
    body = signed_body(deposit.header, deposit.wrapped, deposit.ciphertext)
    return replace(deposit, signature=sign_tagged(signer("member centre"), Tag.DEPOSIT, body))


def sealed_box(to: PublicKey, ephemeral: bytes, data: bytes) -> bytes:
    """libsodium's ``crypto_box_seal`` with a key that is not drawn."""
    own = PrivateKey(ephemeral)
    public = bytes(own.public_key)
    fixed = blake2b(public + bytes(to), digest_size=24, encoder=RawEncoder)
    return public + bytes(Box(own, to).encrypt(data, fixed))[24:]


def case(
    name: str, deposit: Deposit, record: Record, who: str = "supervisor", code: str = ""
) -> Case:
    """One deposit, with the key that is to open it and the record that is to be opened."""
    data = deposit.encode()
    return {
        "name": name,
        "deposit": json.loads(data),
        "sha256": sha256(data).hex(),
        "secret_key": bytes(KEYS[who]).hex(),
        "record": record.encode().hex(),
        "code": code or None,
    }
