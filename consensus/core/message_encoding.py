"""Messages to bytes: one spelling each.

A frame is an array of byte strings: first the head (a canonical array that begins with the kind and
its version), then the blobs that ride beside it. `message_decoding` is its inverse. Spec:
``docs/spec/consensus.md``.
"""

from typing import Final, TypeAlias

from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    CertifiedBlock,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    PayloadRequest,
    PreparedCertificate,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from ledger.core.canonical import Value, encode
from ledger.core.reader import array_header, byte_string
from ledger.core.statements import slot_values

VERSION: Final = 1

_Blobs: TypeAlias = tuple[bytes, ...]


def encode_message(message: Message) -> bytes:
    """The frame that carries `message`."""
    head, blobs = _parts(message)
    parts = [array_header(1 + len(blobs)), byte_string(encode(head))]
    parts.extend(byte_string(blob) for blob in blobs)
    return b"".join(parts)


def encode_prepared(proof: PreparedCertificate) -> bytes:
    """The journal's spelling of a prepared certificate."""
    return encode(_proof_value(proof))


def _parts(message: Message) -> tuple[tuple[Value, ...], _Blobs]:
    match message:
        case Vote():
            return _vote_value(message), ()
        case PrePrepare(prepare, header, parent, payload):
            vote = (*slot_values(prepare.slot), prepare.node, prepare.signature)
            certificate = None if parent is None else parent.encode()
            return ("pre-prepare", VERSION, *vote, header.encode(), certificate), (payload,)
        case ViewChange():
            return ("view-change", VERSION, *slot_values(message.slot), *_asked(message)), ()
        case NewView(slot, chosen, changes, proof, node, signed):
            asked = tuple(_asked(change) for change in changes)
            followed = (chosen, asked, _proof_value(proof), node, signed)
            return ("new-view", VERSION, *slot_values(slot), *followed), ()
        case Status(slot, head_hash, clock_ms, node, signed):
            facts = (head_hash, clock_ms, node, signed)
            return ("status", VERSION, *slot_values(slot), *facts), ()
        case Decided(header, certificate):
            return ("decided", VERSION, header.encode(), certificate.encode()), ()
        case PayloadRequest(height, wanted):
            return ("payload-request", VERSION, height, wanted), ()
        case PayloadAnswer(header, _, payload):
            return ("payload", VERSION, header.encode()), (payload,)
        case BlocksRequest(from_height):
            return ("blocks-request", VERSION, from_height), ()
        case Blocks(blocks):
            return ("blocks", VERSION), tuple(blob for block in blocks for blob in _blobs(block))


def _blobs(block: CertifiedBlock) -> _Blobs:
    return block.header.encode(), block.payload, block.certificate.encode()


def _vote_value(vote: Vote) -> tuple[Value, ...]:
    signed = (vote.header_hash, vote.node, vote.signature)
    return (vote.phase.value, VERSION, *slot_values(vote.slot), *signed)


def _asked(change: ViewChange) -> tuple[Value, ...]:
    prepared = (change.prepared_view, change.prepared_hash)
    signed = (change.parent, *prepared, change.node, change.signature)
    return (*signed, _proof_value(change.proof))


def _proof_value(proof: PreparedCertificate | None) -> Value:
    if proof is None:
        return None
    return (*slot_values(proof.slot), proof.header.encode(), proof.votes)
