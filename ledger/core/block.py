"""Header, payload and head: what one height decides.

The header commits to the bundles, to every entry through the log, and to the state after the block;
it does not hold the view, so a block proposed again in a later view keeps its header to the byte.
Spec: ``docs/spec/block.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.bundle import BundleHeader, bundle_id, check_covers, decode_header
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import CommitCertificate
from ledger.core.hashing import LeafKind, Tag, leaf_data, tagged_hash
from ledger.core.identifiers import (
    BundleId,
    Digest,
    Epoch,
    HeaderHash,
    Height,
    NetworkId,
    NodeId,
    RecordId,
    View,
    check_name,
)
from ledger.core.shapes import array, digest, integer, text, time_ms, versioned
from ledger.errors import FormatError

VERSION: Final = 1
HEADER_BYTES_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Root over the whole sorted state after an earlier height."""

    height: Height
    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class Header:
    """All that a vote commits to."""

    network_id: NetworkId
    height: Height
    previous: HeaderHash
    """Hash of the header below; the network id at height 1."""
    time_ms: int
    """Judged by the clocks of at least f + 1 honest nodes when the block was fresh."""
    proposer: NodeId
    epoch: Epoch
    """The epoch whose committee certifies this block."""
    bundle_count: int
    bundles_root: Digest
    entry_count: int
    """Entered records plus derived records."""
    state_hash: Digest
    """After this block."""
    status_size: int
    status_root: Digest
    """After this block; rows of the slow state."""
    snapshot: Snapshot | None
    log_size: int
    """Parent's log size + entry count + 1 (the block leaf)."""
    log_root: Digest

    def encode(self) -> bytes:
        """The canonical header array."""
        return encode(("header", VERSION, *self._facts(), self.log_size, self.log_root))

    def hash(self) -> HeaderHash:
        """The tagged hash of the header's bytes; encodes anew at each call."""
        return header_hash(self.encode())

    def leaf(self) -> bytes:
        """Data of the block leaf: all fields but log_size and log_root."""
        return leaf_data(LeafKind.BLOCK, VERSION, *self._facts())

    def _facts(self) -> tuple[Value, ...]:
        snapshot = self.snapshot
        return (
            self.network_id,
            self.height,
            self.previous,
            self.time_ms,
            self.proposer,
            self.epoch,
            self.bundle_count,
            self.bundles_root,
            self.entry_count,
            self.state_hash,
            self.status_size,
            self.status_root,
            None if snapshot is None else (snapshot.height, snapshot.size, snapshot.root),
        )


def header_hash(data: bytes) -> HeaderHash:
    """The hash of the header that `data` spells."""
    return HeaderHash(tagged_hash(Tag.HEADER, data))


def decode_header_of_block(data: bytes) -> Header:
    """The block header that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, HEADER_BYTES_MAX), "header", VERSION, 17)
    return _header(items[2:15], integer(items[15], "log_size"), digest(items[16], "log_root"))


def header_from_leaf(data: bytes, log_size: int, log_root: Digest) -> Header:
    """The header whose block leaf is `data` and whose log ends at `log_size`, `log_root`.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, HEADER_BYTES_MAX), LeafKind.BLOCK, VERSION, 15)
    return _header(items[2:15], log_size, log_root)


def _header(items: Sequence[Value], log_size: int, log_root: Digest) -> Header:
    """A header from its thirteen facts and where its log ends."""
    return Header(
        network_id=NetworkId(digest(items[0], "network_id")),
        height=Height(integer(items[1], "height", 1)),
        previous=HeaderHash(digest(items[2], "previous")),
        time_ms=time_ms(items[3], "time_ms"),
        proposer=NodeId(check_name(text(items[4], "proposer", 32), "proposer")),
        epoch=Epoch(integer(items[5], "epoch")),
        bundle_count=integer(items[6], "bundle_count"),
        bundles_root=digest(items[7], "bundles_root"),
        entry_count=integer(items[8], "entry_count"),
        state_hash=digest(items[9], "state_hash"),
        status_size=integer(items[10], "status_size"),
        status_root=digest(items[11], "status_root"),
        snapshot=_snapshot(items[12]),
        log_size=log_size,
        log_root=log_root,
    )


def _snapshot(value: Value) -> Snapshot | None:
    if value is None:
        return None
    height, size, root = array(value, "snapshot", 3)
    return Snapshot(
        Height(integer(height, "snapshot.height", 1)),
        integer(size, "snapshot.size"),
        digest(root, "snapshot.root"),
    )


@dataclass(frozen=True, slots=True)
class BlockBundle:
    """A bundle as one block holds it: some of its records may have entered earlier."""

    header: BundleHeader
    header_bytes: bytes
    signature: bytes
    entered: bytes
    """Bitmap of ceil(count / 8) bytes; position i is bit ``0x80 >> (i % 8)`` of byte i // 8."""
    record_ids: tuple[RecordId, ...]
    """Of every position, entered or not."""
    records: tuple[bytes | None, ...]
    """Canonical bytes at entered positions, None at the others."""

    def __post_init__(self) -> None:
        present = tuple(record is not None for record in self.records)
        if self.entered != bitmap(present) or not any(present):
            raise FormatError(Code.BLOCK_INVALID, what="entered")
        check_covers(self.header, self.signature, self.record_ids)

    @property
    def bundle_id(self) -> BundleId:
        """``H(tag ‖ header)``."""
        return bundle_id(self.header_bytes)

    def leaf(self) -> bytes:
        """Data of its leaf under `bundles_root`."""
        return leaf_data(LeafKind.BUNDLE, VERSION, self.header_bytes, self.signature, self.entered)


def block_bundle(
    header_bytes: bytes,
    signature: bytes,
    record_ids: tuple[RecordId, ...],
    records: tuple[bytes | None, ...],
) -> BlockBundle:
    """A block's bundle from its parts; the bitmap follows from which bytes are present.

    Raises:
        FormatError: a `format.*` code, `bundle.records_root` or `block.invalid`.
    """
    entered = bitmap(tuple(record is not None for record in records))
    header = decode_header(header_bytes)
    return BlockBundle(header, header_bytes, signature, entered, record_ids, records)


def bitmap(present: tuple[bool, ...]) -> bytes:
    """The bitmap of the positions that are present; unused bits are zero."""
    bits = bytearray((len(present) + 7) // 8)
    for position, there in enumerate(present):
        if there:
            bits[position // 8] |= 0x80 >> (position % 8)
    return bytes(bits)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest committed block, as far as the next one needs it."""

    network_id: NetworkId
    height: Height
    """0 before the first block."""
    header_hash: HeaderHash
    """The network id at height 0."""
    time_ms: int
    epoch: Epoch
    """The epoch that certifies the next block."""
    view: View
    """The view of `certificate`: where the next height starts; 0 at height 0."""
    certificate: CommitCertificate | None
    state_hash: Digest
    status_size: int
    status_root: Digest
    log_size: int
    log_root: Digest
