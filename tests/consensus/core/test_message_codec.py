"""Messages on the wire: one spelling each, and a clear refusal of everything else (pitfall 21)."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.core.config import Config
from consensus.core.message_decoding import decode_message
from consensus.core.message_encoding import encode_message
from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    Decided,
    Message,
    PayloadAnswer,
    PayloadRequest,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from ledger.core.identifiers import Height, NodeId, View
from ledger.core.reader import array_header, byte_string
from ledger.errors import FormatError, LedgerError
from tests.consensus.core.world import (
    NETWORK,
    START_MS,
    World,
    commit,
    decided_block,
    genesis_head,
    head_after,
    header_on,
    new_view,
    pre_prepare,
    prepared,
    rebuilds,
    slot,
    view_change,
)

HEAD = genesis_head()
CONFIG = Config(NETWORK, NodeId("a"), rebuilds)


def examples() -> list[Message]:
    """One of each kind, with and without what is optional."""
    first = decided_block(HEAD, b"one", START_MS, "abc")
    second = decided_block(head_after(first), b"two", START_MS + 1, "bcd")
    header = header_on(HEAD, b"one", START_MS, "a")
    proof = prepared(slot(1, 0), header, "abc")
    asks = [view_change(slot(1, 3), HEAD, name, proof) for name in "abc"]
    made = pre_prepare(slot(2, 0), head_after(first), b"two", START_MS + 1, "a")
    return [
        commit(slot(1, 1 << 63), header.hash(), "d"),
        pre_prepare(slot(1, 0), HEAD, b"", START_MS, "a"),
        made,
        made.prepare,
        view_change(slot(1, 1), HEAD, "b"),
        asks[0],
        new_view(slot(1, 1), [view_change(slot(1, 1), HEAD, name) for name in "abc"], "b"),
        new_view(slot(1, 3), asks, "d", proof),
        Status(slot(1, 0), HEAD.header_hash, START_MS, NodeId("a"), bytes(64)),
        Decided(first.header, first.certificate),
        PayloadRequest(Height(1), header.hash()),
        PayloadAnswer(header, header.hash(), b"one"),
        BlocksRequest(Height(7)),
        Blocks((first, second)),
    ]


@pytest.mark.parametrize("message", examples(), ids=lambda m: type(m).__name__)
def test_every_message_has_one_spelling(message: Message) -> None:
    data = encode_message(message)
    assert decode_message(data, CONFIG) == message
    assert "\n" not in repr(message)
    for wrong in (b"", data[:-1], data + b"\x00", b"\x90", array_header(1) + byte_string(b"\xc0")):
        with pytest.raises(FormatError):
            decode_message(wrong, CONFIG)


@given(st.data())
def test_a_flipped_bit_is_refused_or_changes_what_is_said(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(examples()))
    frame = bytearray(encode_message(message))
    at = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[at // 8] ^= 1 << (at % 8)
    try:
        other = decode_message(bytes(frame), CONFIG)
    except LedgerError:
        return
    assert other != message
    assert encode_message(other) == bytes(frame)


@given(st.binary(max_size=400))
def test_noise_is_refused_with_a_code(noise: bytes) -> None:
    with pytest.raises(FormatError):
        decode_message(noise, CONFIG)
    with pytest.raises(FormatError):
        decode_message(array_header(1) + byte_string(noise), CONFIG)


def test_a_header_that_was_swapped_is_another_message() -> None:
    """The header hash is recomputed: what is signed and what is carried cannot differ."""
    one, two = (pre_prepare(slot(1, 0), HEAD, text, START_MS, "a") for text in (b"one", b"two"))
    swapped = PrePrepare(one.prepare, two.header, None, two.payload)
    decoded = decode_message(encode_message(swapped), CONFIG)
    assert isinstance(decoded, PrePrepare)
    assert decoded.prepare.header_hash == two.prepare.header_hash
    world = World(silent="a")
    world.hand("a", "b", one)
    ready = world.actors["b"].live.receive(NodeId("a"), decoded, world.now_ms)
    assert ready.send == () and world.actors["b"].live.situation.dropped_count == 1


def test_a_false_length_of_a_gibibyte_costs_no_memory() -> None:
    lies = [
        b"\xdd\x40\x00\x00\x00",
        b"\x91\xc6\x40\x00\x00\x00",
        b"\x91\xc4\x06\xdd\x40\x00\x00\x00\x00",
        b"\x91\xc4\x05\xc6\x40\x00\x00\x00",
    ]
    tracemalloc.start()
    for lie in lies:
        with pytest.raises(FormatError):
            decode_message(lie, CONFIG)
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    tracemalloc.stop()


def test_blocks_of_a_chunk_are_consecutive_and_have_their_own_certificates() -> None:
    first = decided_block(HEAD, b"one", START_MS, "abc")
    second = decided_block(head_after(first), b"two", START_MS + 1, "bcd")
    for wrong in (
        Blocks((second, first)),
        Blocks((first, first)),
        Decided(first.header, second.certificate),
    ):
        with pytest.raises(FormatError):
            decode_message(encode_message(wrong), CONFIG)


def test_a_transcript_is_one_readable_line_per_message() -> None:
    lines = [repr(message) for message in examples()]
    assert lines[0].startswith(f"Commit h1/v{1 << 63} ") and lines[0].endswith(" by d")
    assert lines[1].startswith("PrePrepare h1/v0 ") and lines[1].endswith(" by a (0 B)")
    assert lines[4] == "ViewChange h1/v1 prepared nothing by b"
    assert lines[6] == "NewView h1/v1 free from a,b,c by b"
    assert lines[-1] == "Blocks h1 to h2"
    assert isinstance(examples()[3], Vote) and isinstance(examples()[4], ViewChange)
    assert View(0) == 0
