"""The frames: each comes back as it was, and anything else is one clear code."""

import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.build import Identity, codec_of
from consensus.core.messages import BlocksRequest, Phase, Vote
from consensus.presence import Presence
from consensus.wire import (
    PREFIX_BYTES,
    Codec,
    CosignatureRequest,
    Cosigned,
    Frame,
    Hello,
    Kind,
    Relayed,
    Report,
    Said,
    prefix,
    size_of,
)
from ledger.codes import Code
from ledger.core.acknowledgement import refuse
from ledger.core.canonical import encode
from ledger.core.certificate import Slot
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, NodeId, View
from ledger.errors import FormatError
from tests.vectors.small_network import SmallNetwork, signer, small_record

NETWORK = SmallNetwork()
GENESIS = NETWORK.genesis
OWN = NodeId("node-centre")
IDENTITY = Identity(
    NETWORK.network_id, OWN, GENESIS.origin, signer("node centre"), GENESIS.parameters
)
CODEC: Codec = codec_of(IDENTITY)
BUNDLE = NETWORK.bundle([small_record("a"), small_record("b")])
REFUSAL = refuse(
    signer("node centre"),
    NETWORK.network_id,
    OWN,
    BUNDLE.pool_key,
    Code.BUNDLE_KNOWN,
    HeaderHash(bytes(32)),
)
SLOT = Slot(NETWORK.network_id, Epoch(0), Height(3), View(1))
VOTE = Vote(Phase.COMMIT, SLOT, HeaderHash(b"\7" * 32), OWN, b"\1" * 64)
PRESENCE = Presence(b"\1" * 16, b"\2" * 16, b"\3" * 64)
FRAMES: Sequence[Frame] = (
    Hello(NETWORK.network_id, OWN, Height(12), PRESENCE),
    Hello(NETWORK.network_id, OWN, Height(12), PRESENCE, Presence(bytes(16), None, bytes(64))),
    Said(VOTE),
    Said(BlocksRequest(Height(5))),
    Relayed(BUNDLE),
    Report(REFUSAL),
    Cosigned(b"opaque"),
    CosignatureRequest(Height(9)),
)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_every_frame_comes_back_as_it_was(frame: Frame) -> None:
    data = CODEC.encode(frame)
    assert CODEC.decode(data) == frame
    head = prefix(data) + data[:1]
    assert len(head) == PREFIX_BYTES
    assert size_of(head, CODEC.sizes_max) == len(data) - 1


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_every_frame_cut_short_or_extended_is_refused_or_differs(frame: Frame) -> None:
    data = CODEC.encode(frame)
    if isinstance(frame, Cosigned):
        assert CODEC.decode(data[:-1]) == Cosigned(b"opaqu")
        return
    for size in range(len(data)):
        with pytest.raises(FormatError):
            CODEC.decode(data[:size])
    with pytest.raises(FormatError):
        CODEC.decode(data + b"\0")


@given(st.integers(0, len(FRAMES) - 1), st.data())
def test_a_flipped_bit_is_refused_or_spells_another_frame_exactly(
    which: int, draw: st.DataObject
) -> None:
    data = bytearray(CODEC.encode(FRAMES[which]))
    bit = draw.draw(st.integers(0, 8 * len(data) - 1))
    data[bit // 8] ^= 1 << bit % 8
    try:
        found = CODEC.decode(bytes(data))
    except FormatError:
        return
    assert CODEC.encode(found) == bytes(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_frame_or_one_clear_code(data: bytes) -> None:
    try:
        found = CODEC.decode(data)
    except FormatError as problem:
        assert problem.code in Code
    else:
        assert CODEC.encode(found) == data


@pytest.mark.parametrize("kind", [*Kind, 0, 7, 255])
def test_a_gigabyte_is_refused_before_memory_is_taken(kind: int) -> None:
    head = (1 << 30).to_bytes(4) + bytes((kind,))
    tracemalloc.start()
    with pytest.raises(FormatError):
        size_of(head, CODEC.sizes_max)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize(
    ("hello", "what"),
    [
        (Hello(NETWORK.network_id, NodeId("node-notary"), Height(0), PRESENCE), "node id"),
        (Hello(type(NETWORK.network_id)(b"\5" * 32), OWN, Height(0), PRESENCE), "network id"),
        (CosignatureRequest(Height(1)), "hello"),
    ],
)
def test_a_first_frame_of_another_node_network_or_kind_is_refused(hello: Frame, what: str) -> None:
    with pytest.raises(FormatError) as caught:
        CODEC.check_hello(OWN, CODEC.encode(hello))
    assert caught.value.detail["what"] == what


@pytest.mark.parametrize("version", [1, 3])
def test_a_hello_of_another_version_is_named_so(version: int) -> None:
    body = encode(("hello", version, NETWORK.network_id, OWN, 0))
    with pytest.raises(FormatError) as caught:
        CODEC.check_hello(OWN, bytes((Kind.HELLO,)) + body)
    assert caught.value.code is Code.FORMAT_VERSION


def test_a_report_with_an_unknown_code_is_refused() -> None:
    refusal = ("refusal", 1, bytes(32), OWN, Digest(bytes(32)), "no.code", bytes(32), bytes(64))
    with pytest.raises(FormatError) as caught:
        CODEC.decode(bytes((Kind.REPORT,)) + encode(refusal))
    assert caught.value.detail["what"] == "code"
