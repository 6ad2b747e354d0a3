"""Deposited openings: whoever is named opens them, and a deposit that lies is found out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.deposit import (
    CONTENT_KEY_BYTES,
    NONCE_BYTES,
    Deposit,
    Recipient,
    decode_deposit,
    key_digest,
    signed_body,
)
from ledger.core.encryption import check_encryption_key
from ledger.core.hashing import Tag, sha256
from ledger.core.identifiers import Digest, MemberId, NetworkId
from ledger.core.openings import Openings, commit_fields
from ledger.core.record import Record, decode_record
from ledger.core.signing import sign_tagged
from ledger.deposits import make_deposit, open_deposit, verify_signed
from ledger.errors import FormatError, VerificationError
from tests.bits import flipped
from tests.vectors.reading import cases, octets
from tests.vectors.small_network import nonce, seed, signer, small_record

NETWORK = NetworkId(seed("network"))
CENTRE = signer("member centre")
KEYS = {name: PrivateKey(seed(f"encryption {name}")) for name in ("centre", "supervisor", "other")}
FIELDS: dict[str, Value] = {"bank": "兰州银行", "price_fen": 88_000_000_00}


def committed(what: str = "deposit", **fields: Value) -> tuple[Record, Openings]:
    values = fields or FIELDS
    salts = {name: nonce(f"{what} {name}") for name in values}
    private, openings = commit_fields(MemberId("centre"), values, salts)
    record = small_record(what, private=private)
    return record, Openings(record.record_id, openings)


def recipients(*names: str) -> list[Recipient]:
    return [Recipient(MemberId(name), bytes(KEYS[name].public_key)) for name in names]


def deposited(
    record: Record, openings: Openings, *names: str, key: bytes = bytes(range(32))
) -> Deposit:
    whom = recipients(*(names or ("centre", "supervisor")))
    return make_deposit(openings, record, NETWORK, whom, CENTRE, key + random(NONCE_BYTES))


def resigned(deposit: Deposit) -> Deposit:
    """As a depositor would sign whatever it likes."""
    body = signed_body(deposit.header, deposit.wrapped, deposit.ciphertext)
    return replace(deposit, signature=sign_tagged(CENTRE, Tag.DEPOSIT, body))


@pytest.mark.parametrize("case", cases("deposit/deposits"))
def test_vectors(case: Any) -> None:
    deposit = decode_deposit(json.dumps(case["deposit"]).encode())
    assert sha256(deposit.encode()).hex() == case["sha256"]
    record, secret = decode_record(octets(case["record"])), octets(case["secret_key"])

    def opened() -> Openings:
        verify_signed(deposit)
        return open_deposit(deposit, secret, record)

    if case["code"] is None:
        assert {each.name: each.value for each in opened().openings}.items() <= FIELDS.items()
        return
    with pytest.raises(VerificationError) as refused:
        opened()
    assert refused.value.code == case["code"]


@pytest.mark.parametrize("who", ["centre", "supervisor"])
def test_each_recipient_opens_what_the_record_commits_to(who: str) -> None:
    record, openings = committed()
    found = decode_deposit(deposited(record, openings).encode())
    verify_signed(found)
    assert open_deposit(found, bytes(KEYS[who]), record) == openings


def test_one_field_may_be_deposited_without_the_others() -> None:
    record, openings = committed()
    found = deposited(record, openings.only(["bank"]))
    assert found.header.names == ("bank",)
    assert open_deposit(found, bytes(KEYS["supervisor"]), record) == openings.only(["bank"])


def test_nobody_else_opens_it_and_it_says_who_may() -> None:
    record, openings = committed()
    with pytest.raises(VerificationError) as refused:
        open_deposit(deposited(record, openings), bytes(KEYS["other"]), record)
    assert refused.value.code is Code.DEPOSIT_RECIPIENT
    assert refused.value.detail["recipients"] == "centre, supervisor"


def test_nothing_of_a_value_shows_in_what_is_stored() -> None:
    record, openings = committed()
    data = deposited(record, openings).encode()
    for opening in openings.openings:
        assert opening.salt.hex().encode() not in data
    assert "兰州银行".encode() not in data
    sizes = {len(deposited(*committed("size", note="x" * n)).ciphertext) for n in range(0, 300, 7)}
    assert len(sizes) == 1, "the size tells nothing of the value"


def another_record(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    return deposit, committed("another")[0]


def another_root(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    header = replace(deposit.header, root=Digest(seed("root")))
    return resigned(replace(deposit, header=header)), record


def a_field_that_is_not_there(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    header = replace(deposit.header, names=("bank", "contact"))
    return resigned(replace(deposit, header=header)), record


def another_issuer(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    header = replace(deposit.header, issuer=MemberId("notary"))
    return resigned(replace(deposit, header=header)), record


def another_network(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    """Whoever opens asks the network itself; the encryption is bound to what was said."""
    header = replace(deposit.header, network_id=NetworkId(seed("elsewhere")))
    return resigned(replace(deposit, header=header)), record


def fewer_names(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    header = replace(deposit.header, names=("bank",))
    return resigned(replace(deposit, header=header)), record


def another_box(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    """The supervisor is given a key that opens nothing; the member's own box is right."""
    wrong = SealedBox(KEYS["supervisor"].public_key).encrypt(bytes(32))
    return resigned(replace(deposit, wrapped=(deposit.wrapped[0], wrong))), record


