"""Whatever can be said is read back as it was said, and has one spelling: properties of the codecs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.batch import BatchProof, decode_batch_proof, document_tree, verify_in_batch
from ledger.core.block import Header, bitmap, decode_header_of_block, header_from_leaf
from ledger.core.canonical import Value, decode, encode
from ledger.core.identifiers import (
    Digest,
    MemberId,
)
from ledger.core.openings import (
    Openings,
    commit_fields,
    decode_openings,
    verify_opening,
)
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.receipt import Receipt
from ledger.core.signing import Ed25519Signer, check_public_key, verify
from ledger.core.status import StatusTree, status_leaf
from ledger.errors import FormatError, VerificationError
from tests.decoders.values import headers, receipts, scalars, short, texts, values
from tests.reference import ed25519 as reference
from tests.vectors.small_network import small_record

MANY = settings(max_examples=60, deadline=None)
FEW = settings(max_examples=15, deadline=None)


@MANY
@given(values)
def test_a_value_has_one_spelling(value: Value) -> None:
    data = encode(value)
    assert decode(data, len(data)) == value
    assert encode(decode(data, len(data))) == data


@MANY
@given(st.dictionaries(texts, scalars, min_size=2, max_size=6), st.randoms())
def test_the_order_of_a_map_does_not_show(table: dict[str, Value], random: Any) -> None:
    shuffled = list(table.items())
    random.shuffle(shuffled)
    assert encode(dict(shuffled)) == encode(table)


@MANY
@given(st.floats() | st.complex_numbers() | st.sets(st.integers()) | st.datetimes())
def test_a_foreign_type_is_refused(alien: Any) -> None:
    with pytest.raises(FormatError) as refusal:
        encode({"a": (alien,)})
    assert refusal.value.code is Code.FORMAT_NOT_ALLOWED


@MANY
@given(st.lists(st.binary(max_size=300), max_size=40))
def test_the_frame_of_a_long_sequence_is_canonical(items: list[bytes]) -> None:
    framed = array_header(len(items)) + b"".join(byte_string(each) for each in items)
    assert framed == encode(tuple(items))
    reader = Reader(framed)
    assert [reader.bytes_(300) for _ in range(reader.array(40))] == items
    reader.end()


@MANY
@given(headers)
def test_a_header_is_read_back_and_lives_in_its_leaf(header: Header) -> None:
    assert decode_header_of_block(header.encode()) == header
    assert header_from_leaf(header.leaf(), header.log_size, header.log_root) == header


@MANY
@given(st.lists(st.booleans(), max_size=40))
def test_a_bitmap_has_a_bit_for_each_place(present: list[bool]) -> None:
    bits = "".join(f"{byte:08b}" for byte in bitmap(tuple(present)))
    assert bits.rstrip("0") == "".join("01"[each] for each in present).rstrip("0")
    assert len(bits) == (len(present) + 7) // 8 * 8


@FEW
@given(st.dictionaries(st.binary(min_size=1, max_size=9), st.binary(max_size=9), max_size=20))
def test_every_status_row_can_be_proved(rows: dict[bytes, bytes]) -> None:
    tree = StatusTree(rows)
    for index, (key, value) in enumerate(sorted(rows.items())):
        assert tree.index(key) == index
        leaf = merkle.leaf_hash(status_leaf(key, value))
        merkle.verify_inclusion(leaf, index, tree.size, tree.path(index), tree.root)


@FEW
@given(
    st.dictionaries(st.binary(max_size=4), st.binary(max_size=4), max_size=9),
    st.dictionaries(st.binary(max_size=4), st.none() | st.binary(max_size=4), max_size=9),
)
def test_a_status_tree_is_succeeded_by_its_writes(
    rows: dict[bytes, bytes], writes: dict[bytes, bytes | None]
) -> None:
    after = StatusTree(rows).succeeded((b"status/" + key, row) for key, row in writes.items())
    expected = {key: row for key, row in (rows | writes).items() if row is not None}
    assert (after.size, after.root) == (len(expected), StatusTree(expected).root)
    beside = StatusTree(rows).succeeded((b"other/" + key, row) for key, row in writes.items())
    assert beside.root == StatusTree(rows).root


@FEW
@given(st.dictionaries(short, values, min_size=1, max_size=8), st.binary(min_size=16, max_size=16))
def test_every_private_field_can_be_opened_and_no_other_value(
    fields: dict[str, Value], salt: bytes
) -> None:
    salts = {name: salt[1:] + bytes((place,)) for place, name in enumerate(fields)}
    private, openings = commit_fields(MemberId("centre"), fields, salts)
    record = small_record("private", private=private)
    file = Openings(record.record_id, openings)
    assert decode_openings(file.encode()) == file
    for opening in openings:
        verify_opening(record, opening)
    for opening in openings:
        with pytest.raises(VerificationError):
            verify_opening(small_record("private", "notary", private=private), opening)


@FEW
@given(st.integers(1, 40), receipts)
def test_every_document_of_a_batch_can_be_proved(count: int, receipt: Receipt) -> None:
    documents = [(Digest(bytes((place,)) * 32), place) for place in range(count)]
    tree = document_tree(documents)
    record = small_record(
        "batch", type="ledger.batch_anchored", fields={"root": tree.root, "count": count}
    )
    for place, (sha256, size_bytes) in enumerate(documents):
        proof = BatchProof(sha256, size_bytes, place, count, tree.path(place), receipt)
        verify_in_batch(record, proof)
        assert decode_batch_proof(proof.encode()) == proof


@FEW
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=99), st.integers(0, 511))
def test_libsodium_and_the_slow_reference_agree(seed: bytes, message: bytes, bit: int) -> None:
    signer = Ed25519Signer(seed)
    key, signature = signer.public_key, bytearray(signer.sign(message))
    assert reference.fit_for_enrolment(check_public_key(key))
    verify(key, message, bytes(signature))
    assert reference.holds(key, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerificationError):
        verify(key, message, bytes(signature))
    assert not reference.holds(key, message, bytes(signature))
