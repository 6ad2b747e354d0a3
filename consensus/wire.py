"""What travels between two nodes: frame kinds, their sizes, and their strict codec.

On the line a frame is ``length (4) ‖ kind (1) ‖ body``; the length counts kind and body, and is
compared with the cap of the kind before memory is taken. Inside the process a frame is the bytes
from the kind on. Nothing here judges a signature. Spec: ``docs/spec/wire.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from consensus.core.config import Config
from consensus.core.message_decoding import decode_message
from consensus.core.message_encoding import encode_message
from consensus.core.messages import Message
from consensus.presence import Presence, presence_of
from consensus.snapshot_frames import (
    ChunkGiven,
    ChunkRequest,
    Offered,
    OfferRequest,
    SnapshotAnswer,
    SnapshotRequest,
    answer_bytes_max,
    decode_snapshot_answer,
    decode_snapshot_request,
    encode_snapshot_answer,
    encode_snapshot_request,
)
from ledger.codes import Code
from ledger.core.acknowledgement import SignedRefusal
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import HeaderHash, Height, NetworkId, NodeId, check_name
from ledger.core.limits import Parameters
from ledger.core.shapes import digest, integer, signature, text, versioned
from ledger.errors import FormatError

VERSION: Final = 1
"""Of every kind but the first."""
HELLO_VERSION: Final = 2
"""Of the line: two nodes that differ do not talk, and say so."""
PREFIX_BYTES: Final = 5
"""Length and kind: what is read before anything is allocated."""
SMALL_BYTES_MAX: Final = 4 * 1024


class Kind(IntEnum):
    """First byte of every frame."""

    HELLO = 1
    """The first frame in each direction, and only the first."""
    MESSAGE = 2
    """A message of the replicas."""
    BUNDLE = 3
    """A bundle that the sender has taken in, judged and pooled."""
    REPORT = 4
    """To the node that took a bundle in: it became unfit here."""
    COSIGNATURE = 5
    """One cosignature of a head; opaque here."""
    COSIGNATURE_REQUEST = 6
    """Asks for a cosignature of the receiver's present head."""
    SNAPSHOT_REQUEST = 7
    """Asks for a snapshot, or for a chunk of one."""
    SNAPSHOT = 8
    """The answer to it; waits behind everything else."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks, for which network, and how high its chain is."""

    network_id: NetworkId
    node_id: NodeId
    height: Height
    presence: Presence
    """Which process of this node speaks."""
    other: Presence | None = None
    """What another process said to the speaker in the receiver's name, if any did."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the sender's replica."""

    message: Message


@dataclass(frozen=True, slots=True)
class Relayed:
    """A bundle that the sender took in."""

    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Report:
    """The sender's signed verdict about a bundle that the receiver took in."""

    refusal: SignedRefusal


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Bytes that `consensus.cosigning` reads."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CosignatureRequest:
    """The sender lacks cosignatures of the head at this height."""

    height: Height


Frame: TypeAlias = (
    Hello
    | Said
    | Relayed
    | Report
    | Cosigned
    | CosignatureRequest
    | SnapshotRequest
    | SnapshotAnswer
)


