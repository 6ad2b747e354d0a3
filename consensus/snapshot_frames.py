"""What two nodes say to each other about snapshots: frozen values and the bytes of their frames.

Nothing here judges what it carries: `ledger.snapshot_trust` and `ledger.core.snapshot_chunk` do.
Spec: ``docs/spec/wire.md``.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from ledger.codes import Code
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import Digest, Height
from ledger.core.limits import Parameters
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import array, digest, integer, versioned
from ledger.core.snapshot_chunk import PATH_MAX, chunk_bytes_max
from ledger.core.snapshot_offer import OFFER_BYTES_MAX
from ledger.errors import FormatError

VERSION: Final = 1
REQUEST_BYTES_MAX: Final = 64
_HEAD_BYTES_MAX: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """Asks what the receiver's newest stated snapshot is."""


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """Asks for one chunk of a snapshot."""

    height: Height
    place: int


@dataclass(frozen=True, slots=True)
class Offered:
    """The answer to an `OfferRequest`."""

    offer: bytes
    """As `ledger.core.snapshot_offer` spells it; empty where there is none."""


@dataclass(frozen=True, slots=True)
class ChunkGiven:
    """The answer to a `ChunkRequest`."""

    height: Height
    place: int
    path: tuple[Digest, ...]
    rows: bytes
    """As `ledger.core.snapshot_chunk` spells them; empty where that chunk is not kept there."""


SnapshotRequest: TypeAlias = OfferRequest | ChunkRequest
SnapshotAnswer: TypeAlias = Offered | ChunkGiven


def answer_bytes_max(limits: Parameters) -> int:
    """No answer in a network with these limits is larger."""
    return _HEAD_BYTES_MAX + max(OFFER_BYTES_MAX, chunk_bytes_max(limits)) + 16


def encode_snapshot_request(request: SnapshotRequest) -> bytes:
    """``["snapshot-request", 1, height, chunk]``; nil twice asks for the offer."""
    match request:
        case OfferRequest():
            return encode(("snapshot-request", VERSION, None, None))
        case ChunkRequest(height, place):
            return encode(("snapshot-request", VERSION, height, place))


def decode_snapshot_request(body: bytes) -> SnapshotRequest:
    """The request that `body` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(body, REQUEST_BYTES_MAX), "snapshot-request", VERSION, 4)
    if items[2] is None and items[3] is None:
        return OfferRequest()
    return ChunkRequest(Height(integer(items[2], "height", 1)), integer(items[3], "chunk"))


def encode_snapshot_answer(answer: SnapshotAnswer) -> bytes:
    """``[head, blob]``: the head says which chunk of which snapshot, or nil for an offer."""
    if isinstance(answer, Offered):
        head, blob = encode(("snapshot", VERSION, None, None, ())), answer.offer
    else:
        named = ("snapshot", VERSION, answer.height, answer.place, answer.path)
        head, blob = encode(named), answer.rows
    return array_header(2) + byte_string(head) + byte_string(blob)


def decode_snapshot_answer(body: bytes, limits: Parameters) -> SnapshotAnswer:
    """The answer that `body` spells; offer and rows stay bytes and are not judged.

    Raises:
        FormatError: a `format.*` code.
    """
    reader = Reader(body)
    if reader.array(2) != 2:
        raise FormatError(Code.FORMAT_SHAPE, what="snapshot")
    head = reader.bytes_(_HEAD_BYTES_MAX)
    blob = reader.bytes_(max(OFFER_BYTES_MAX, chunk_bytes_max(limits)))
    reader.end()
    items = versioned(decode(head, _HEAD_BYTES_MAX), "snapshot", VERSION, 5)
    path = array(items[4], "path")
    if len(path) > PATH_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(path), limit=PATH_MAX)
    if items[2] is None and items[3] is None and not path:
        return Offered(blob)
    return ChunkGiven(
        Height(integer(items[2], "height", 1)),
        integer(items[3], "chunk"),
        tuple(digest(each, "path") for each in path),
        blob,
    )
