"""Bytes to messages: strict, every size capped before memory is taken.

A frame decodes only where it is the one spelling of its message. A header is hashed here, so what a
message names and what it carries cannot differ. Signatures are judged in `verification`, not here.
Spec: ``docs/spec/consensus.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from consensus.core.config import Config
from consensus.core.message_encoding import VERSION
from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    CertifiedBlock,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    PayloadRequest,
    Phase,
    PreparedCertificate,
    PrePrepare,
    SignatureOf,
    Status,
    ViewChange,
    Vote,
)
from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block, header_hash
from ledger.core.canonical import Value, decode
from ledger.core.certificate import CommitCertificate, Slot, decode_certificate
from ledger.core.committee import COMMITTEE_MAX
from ledger.core.identifiers import Epoch, HeaderHash, Height, NetworkId, NodeId, View
from ledger.core.reader import Reader
from ledger.core.shapes import array, digest, integer, signature, text, time_ms, versioned
from ledger.core.statements import VIEW_MAX
from ledger.errors import FormatError

HEAD_BYTES_MAX: Final = 32 * 1024
"""A NEW-VIEW of 32 nodes needs about 12 KiB."""

_Blobs: TypeAlias = tuple[bytes, ...]
_Head: TypeAlias = Sequence[Value]
_Build: TypeAlias = Callable[[_Head, _Blobs], Message]


def decode_message(data: bytes, config: Config) -> Message:
    """The message that the frame `data` spells; its signatures are not judged here.

    Args:
        data: one whole frame.
        config: its caps bound the frame, every blob and their count.

    Raises:
        FormatError: a `format.*` code.
    """
    if len(data) > config.frame_bytes_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=config.frame_bytes_max)
    reader = Reader(data)
    count = reader.array(1 + 3 * config.chunk_blocks_max)
    if count == 0:
        raise FormatError(Code.FORMAT_SHAPE, what="frame")
    head = array(decode(reader.bytes_(HEAD_BYTES_MAX), HEAD_BYTES_MAX), "message")
    blobs = tuple(reader.bytes_(config.payload_bytes_max) for _ in range(count - 1))
    reader.end()
    kind = head[0] if head and type(head[0]) is str else ""
    shape = _SHAPES.get(kind)
    if shape is None:
        raise FormatError(Code.FORMAT_SHAPE, what="message kind")
    size, build = shape
    return build(versioned(head, kind, VERSION, size), blobs)


def decode_prepared(data: bytes) -> PreparedCertificate:
    """The prepared certificate that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    proof = _proof(decode(data, HEAD_BYTES_MAX))
    if proof is None:
        raise FormatError(Code.FORMAT_SHAPE, what="proof")
    return proof


def _vote(head: _Head, blobs: _Blobs) -> Vote:
    _no(blobs)
    return Vote(
        Phase(text(head[0], "phase")),
        _slot(head[2:6]),
        HeaderHash(digest(head[6], "header_hash")),
        _node(head[7]),
        signature(head[8], "signature"),
    )


def _pre_prepare(head: _Head, blobs: _Blobs) -> PrePrepare:
    if len(blobs) != 1:
        raise FormatError(Code.FORMAT_SHAPE, what="payload")
    header, hashed = _header(head[8])
    slot, node = _slot(head[2:6]), _node(head[6])
    prepare = Vote(Phase.PREPARE, slot, hashed, node, signature(head[7], "signature"))
    parent = None if head[9] is None else _certificate(head[9])
    return PrePrepare(prepare, header, parent, blobs[0])


def _view_change(head: _Head, blobs: _Blobs) -> ViewChange:
    _no(blobs)
    return _change(_slot(head[2:6]), head[6:])


def _change(slot: Slot, facts: _Head) -> ViewChange:
    parent, view, hashed, node, signed, proof = facts
    if (view is None) != (hashed is None):
        raise FormatError(Code.FORMAT_SHAPE, what="prepared")
    return ViewChange(
        slot,
        HeaderHash(digest(parent, "parent")),
        None if view is None else _view(view),
        None if hashed is None else HeaderHash(digest(hashed, "prepared_hash")),
        _node(node),
        signature(signed, "signature"),
        _proof(proof),
    )


def _new_view(head: _Head, blobs: _Blobs) -> NewView:
    _no(blobs)
    slot = _slot(head[2:6])
    changes = array(head[7], "changes")
    if len(changes) > COMMITTEE_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(changes), limit=COMMITTEE_MAX)
    return NewView(
        slot,
        None if head[6] is None else HeaderHash(digest(head[6], "chosen")),
        tuple(_change(slot, array(change, "change", 6)) for change in changes),
        _proof(head[8]),
        _node(head[9]),
        signature(head[10], "signature"),
    )


