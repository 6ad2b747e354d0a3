"""The rows that let people find records: by subject, digest, issuer, type, mark, time and size.

Pure. Every row here can be computed from the blocks alone, so audit compares each with what the
blocks say. Many records of one issuer or type in a block share one row of runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from ledger.core.block import Header
from ledger.core.canonical import Value, decode_stored
from ledger.core.effects import EnteredRecord, OpenedRecord
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.shapes import array
from ledger.store.api import Row
from ledger.store.keys import Table, number, text
from ledger.store.rows import runs_row


class Algorithm(Enum):
    """Digest algorithms that name documents."""

    SHA256 = b"\x01"
    SM3 = b"\x02"


ALERT_RAISED: Final = "ledger.alert_raised"
AMENDMENTS: Final = ("amends", "replaces", "voids")
"""Relations by which a record changes what another one says."""
_TOLD: Final = ("alert", "severity", "about")
"""What an alert says of itself."""
_SUBJECT: Final = Table.SUBJECT.key()
_MARK: Final = Table.MARK.key()
_SHA256: Final = Table.DIGEST.key(Algorithm.SHA256.value)
_SM3: Final = Table.DIGEST.key(Algorithm.SM3.value)


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


def mark_part(name: str, value: str | None = None) -> bytes:
    """The part of `MARK` keys that all records with this mark share.

    Args:
        name: one of `AMENDMENTS`; or ``alert``, ``severity``, ``about``.
        value: what an alert says under that name; None for a relation.
    """
    return text(name if value is None else f"{name}:{value}")


def index_rows(header: Header, records: Sequence[EnteredRecord]) -> Iterator[Row]:
    """The index rows of one block.

    Args:
        header: of the block.
        records: everything that has an entry in the block, in order.
    """
    yield Table.LOG_SIZE.key(number(header.log_size)), number(header.height)
    yield Table.TIME.key(number(header.time_ms)), number(header.height)
    first = header.log_size - header.entry_count - 1
    types: dict[str, list[int]] = {}
    issuers: dict[str, list[int]] = {}
    for offset, record in enumerate(records):
        items = array(decode_stored(record.data), "record", 11)
        types.setdefault(str(items[2]), []).append(offset)
        issuers.setdefault(str(items[3]), []).append(offset)
        index = number(first + offset)
        yield from _content_rows(items, index, record.record_id)
    height = number(header.height)
    for type_key, offsets in types.items():
        yield Table.TYPE.key(type_part(type_key), height), runs_row(offsets)
    for issuer, offsets in issuers.items():
        yield Table.ISSUER.key(issuer_part(MemberId(issuer)), height), runs_row(offsets)


def opened_rows(
    header: Header, records: Sequence[EnteredRecord], opened: Sequence[OpenedRecord]
) -> Iterator[Row]:
    """The rows of the records that came out of openings of one block, at the openings' places.

    Args:
        header: of the block.
        records: everything that has an entry in the block, in order.
        opened: what came out.
    """
    first = header.log_size - header.entry_count - 1
    for each in opened:
        items, index = array(decode_stored(each.data), "record", 11), number(first + each.offset)
        type_key, issuer = type_part(str(items[2])), issuer_part(MemberId(str(items[3])))
        yield Table.OPENED.key(each.record_id), records[each.offset].record_id
        yield Table.OPENED_TYPE.key(type_key, index), each.record_id
        yield Table.OPENED_ISSUER.key(issuer, index), each.record_id
        yield from _content_rows(items, index, each.record_id)


def mark_rows(items: Sequence[Value], index: bytes, record_id: RecordId) -> Iterator[Row]:
    """By how it changes another record, and by what an alert says: what few records do.

    Args:
        items: of the record's canonical bytes.
        index: its place, as a part of a key.
        record_id: of the record.
    """
    refs = array(items[9], "refs")
    relations = {array(ref, "ref", 3)[0] for ref in refs} if refs else ()
    for relation in AMENDMENTS if relations else ():
        if relation in relations:
            yield _MARK + mark_part(relation) + index, record_id
    fields = items[7]
    if items[2] == ALERT_RAISED and isinstance(fields, Mapping):
        for name in _TOLD:
            said = fields.get(name)
            if isinstance(said, str):
                yield _MARK + mark_part(name, said) + index, record_id


def _content_rows(items: Sequence[Value], index: bytes, record_id: RecordId) -> Iterator[Row]:
    """By subject, by document and by mark."""
    yield from mark_rows(items, index, record_id)
    if items[4]:
        yield _SUBJECT + subject_part(Subject(str(items[4]))) + index, record_id
    for evidence in array(items[6], "evidence"):
        _, sha256, sm3, _, _ = array(evidence, "evidence", 5)
        if isinstance(sha256, bytes):
            yield _SHA256 + sha256 + index, record_id
        if isinstance(sm3, bytes):
            yield _SM3 + sm3 + index, record_id
