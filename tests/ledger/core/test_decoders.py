"""Bytes from anyone: every decoder of the core refuses with one clear code, and never with a trace.

Each decoder is given bytes that it accepts, damaged in every way that a stranger might: cut, made
longer, one bit flipped, one part replaced by something alien, a length of 2**30 claimed, nested
deep. What is still accepted must be spelled exactly as it came.
"""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.codes import Code
from ledger.core.batch import BatchProof, decode_batch_proof, document_tree
from ledger.core.block import decode_header_of_block, header_from_leaf
from ledger.core.bundle import decode_bundle, decode_header
from ledger.core.canonical import ARRAY_MAX, Value, decode, encode
from ledger.core.certificate import decode_certificate
from ledger.core.entry import decode_entry
from ledger.core.genesis import decode_genesis
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, LogIndex, MemberId
from ledger.core.openings import Openings, commit_fields, decode_openings
from ledger.core.payload import decode_payload, encode_payload
from ledger.core.receipt import decode_receipt
from ledger.core.record import decode_record
from ledger.core.status import Interval, KeyRow, key_row
from ledger.errors import FormatError, LedgerError
from ledger.trust import decode_trust
from tests.vectors.generate.blocks import HEADER, payloads
from tests.vectors.generate.bundles import bundle_of
from tests.vectors.generate.files import FIELDS
from tests.vectors.generate.networks import certificate_of, slot_of
from tests.vectors.generate.receipts import World, world
from tests.vectors.generate.records import entries, records
from tests.vectors.small_network import NAMES, nonce, small_genesis

MIB = 1 << 20
MEMORY_MAX = 16 * MIB


@dataclass(frozen=True)
class Decoder:
    """One decoder, bytes that it accepts, and how to spell again what it returned."""

    name: str
    decode: Callable[[bytes], Any]
    good: bytes
    spell: Callable[[Any], bytes]
    size_max: int
    """The largest input that is looked into."""


LAST = bytes(32)
ROW = KeyRow(
    Interval(LogIndex(3), 1, LogIndex(9), 2), MemberId("centre"), small_genesis().members[0].keys[0]
)

BINARY = [
    Decoder("record", decode_record, records()[6][1].encode(), lambda r: r.encode(), 16 * 1024),
    Decoder("citing record", decode_record, records()[5][1].encode(), lambda r: r.encode(), 16_384),
    Decoder(
        "private record", decode_record, records()[4][1].encode(), lambda r: r.encode(), 16_384
    ),
    Decoder("entry", decode_entry, entries()[0][1].leaf(), lambda e: e.leaf(), 128),
    Decoder("bundle header", decode_header, bundle_of(1).header_bytes, lambda h: h.encode(), 512),
    Decoder("block header", decode_header_of_block, HEADER.encode(), lambda h: h.encode(), 1024),
    Decoder(
        "block leaf",
        lambda data: header_from_leaf(data, 1, Digest(LAST)),
        HEADER.leaf(),
        lambda h: h.leaf(),
        1024,
    ),
    Decoder("genesis", decode_genesis, small_genesis().encode(), lambda g: g.encode(), MIB),
    Decoder(
        "certificate",
        decode_certificate,
        certificate_of(tuple(NAMES)[:3], slot_of()).encode(),
        lambda c: c.encode(),
        8 * 1024,
    ),
    Decoder("key row", key_row, ROW.encode(), lambda r: r.encode(), 16 * 1024),
]

FRAMED = [
    Decoder("bundle", decode_bundle, bundle_of(2).encode(), lambda b: b.encode(), 8 * MIB),
    Decoder("payload", decode_payload, encode_payload(payloads()[4][1]), encode_payload, 16 * MIB),
]


def the_files(told: World) -> list[Decoder]:
    receipt = told.network.receipt(told.first)
    salts = {name: nonce(name) for name in FIELDS}
    _, opened = commit_fields(MemberId("centre"), FIELDS, salts)
    tree = document_tree([(sha256(b"a"), 1), (sha256(b"b"), 1)])
    proof = BatchProof(sha256(b"a"), 1, 0, 2, tree.path(0), receipt)
    openings = Openings(receipt.record_id, opened, receipt)
    return [
        Decoder("receipt", decode_receipt, receipt.encode(), lambda r: r.encode(), MIB),
        Decoder("openings", decode_openings, openings.encode(), lambda o: o.encode(), 8 * MIB),
        Decoder("batch proof", decode_batch_proof, proof.encode(), lambda p: p.encode(), 2 * MIB),
        Decoder(
            "trust root", decode_trust, told.network.trust.encode(), lambda t: t.encode(), 4 * MIB
        ),
    ]


FILES = the_files(world())
ALL = BINARY + FRAMED + FILES