def _status(head: _Head, blobs: _Blobs) -> Status:
    _no(blobs)
    return Status(
        _slot(head[2:6]),
        HeaderHash(digest(head[6], "head_hash")),
        time_ms(head[7], "clock_ms"),
        _node(head[8]),
        signature(head[9], "signature"),
    )


def _decided(head: _Head, blobs: _Blobs) -> Decided:
    _no(blobs)
    header, hashed = _header(head[2])
    return Decided(header, _certificate_of(header, hashed, _certificate(head[3])))


def _payload_request(head: _Head, blobs: _Blobs) -> PayloadRequest:
    _no(blobs)
    wanted = HeaderHash(digest(head[3], "header_hash"))
    return PayloadRequest(Height(integer(head[2], "height", 1)), wanted)


def _payload(head: _Head, blobs: _Blobs) -> PayloadAnswer:
    if len(blobs) != 1:
        raise FormatError(Code.FORMAT_SHAPE, what="payload")
    header, hashed = _header(head[2])
    return PayloadAnswer(header, hashed, blobs[0])


def _blocks_request(head: _Head, blobs: _Blobs) -> BlocksRequest:
    _no(blobs)
    return BlocksRequest(Height(integer(head[2], "from_height", 1)))


def _blocks(head: _Head, blobs: _Blobs) -> Blocks:
    if not blobs or len(blobs) % 3:
        raise FormatError(Code.FORMAT_SHAPE, what="blocks")
    blocks = tuple(_block(*blobs[at : at + 3]) for at in range(0, len(blobs), 3))
    first = blocks[0].header.height
    if any(block.header.height != first + i for i, block in enumerate(blocks)):
        raise FormatError(Code.FORMAT_SHAPE, what="heights")
    return Blocks(blocks)


def _block(header_bytes: bytes, payload: bytes, certificate: bytes) -> CertifiedBlock:
    header, hashed = _header(header_bytes)
    return CertifiedBlock(
        header, payload, _certificate_of(header, hashed, _certificate(certificate))
    )


def _certificate_of(
    header: Header, hashed: HeaderHash, certificate: CommitCertificate
) -> CommitCertificate:
    """The certificate, where it speaks of this header in a slot of its height and epoch."""
    slot = certificate.slot
    named = (slot.network_id, slot.epoch, slot.height, certificate.header_hash)
    if named != (header.network_id, header.epoch, header.height, hashed):
        raise FormatError(Code.FORMAT_SHAPE, what="certificate")
    return certificate


def _proof(value: Value) -> PreparedCertificate | None:
    if value is None:
        return None
    items = array(value, "proof", 6)
    header, hashed = _header(items[4])
    votes = array(items[5], "votes")
    if len(votes) > COMMITTEE_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(votes), limit=COMMITTEE_MAX)
    signed = tuple(_signature_of(array(vote, "vote", 2)) for vote in votes)
    return PreparedCertificate(_slot(items[:4]), header, hashed, signed)


def _signature_of(vote: Sequence[Value]) -> SignatureOf:
    return _node(vote[0]), signature(vote[1], "signature")


def _header(value: Value) -> tuple[Header, HeaderHash]:
    if type(value) is not bytes:
        raise FormatError(Code.FORMAT_SHAPE, what="header")
    return decode_header_of_block(value), header_hash(value)


def _certificate(value: Value) -> CommitCertificate:
    if type(value) is not bytes:
        raise FormatError(Code.FORMAT_SHAPE, what="certificate")
    certificate = decode_certificate(value)
    _view(certificate.slot.view)
    return certificate


def _slot(values: Sequence[Value]) -> Slot:
    network_id, epoch, height, view = values
    return Slot(
        NetworkId(digest(network_id, "network_id")),
        Epoch(integer(epoch, "epoch")),
        Height(integer(height, "height", 1)),
        _view(view),
    )


def _view(value: Value) -> View:
    return View(integer(value, "view", 0, VIEW_MAX))


def _node(value: Value) -> NodeId:
    return NodeId(text(value, "node_id", 32))


def _no(blobs: _Blobs) -> None:
    if blobs:
        raise FormatError(Code.FORMAT_SHAPE, what="blobs")


_SHAPES: Final[Mapping[str, tuple[int, _Build]]] = MappingProxyType(
    {
        "prepare": (9, _vote),
        "commit": (9, _vote),
        "pre-prepare": (10, _pre_prepare),
        "view-change": (12, _view_change),
        "new-view": (11, _new_view),
        "status": (10, _status),
        "decided": (4, _decided),
        "payload-request": (4, _payload_request),
        "payload": (3, _payload),
        "blocks-request": (3, _blocks_request),
        "blocks": (2, _blocks),
    }
)
"""Kind to (items of its head, builder)."""
