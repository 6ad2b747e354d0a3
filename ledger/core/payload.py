"""The payload of a block on the wire, and what it means that a payload rebuilds a header.

A payload carries each bundle's header and signature, the bytes of entered records, and the ids of
those that entered earlier. It rebuilds a header when the bundle count, `bundles_root` and every
`records_root` recompute. Spec: ``docs/spec/block.md``.
"""

from collections.abc import Sequence

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.block import VERSION, BlockBundle, Header, bitmap, block_bundle
from ledger.core.bundle import HEADER_BYTES_MAX, pool_key
from ledger.core.identifiers import DIGEST_BYTES, Digest, RecordId
from ledger.core.limits import DEFAULT, Parameters
from ledger.core.reader import Reader, array_header, byte_string, word
from ledger.core.record import record_id
from ledger.core.shapes import SIGNATURE_BYTES
from ledger.errors import FormatError


def encode_payload(bundles: Sequence[BlockBundle]) -> bytes:
    """The only spelling of the payload that holds `bundles`."""
    parts = [array_header(len(bundles))]
    for bundle in bundles:
        parts += (
            array_header(6),
            word("bundle"),
            bytes((VERSION,)),
            byte_string(bundle.header_bytes),
            byte_string(bundle.signature),
            byte_string(bundle.entered),
            array_header(len(bundle.records)),
        )
        parts.extend(
            byte_string(each if record is None else record)
            for each, record in zip(bundle.record_ids, bundle.records, strict=True)
        )
    return b"".join(parts)


def decode_payload(data: bytes, limits: Parameters = DEFAULT) -> tuple[BlockBundle, ...]:
    """The bundles that `data` spells; signatures are not judged here.

    Raises:
        FormatError: a `format.*` code, `bundle.records_root`, `bundle.invalid`, `block.invalid`.
    """
    if len(data) > limits.block_bytes_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=limits.block_bytes_max)
    reader = Reader(data)
    count = reader.array(limits.block_bundles_max)
    bundles = tuple(_bundle(reader, limits) for _ in range(count))
    reader.end()
    return bundles


def pool_keys(payload: bytes, limits: Parameters = DEFAULT) -> tuple[Digest, ...]:
    """What names each signed bundle of a payload, in order; its records are passed by unhashed.

    Raises:
        FormatError: a `format.*` code.
    """
    reader = Reader(payload)
    count = reader.array(limits.block_bundles_max)
    keys = tuple(_pool_key(reader, limits) for _ in range(count))
    reader.end()
    return keys


def bundles_root(bundles: Sequence[BlockBundle]) -> Digest:
    """RFC 6962 root over the leaves ``["bundle", 1, header, signature, entered]``."""
    return merkle.root([merkle.leaf_hash(bundle.leaf()) for bundle in bundles])


def rebuild(
    header: Header, payload: bytes, limits: Parameters = DEFAULT
) -> tuple[BlockBundle, ...]:
    """The bundles of `payload`, where it rebuilds `header`.

    Raises:
        FormatError: `block.not_rebuilt`, or as `decode_payload`.
    """
    bundles = decode_payload(payload, limits)
    if header.bundle_count != len(bundles) or header.bundles_root != bundles_root(bundles):
        raise FormatError(Code.BLOCK_NOT_REBUILT, height=header.height)
    return bundles


def _pool_key(reader: Reader, limits: Parameters) -> Digest:
    if reader.array(6) != 6:
        raise FormatError(Code.FORMAT_SHAPE, what="bundle")
    reader.word("bundle")
    reader.version(VERSION)
    header_bytes, signature = reader.bytes_(HEADER_BYTES_MAX), reader.bytes_(SIGNATURE_BYTES)
    reader.bytes_((limits.bundle_records_max + 7) // 8)
    for _ in range(reader.array(limits.bundle_records_max)):
        reader.bytes_(limits.record_bytes_max)
    return pool_key(header_bytes, signature)


def _bundle(reader: Reader, limits: Parameters) -> BlockBundle:
    if reader.array(6) != 6:
        raise FormatError(Code.FORMAT_SHAPE, what="bundle")
    reader.word("bundle")
    reader.version(VERSION)
    header_bytes = reader.bytes_(HEADER_BYTES_MAX)
    signature = reader.bytes_(SIGNATURE_BYTES)
    entered = reader.bytes_((limits.bundle_records_max + 7) // 8)
    count = reader.array(limits.bundle_records_max)
    if len(entered) != (count + 7) // 8:
        raise FormatError(Code.BLOCK_INVALID, what="entered")
    present = tuple(bool(entered[i // 8] & 0x80 >> (i % 8)) for i in range(count))
    if bitmap(present) != entered:
        raise FormatError(Code.BLOCK_INVALID, what="entered")
    items = [reader.bytes_(limits.record_bytes_max if there else DIGEST_BYTES) for there in present]
    if any(
        len(item) != DIGEST_BYTES for item, there in zip(items, present, strict=True) if not there
    ):
        raise FormatError(Code.BLOCK_INVALID, what="record id")
    ids = tuple(
        record_id(item) if there else RecordId(item)
        for item, there in zip(items, present, strict=True)
    )
    records = tuple(item if there else None for item, there in zip(items, present, strict=True))
    return block_bundle(header_bytes, signature, ids, records)