@dataclass(frozen=True, slots=True)
class Codec:
    """Encodes and decodes the frames of one network, whose limits it knows."""

    config: Config
    limits: Parameters

    @property
    def sizes_max(self) -> Mapping[int, int]:
        """Cap of kind and body together, in bytes, by kind. A kind that is not here is unknown."""
        return {
            Kind.HELLO: SMALL_BYTES_MAX,
            Kind.MESSAGE: 1 + self.config.frame_bytes_max,
            Kind.BUNDLE: 1 + self.limits.bundle_bytes_max,
            Kind.REPORT: SMALL_BYTES_MAX,
            Kind.COSIGNATURE: SMALL_BYTES_MAX,
            Kind.COSIGNATURE_REQUEST: SMALL_BYTES_MAX,
            Kind.SNAPSHOT_REQUEST: SMALL_BYTES_MAX,
            Kind.SNAPSHOT: 1 + answer_bytes_max(self.limits),
        }

    def encode(self, frame: Frame) -> bytes:
        """The bytes of `frame`, from its kind on."""
        match frame:
            case Hello(network_id, node_id, height, presence, other):
                words = (presence.values(), None if other is None else other.values())
                body = encode(("hello", HELLO_VERSION, network_id, node_id, height, *words))
                return bytes((Kind.HELLO,)) + body
            case Said(message):
                return bytes((Kind.MESSAGE,)) + encode_message(message)
            case Relayed(bundle):
                return bytes((Kind.BUNDLE,)) + bundle.encode()
            case Report(refusal):
                return bytes((Kind.REPORT,)) + _encode_refusal(refusal)
            case Cosigned(data):
                return bytes((Kind.COSIGNATURE,)) + data
            case CosignatureRequest(height):
                return bytes((Kind.COSIGNATURE_REQUEST,)) + encode(("cosign", VERSION, height))
            case OfferRequest() | ChunkRequest():
                return bytes((Kind.SNAPSHOT_REQUEST,)) + encode_snapshot_request(frame)
            case Offered() | ChunkGiven():
                return bytes((Kind.SNAPSHOT,)) + encode_snapshot_answer(frame)

    def decode(self, data: bytes) -> Frame:
        """The frame that `data` (kind and body) spells.

        Raises:
            FormatError: a `format.*` code, or as `decode_bundle`.
        """
        kind, body = data[:1], data[1:]
        limit = self.sizes_max.get(kind[0]) if kind else None
        if limit is None:
            raise FormatError(Code.FORMAT_SHAPE, what="frame kind")
        if len(data) > limit:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=limit)
        match kind[0]:
            case Kind.MESSAGE:
                return Said(decode_message(body, self.config))
            case Kind.BUNDLE:
                return Relayed(decode_bundle(body, self.limits))
            case Kind.COSIGNATURE:
                return Cosigned(body)
            case Kind.HELLO:
                return _hello(body)
            case Kind.REPORT:
                return Report(_refusal(body))
            case Kind.SNAPSHOT_REQUEST:
                return decode_snapshot_request(body)
            case Kind.SNAPSHOT:
                return decode_snapshot_answer(body, self.limits)
            case _:
                return _cosignature_request(body)

    def check_hello(self, peer: NodeId, data: bytes) -> Hello:
        """Require that a first frame is `peer`'s, for this network and in this version.

        Raises:
            FormatError: it is not.
        """
        hello = self.decode(data)
        if not isinstance(hello, Hello):
            raise FormatError(Code.FORMAT_SHAPE, what="hello")
        if hello.network_id != self.config.network_id:
            raise FormatError(Code.FORMAT_SHAPE, what="network id")
        if hello.node_id != peer:
            raise FormatError(Code.FORMAT_SHAPE, what="node id")
        return hello


def prefix(data: bytes) -> bytes:
    """The length that goes before `data` (kind and body) on the line."""
    return len(data).to_bytes(4)


def size_of(head: bytes, sizes_max: Mapping[int, int]) -> int:
    """Bytes that follow a prefix of `PREFIX_BYTES`, whose last byte is the kind.

    Raises:
        FormatError: `format.shape` for an unknown kind, `format.too_large` over the kind's cap.
    """
    size, limit = int.from_bytes(head[:4]), sizes_max.get(head[4])
    if limit is None or size == 0:
        raise FormatError(Code.FORMAT_SHAPE, what="frame kind")
    if size > limit:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=size, limit=limit)
    return size - 1


def _hello(body: bytes) -> Hello:
    items = versioned(decode(body, SMALL_BYTES_MAX), "hello", HELLO_VERSION, 7)
    return Hello(
        NetworkId(digest(items[2], "network_id")),
        NodeId(check_name(text(items[3], "node_id"), "node_id")),
        Height(integer(items[4], "height")),
        presence_of(items[5]),
        None if items[6] is None else presence_of(items[6]),
    )


def _cosignature_request(body: bytes) -> CosignatureRequest:
    items = versioned(decode(body, SMALL_BYTES_MAX), "cosign", VERSION, 3)
    return CosignatureRequest(Height(integer(items[2], "height")))


def _encode_refusal(refusal: SignedRefusal) -> bytes:
    return encode(
        (
            "refusal",
            VERSION,
            refusal.network_id,
            refusal.node_id,
            refusal.pool_key,
            refusal.code.value,
            refusal.head_hash,
            refusal.signature,
        )
    )


def _refusal(body: bytes) -> SignedRefusal:
    items = versioned(decode(body, SMALL_BYTES_MAX), "refusal", VERSION, 8)
    try:
        code = Code(text(items[5], "code"))
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="code") from problem
    return SignedRefusal(
        NetworkId(digest(items[2], "network_id")),
        NodeId(check_name(text(items[3], "node_id"), "node_id")),
        digest(items[4], "pool_key"),
        code,
        HeaderHash(digest(items[6], "head_hash")),
        signature(items[7], "signature"),
    )