def each(decoders: list[Decoder]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("decoder", decoders, ids=lambda decoder: decoder.name)


def refuse_or_keep(decoder: Decoder, data: bytes) -> LedgerError | None:
    """The refusal of `data`; None where it was accepted and is spelled again as it came."""
    try:
        value = decoder.decode(data)
    except LedgerError as refusal:
        return refusal
    assert decoder.spell(value) == data, "accepted another spelling"
    return None


@each(ALL)
def test_what_is_good_is_spelled_again_as_it_came(decoder: Decoder) -> None:
    assert decoder.spell(decoder.decode(decoder.good)) == decoder.good


@each(BINARY + FRAMED)
def test_every_truncation_is_refused(decoder: Decoder) -> None:
    accepted = [
        size
        for size in range(len(decoder.good))
        if refuse_or_keep(decoder, decoder.good[:size]) is None
    ]
    assert not accepted


@each(FILES)
def test_every_truncated_file_is_refused(decoder: Decoder) -> None:
    # The last byte of a file is a newline, which JSON does not need.
    for size in range(0, len(decoder.good) - 1, 13):
        with pytest.raises(LedgerError):
            decoder.decode(decoder.good[:size])


@each(ALL)
@pytest.mark.parametrize("tail", [b"\x00", b"\xc0", b"{}", b"\xff" * 9])
def test_every_extension_is_refused(decoder: Decoder, tail: bytes) -> None:
    with pytest.raises(LedgerError):
        decoder.decode(decoder.good + tail)


@each(BINARY + FRAMED)
def test_every_flipped_bit_is_refused_or_means_itself(decoder: Decoder) -> None:
    accepted = 0
    # Large inputs are sampled; 7 and 8 have no common divisor, so every bit of a byte has its turn.
    for bit in range(0, 8 * len(decoder.good), 1 if len(decoder.good) < 1024 else 7):
        data = bytearray(decoder.good)
        data[bit // 8] ^= 1 << bit % 8
        accepted += refuse_or_keep(decoder, bytes(data)) is None
    assert accepted < 8 * len(decoder.good), "the first bit alone breaks the format"


@each(FILES)
def test_a_flipped_bit_in_a_file_is_refused_or_means_itself(decoder: Decoder) -> None:
    for bit in range(0, 8 * len(decoder.good), 37):
        data = bytearray(decoder.good)
        data[bit // 8] ^= 1 << bit % 8
        try:
            value = decoder.decode(bytes(data))
        except LedgerError:
            continue
        if decoder.name != "trust root":
            assert json.loads(decoder.spell(value)) == json.loads(data), "another spelling"


ALIENS: list[Value] = [
    None,
    True,
    0,
    -1,
    1 << 63,
    (1 << 64) - 1,
    "",
    "招标",
    "x" * 300,
    b"",
    bytes(31),
    bytes(32),
    (),
    (None,),
    ({},),
    {},
    {"a": {}},
]


def replaced(value: Value) -> Iterator[Value]:
    """`value` with one part at a time replaced by each alien, dropped, or doubled."""
    yield from ALIENS
    if isinstance(value, tuple):
        for place, part in enumerate(value):
            for other in replaced(part):
                yield (*value[:place], other, *value[place + 1 :])
            yield (*value[:place], *value[place + 1 :])
            yield (*value[:place], part, *value[place:])
    if isinstance(value, dict):
        for name, part in value.items():
            for other in replaced(part):
                yield {**value, name: other}
            yield {key: each for key, each in value.items() if key != name}


@each(BINARY)
def test_any_part_may_be_replaced_by_anything_without_a_trace(decoder: Decoder) -> None:
    whole = decode(decoder.good, decoder.size_max)
    refusals = [refuse_or_keep(decoder, encode(other)) for other in replaced(whole)]
    assert any(refusals)


def json_replaced(value: Any) -> Iterator[Any]:
    """The same for JSON."""
    yield from (None, True, 0, -1, 1 << 64, "", "\ud800", "00", "招标" * 200, [], {}, [[]], [{}])
    if isinstance(value, list):
        for place, part in enumerate(value[:3]):
            for other in json_replaced(part):
                yield [*value[:place], other, *value[place + 1 :]]
    if isinstance(value, dict):
        for name, part in value.items():
            for other in json_replaced(part):
                yield {**value, name: other}
            yield {key: each for key, each in value.items() if key != name}
        yield {**value, "extra": 1}


@each(FILES)
def test_any_part_of_a_file_may_be_replaced_by_anything_without_a_trace(decoder: Decoder) -> None:
    refused = 0
    for other in json_replaced(json.loads(decoder.good)):
        try:
            value = decoder.decode(json.dumps(other).encode())
        except LedgerError:
            refused += 1
            continue
        if decoder.name != "trust root":
            assert json.loads(decoder.spell(value)) == other
    assert refused


CLAIMS = [bytes.fromhex(claim + "40000000") for claim in ("c6", "c9", "db", "dd", "df")]


@each(BINARY + FRAMED)
@pytest.mark.parametrize("claim", CLAIMS, ids=["bytes", "ext", "text", "array", "map"])
def test_a_length_of_a_gibibyte_costs_nothing(decoder: Decoder, claim: bytes) -> None:
    places = [0, *range(1, len(decoder.good), 7)]
    tracemalloc.start()
    try:
        for place in places:
            with pytest.raises(LedgerError):
                decoder.decode(decoder.good[:place] + claim)
            refuse_or_keep(decoder, decoder.good[:place] + claim + decoder.good[place + 5 :])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_MAX


NESTS = {
    "arrays": b"\x91" * 100_000,
    "arrays that claim as many as they may": b"\xdc\x04\x00" * 30_000,
    "maps": b"\x81\xa1a" * 30_000,
    "maps that claim as many as they may": b"\xde\x01\x00\xa1a" * 20_000,
    "json arrays": b"[" * 100_000,
    "json objects": b'{"a":' * 16_000,
}


@each(ALL)
@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_deep_nesting_is_refused_in_little_memory(decoder: Decoder, nest: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(LedgerError):
            decoder.decode(nest[: decoder.size_max])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_MAX


@each(ALL)
def test_what_is_too_large_is_not_looked_into(decoder: Decoder) -> None:
    data = bytes(decoder.size_max + 1)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as refusal:
            decoder.decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refusal.value.code in {
        Code.FORMAT_TOO_LARGE,
        Code.RECORD_TOO_LARGE,
        Code.BUNDLE_TOO_LARGE,
    }
    assert peak < MIB


def test_a_decoder_takes_as_long_an_array_as_the_profile_allows() -> None:
    assert decode(encode((0,) * ARRAY_MAX), 4096) == (0,) * ARRAY_MAX
