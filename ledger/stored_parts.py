"""Decodes what a chain has stored: bytes that do not decode are damage there, and never input."""

from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block
from ledger.core.bundle import BundleHeader, decode_header
from ledger.core.canonical import decode_stored
from ledger.core.identifiers import Height, MemberId, RecordId, Subject
from ledger.core.record import decode_record
from ledger.core.sealed import Sealed, opens, sealed_of
from ledger.core.shapes import array
from ledger.errors import FormatError, StoreError


def sealed_in(opening: bytes, record_id: RecordId) -> Sealed:
    """What an opening carries."""
    try:
        return sealed_of(decode_record(opening))
    except FormatError as problem:
        raise StoreError(Code.STORE_DAMAGED, what=f"opening {record_id.hex()}") from problem


def commitment_of(opening: bytes, record_id: RecordId) -> RecordId:
    """The commitment that an opening opens."""
    try:
        return opens(decode_record(opening))
    except FormatError as problem:
        raise StoreError(Code.STORE_DAMAGED, what=f"opening {record_id.hex()}") from problem


def head_of_record(data: bytes, record_id: RecordId) -> tuple[str, MemberId, Subject]:
    """Type, issuer and subject of a record, a tenth of the work of decoding all of it."""
    try:
        items = array(decode_stored(data), "record", 11)
    except FormatError as problem:
        raise StoreError(Code.STORE_DAMAGED, what=f"record {record_id.hex()}") from problem
    return str(items[2]), MemberId(str(items[3])), Subject(str(items[4]))


def decoded_header(data: bytes, height: Height) -> Header:
    """The header of a block."""
    try:
        return decode_header_of_block(data)
    except FormatError as problem:
        raise StoreError(Code.STORE_DAMAGED, what=f"header {height}") from problem


def decoded_bundle_header(data: bytes, height: Height) -> BundleHeader:
    """The header of a bundle."""
    try:
        return decode_header(data)
    except FormatError as problem:
        raise StoreError(Code.STORE_DAMAGED, what=f"bundle in {height}") from problem
