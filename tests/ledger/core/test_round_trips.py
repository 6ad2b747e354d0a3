"""Whatever can be said is read back as it was said, and has one spelling: properties of the codecs."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.batch import BatchProof, decode_batch_proof, document_tree, verify_in_batch
from ledger.core.block import Header, Snapshot, bitmap, decode_header_of_block, header_from_leaf
from ledger.core.bundle import decode_bundle, sign_bundle
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import CommitCertificate, Slot, decode_certificate
from ledger.core.entry import Entry, decode_entry
from ledger.core.identifiers import (
    BundleId,
    Digest,
    Epoch,
    HeaderHash,
    Height,
    LogIndex,
    MemberId,
    NetworkId,
    NodeId,
    PublicKey,
    RecordId,
    Subject,
    View,
)
from ledger.core.openings import (
    Openings,
    commit_fields,
    decode_openings,
    verify_opening,
)
from ledger.core.payload import decode_payload, encode_payload
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.receipt_parts import BundlePart, KeyPart
from ledger.core.record import RELATIONS, Evidence, Private, Record, Ref, decode_record
from ledger.core.signing import Ed25519Signer, check_public_key, verify
from ledger.core.status import Interval, KeyRow, StatusTree, key_row, status_leaf
from ledger.errors import FormatError, VerificationError
from tests.reference import ed25519 as reference
from tests.vectors.generate.blocks import entered
from tests.vectors.generate.bundles import bundle_of
from tests.vectors.small_network import small_record

MANY = settings(max_examples=60, deadline=None)
FEW = settings(max_examples=15, deadline=None)

# Unassigned characters (Cn) and surrogates (Cs) may not stand in a text.
texts = st.text(st.characters(exclude_categories=["Cn", "Cs"]), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)
integers = st.integers(-(1 << 63), (1 << 64) - 1)
scalars = st.none() | st.booleans() | integers | st.binary(max_size=40) | texts
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5).map(tuple) | st.dictionaries(texts, inner, max_size=5)
    ),
    max_leaves=20,
)
digests = st.binary(min_size=32, max_size=32).map(Digest)
signatures = st.binary(min_size=64, max_size=64)
times = st.integers(0, 1 << 53)
counts = st.integers(0, (1 << 63) - 1)
names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
short = st.text("abcdefgh_", min_size=1, max_size=12)
paths = st.lists(digests, max_size=4).map(tuple)

evidence = st.builds(
    Evidence, texts, digests, st.none() | digests, times, st.just("application/pdf")
)
refs = st.builds(
    Ref,
    st.sampled_from(sorted(RELATIONS)),
    digests.map(RecordId),
    st.none() | digests.map(NetworkId),
)
privates = st.builds(
    Private, digests, st.lists(short, min_size=1, max_size=6, unique=True).map(sorted).map(tuple)
)
record_values = st.builds(
    Record,
    type=short,
    issuer=names.map(MemberId),
    subject=texts.map(Subject),
    occurred_at_ms=times,
    evidence=st.lists(evidence, max_size=3).map(tuple),
    fields=st.dictionaries(short, values, max_size=4),
    private=st.none() | privates,
    refs=st.lists(refs, max_size=3).map(tuple),
    nonce=st.binary(min_size=16, max_size=16),
)
headers = st.builds(
    Header,
    network_id=digests.map(NetworkId),
    height=st.integers(1, 1 << 60).map(Height),
    previous=digests.map(HeaderHash),
    time_ms=times,
    proposer=names.map(NodeId),
    epoch=counts.map(Epoch),
    bundle_count=counts,
    bundles_root=digests,
    entry_count=counts,
    state_hash=digests,
    status_size=counts,
    status_root=digests,
    snapshot=st.none() | st.builds(Snapshot, st.integers(1, 1 << 60).map(Height), counts, digests),
    log_size=counts,
    log_root=digests,
)


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
@given(st.binary(max_size=60))
def test_random_bytes_are_refused_or_mean_themselves(data: bytes) -> None:
    try:
        value = decode(data, 60)
    except FormatError:
        return
    assert encode(value) == data


@MANY
@given(st.lists(st.binary(max_size=300), max_size=40))
def test_the_frame_of_a_long_sequence_is_canonical(items: list[bytes]) -> None:
    framed = array_header(len(items)) + b"".join(byte_string(each) for each in items)
    assert framed == encode(tuple(items))
    reader = Reader(framed)
    assert [reader.bytes_(300) for _ in range(reader.array(40))] == items
    reader.end()


@MANY
@given(record_values)
def test_a_record_is_read_back(record: Record) -> None:
    again = decode_record(record.encode())
    assert again.encode() == record.encode()
    assert again.record_id == record.record_id


@MANY
@given(headers)
def test_a_header_is_read_back_and_lives_in_its_leaf(header: Header) -> None:
    assert decode_header_of_block(header.encode()) == header
    assert header_from_leaf(header.leaf(), header.log_size, header.log_root) == header


@MANY
@given(st.integers(1, 1 << 60), times, st.none() | digests, digests)
def test_an_entry_is_read_back(height: int, time: int, bundle: Any, record: Digest) -> None:
    entry = Entry(Height(height), time, bundle and BundleId(bundle), RecordId(record))
    assert decode_entry(entry.leaf()) == entry


@FEW
@given(st.lists(record_values, min_size=1, max_size=5, unique_by=lambda r: r.encode()))
def test_a_bundle_is_read_back(records: list[Record]) -> None:
    bundle = sign_bundle(
        Ed25519Signer(bytes(32)),
        NetworkId(bytes(32)),
        MemberId("centre"),
        [each.encode() for each in records],
        0,
        1,
    )
    again = decode_bundle(bundle.encode())
    assert again == bundle
    again.verify(Ed25519Signer(bytes(32)).public_key)


@FEW
@given(st.sets(st.integers(0, 8), min_size=1), st.sets(st.integers(0, 1), min_size=1))
def test_a_payload_is_read_back(of_nine: set[int], of_two: set[int]) -> None:
    bundles = (entered(bundle_of(9), *of_nine), entered(bundle_of(2), *of_two))
    assert decode_payload(encode_payload(bundles)) == bundles


@MANY
@given(st.lists(st.booleans(), max_size=40))
def test_a_bitmap_has_a_bit_for_each_place(present: list[bool]) -> None:
    bits = "".join(f"{byte:08b}" for byte in bitmap(tuple(present)))
    assert bits.rstrip("0") == "".join("01"[each] for each in present).rstrip("0")
    assert len(bits) == (len(present) + 7) // 8 * 8


@MANY
@given(digests, counts, counts, digests, st.lists(st.tuples(names, signatures), max_size=32))
def test_a_certificate_is_read_back(
    network: Digest, height: int, view: int, header: Digest, votes: list[tuple[str, bytes]]
) -> None:
    slot = Slot(NetworkId(network), Epoch(0), Height(height), View(view))
    signed = tuple((NodeId(node), signature) for node, signature in votes)
    certificate = CommitCertificate(slot, HeaderHash(header), signed)
    assert decode_certificate(certificate.encode()) == certificate


@MANY
@given(st.none() | counts, st.none() | counts, names, digests)
def test_a_key_row_is_read_back(begin: Any, end: Any, member: str, key: Digest) -> None:
    row = KeyRow(Interval(begin, begin and 1, end, end and 2), MemberId(member), PublicKey(key))
    assert key_row(row.encode()) == row


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


receipts = st.builds(
    Receipt,
    network_id=digests.map(NetworkId),
    record=st.binary(max_size=99),
    entry=st.binary(max_size=99),
    index=counts.map(LogIndex),
    path=paths,
    last_leaf=st.binary(max_size=99),
    last_path=paths,
    checkpoint=texts,
    bundle=st.none() | st.builds(BundlePart, st.binary(max_size=99), signatures, counts, paths),
    key=st.none() | st.builds(KeyPart, st.binary(max_size=99), counts, paths),
)


@MANY
@given(receipts)
def test_a_receipt_is_read_back(receipt: Receipt) -> None:
    assert decode_receipt(receipt.encode()) == receipt


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