def a_box_for_somebody_else(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    wrong = SealedBox(KEYS["other"].public_key).encrypt(bytes(range(32)))
    return resigned(replace(deposit, wrapped=(deposit.wrapped[0], wrong))), record


def another_ciphertext(deposit: Deposit, record: Record) -> tuple[Deposit, Record]:
    changed = bytes([deposit.ciphertext[0] ^ 1]) + deposit.ciphertext[1:]
    return resigned(replace(deposit, ciphertext=changed)), record


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (another_record, Code.DEPOSIT_RECORD),
        (another_root, Code.DEPOSIT_RECORD),
        (a_field_that_is_not_there, Code.DEPOSIT_RECORD),
        (another_issuer, Code.DEPOSIT_RECORD),
        (another_network, Code.DEPOSIT_CONTENT),
        (fewer_names, Code.DEPOSIT_CONTENT),
        (another_box, Code.DEPOSIT_KEY),
        (a_box_for_somebody_else, Code.DEPOSIT_KEY),
        (another_ciphertext, Code.DEPOSIT_CONTENT),
    ],
)
def test_a_deposit_that_lies_is_named_by_its_recipient(
    lie: Callable[[Deposit, Record], tuple[Deposit, Record]], code: Code
) -> None:
    record, openings = committed()
    wrong, shown = lie(deposited(record, openings), record)
    verify_signed(wrong)
    with pytest.raises(VerificationError) as refused:
        open_deposit(wrong, bytes(KEYS["supervisor"]), shown)
    assert refused.value.code is code


def test_a_depositor_that_encrypts_other_openings_is_found_out() -> None:
    """It holds everything, and says of another value that it is the record's."""
    record, _ = committed()
    _, others = committed("other", bank="甘肃银行", price_fen=1)
    lying = replace(others, record_id=record.record_id)
    key, nonce_ = bytes(range(32)), random(NONCE_BYTES)
    with pytest.raises(VerificationError):
        make_deposit(lying, record, NETWORK, recipients("supervisor"), CENTRE, key + nonce_)
    # So it does by hand what the program refuses.
    from nacl import bindings

    honest = deposited(record, committed()[1], "supervisor", key=key)
    data = lying.encode()
    payload = (len(data).to_bytes(4) + data).ljust(2048, b"\0")
    ciphertext = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        payload, honest.header.encode(), honest.header.nonce, key
    )
    made = resigned(replace(honest, ciphertext=ciphertext))
    with pytest.raises(VerificationError) as refused:
        open_deposit(made, bytes(KEYS["supervisor"]), record)
    assert refused.value.code is Code.OPENING_INVALID


def test_a_signature_covers_header_boxes_and_ciphertext() -> None:
    record, openings = committed()
    deposit = deposited(record, openings)
    header = replace(deposit.header, key_digest=key_digest(bytes(32)))
    swapped = deposit.wrapped[::-1]
    for wrong in (
        replace(deposit, header=header),
        replace(deposit, wrapped=swapped),
        replace(deposit, ciphertext=flipped(deposit.ciphertext)),
        replace(deposit, key=signer("member notary").public_key),
    ):
        with pytest.raises(VerificationError) as refused:
            verify_signed(wrong)
        assert refused.value.code is Code.SIGNATURE_INVALID


def test_recipients_stand_once_and_in_order() -> None:
    record, openings = committed()
    made = deposited(record, openings, "supervisor", "centre")
    assert [each.member_id for each in made.header.recipients] == ["centre", "supervisor"]
    twice = replace(made.header, recipients=made.header.recipients[:1] * 2)
    with pytest.raises(FormatError):
        decode_deposit(replace(made, header=twice).encode())
    with pytest.raises(FormatError):
        decode_deposit(replace(made, wrapped=made.wrapped[:1]).encode())


@pytest.mark.parametrize(
    "weak",
    [
        bytes(32),
        bytes([1]) + bytes(31),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        ((1 << 255) - 19).to_bytes(32, "little"),
        ((1 << 255) - 18).to_bytes(32, "little"),
        b"\xff" * 32,
        bytes(31),
    ],
)
def test_a_key_with_which_nothing_is_secret_is_refused(weak: bytes) -> None:
    with pytest.raises(VerificationError) as refused:
        check_encryption_key(weak)
    assert refused.value.code is Code.KEY_WEAK
    record, openings = committed()
    with pytest.raises((VerificationError, FormatError)):
        make_deposit(
            *(openings, record, NETWORK, [Recipient(MemberId("centre"), weak)], CENTRE),
            random(CONTENT_KEY_BYTES + NONCE_BYTES),
        )


def test_a_key_that_libsodium_makes_is_fit() -> None:
    for key in KEYS.values():
        assert check_encryption_key(bytes(key.public_key)) == bytes(key.public_key)
    assert isinstance(PublicKey(bytes(KEYS["centre"].public_key)), PublicKey)


def test_a_file_has_the_name_of_its_content() -> None:
    record, openings = committed()
    data = deposited(record, openings).encode()
    assert sha256(data) == sha256(decode_deposit(data).encode())
