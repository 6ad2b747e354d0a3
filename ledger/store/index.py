"""The rows that let people find records: by subject, digest, issuer, type, time and log size.

Pure. Every row here can be computed from the blocks alone, so audit compares each with what the
blocks say. Many records of one issuer or type in a block share one row of runs.
"""

from collections.abc import Iterator, Sequence
from enum import Enum

from ledger.core.block import Header
from ledger.core.canonical import decode_stored
from ledger.core.effects import EnteredRecord
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.shapes import array
from ledger.store.api import Row
from ledger.store.keys import Table, number, text
from ledger.store.rows import runs_row


class Algorithm(Enum):
    """Digest algorithms that name documents."""

    SHA256 = b"\x01"
    SM3 = b"\x02"


def subject_part(subject: Subject) -> bytes:
    """The part of `SUBJECT` keys that all records about `subject` share."""
    return text(subject)


def digest_part(algorithm: Algorithm, digest: bytes) -> bytes:
    """The part of `DIGEST` keys that all records naming this document share."""
    return algorithm.value + digest


def issuer_part(issuer: MemberId) -> bytes:
    """The part of `ISSUER` keys that all records of `issuer` share."""
    return text(issuer)


def type_part(type_key: str) -> bytes:
    """The part of `TYPE` keys that all records of this type share."""
    return text(type_key)


def index_rows(header: Header, records: Sequence[EnteredRecord]) -> Iterator[Row]:
    """The index rows of one block.

    Args:
        header: of the block.
        records: everything that has an entry in the block, in order.
    """
    yield Table.LOG_SIZE.key(number(header.log_size)), number(header.height)
    yield Table.TIME.key(number(header.time_ms)), number(header.height)
    first = header.log_size - header.entry_count - 1
    issuers: dict[bytes, list[int]] = {}
    types: dict[bytes, list[int]] = {}
    for offset, record in enumerate(records):
        items = array(decode_stored(record.data), "record", 11)
        types.setdefault(type_part(str(items[2])), []).append(offset)
        issuers.setdefault(issuer_part(MemberId(str(items[3]))), []).append(offset)
        index = number(first + offset)
        if items[4]:
            key = Table.SUBJECT.key(subject_part(Subject(str(items[4]))), index)
            yield key, record.record_id
        for evidence in array(items[6], "evidence"):
            yield from _digest_rows(array(evidence, "evidence", 5), index, record.record_id)
    for table, parts in ((Table.ISSUER, issuers), (Table.TYPE, types)):
        for part, offsets in parts.items():
            yield table.key(part, number(header.height)), runs_row(offsets)


def _digest_rows(evidence: Sequence[object], index: bytes, record_id: RecordId) -> Iterator[Row]:
    for algorithm, digest in zip(Algorithm, evidence[1:3], strict=True):
        if isinstance(digest, bytes):
            yield Table.DIGEST.key(digest_part(algorithm, digest), index), record_id
