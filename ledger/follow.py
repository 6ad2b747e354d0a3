"""What a node hands to whoever follows it: certified blocks, and the cosigned heads kept for them.

Only the frame: nothing in it is believed before `consensus.follower` has judged it. The decoder
allocates nothing on a claim. Spec: ``docs/spec/follow.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ledger.codes import Code
from ledger.core.block import HEADER_BYTES_MAX
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import CERTIFICATE_BYTES_MAX
from ledger.core.identifiers import Height, NetworkId
from ledger.core.limits import MIB, Parameters
from ledger.core.note import NOTE_BYTES_MAX
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import array, digest, integer, text, versioned
from ledger.errors import FormatError

VERSION: Final = 1
MEDIA_TYPE: Final = "application/vnd.bidwitness.follow"
BLOCKS_MAX: Final = 256
NOTES_MAX: Final = 64
CHUNK_BYTES: Final = 4 * MIB
"""Blocks of one chunk; a single larger block is given alone."""
_HEAD_BYTES_MAX: Final = NOTES_MAX * (NOTE_BYTES_MAX + 16) + 256
_FRAMING: Final = 5 * (1 + 3 * BLOCKS_MAX)


@dataclass(frozen=True, slots=True)
class FollowedBlock:
    """One decided block, in the bytes that every node keeps."""

    header: bytes
    payload: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class KeptNote:
    """The head after a block, as the answering node shows it."""

    height: Height
    note: str
    """The log's signature line first, then the cosignatures that the node keeps."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One answer of ``GET /v1/follow``."""

    network_id: NetworkId
    head: Height
    """Of the answering node's newest block: a claim."""
    blocks: tuple[FollowedBlock, ...]
    """Ascending without a gap from the height asked for."""
    notes: tuple[KeptNote, ...]
    """Strictly ascending, of heights that the follower has with these blocks."""

    def encode(self) -> bytes:
        """``[head, header, payload, certificate, …]``, each a byte string."""
        notes = tuple((each.height, each.note) for each in self.notes)
        head = encode(("follow", VERSION, self.network_id, self.head, notes))
        parts = [array_header(1 + 3 * len(self.blocks)), byte_string(head)]
        for block in self.blocks:
            parts += map(byte_string, (block.header, block.payload, block.certificate))
        return b"".join(parts)


def chunk_bytes_max(limits: Parameters) -> int:
    """No chunk of a network with these limits is larger."""
    block = HEADER_BYTES_MAX + limits.block_bytes_max + CERTIFICATE_BYTES_MAX
    return _HEAD_BYTES_MAX + max(CHUNK_BYTES, block) + _FRAMING


def decode_chunk(data: bytes, limits: Parameters) -> Chunk:
    """The chunk that `data` spells; its blocks and notes stay bytes and are not judged.

    Raises:
        FormatError: a `format.*` code.
    """
    size_max = chunk_bytes_max(limits)
    if len(data) > size_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=size_max)
    reader = Reader(data)
    count = reader.array(1 + 3 * BLOCKS_MAX)
    if count % 3 != 1:
        raise FormatError(Code.FORMAT_SHAPE, what="blocks")
    head = versioned(decode(reader.bytes_(_HEAD_BYTES_MAX), _HEAD_BYTES_MAX), "follow", VERSION, 5)
    blocks = tuple(
        FollowedBlock(
            reader.bytes_(HEADER_BYTES_MAX),
            reader.bytes_(limits.block_bytes_max),
            reader.bytes_(CERTIFICATE_BYTES_MAX),
        )
        for _ in range(count // 3)
    )
    reader.end()
    notes = array(head[4], "notes")
    if len(notes) > NOTES_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(notes), limit=NOTES_MAX)
    kept = tuple(_note(array(each, "note", 2)) for each in notes)
    if any(above.height <= below.height for below, above in pairwise(kept)):
        raise FormatError(Code.FORMAT_SHAPE, what="notes")
    network_id = NetworkId(digest(head[2], "network_id"))
    return Chunk(network_id, Height(integer(head[3], "head")), blocks, kept)


def _note(items: Sequence[Value]) -> KeptNote:
    height, note = items
    return KeptNote(Height(integer(height, "height", 1)), text(note, "note", NOTE_BYTES_MAX))
