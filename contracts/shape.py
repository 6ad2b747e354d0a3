"""The checks that need only the record and its type: subject, fields, private names, evidence.

They ask no state, so a record that fails here fails on every ledger. Spec:
``docs/spec/contracts.md``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, cast

from contracts.expected import expected_value
from contracts.schema import Field, RecordType
from contracts.spelling import is_credit_code, is_property_unit, matches
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import DIGEST_BYTES, NETWORK_MEMBER, check_name
from ledger.core.record import Record
from ledger.core.shapes import TIME_MAX
from ledger.errors import FormatError, Rejected

MEMBER_BYTES_MAX: Final = 32
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that a reader cannot see, or that turn the text around: a subject must be what it
looks like. Listed, because what Python calls printable changes with its version."""
_SECTION: Final = re.compile(r"[^/]+(/[^/]+)?")
_PROJECT: Final = re.compile(r"[^/]+")
_CODED: Final = {
    "seal": re.compile(r"SEAL-[0-9]{6}-[0-9A-Z]{1,24}"),
    "address": re.compile(r"ADDR-[0-9]{6}-[0-9A-Z]{1,24}"),
    "list": re.compile(r"LIST-[0-9]{6}"),
}
"""Subjects with the region (GB/T 2260) in them: a seal, an address, a region's negative list."""


def check_shape(record: Record, kind: RecordType, common: Mapping[str, Field]) -> Rejected | None:
    """The first thing about `record` that its type does not allow; None where all is well."""
    if not _subject_fits(record, kind):
        return Rejected(Code.RECORD_SUBJECT, {"type": kind.key, "subject": record.subject})
    for name, value in record.fields.items():
        field = kind.fields.get(name) or common.get(name)
        if field is None:
            return _rejected(Code.RECORD_FIELD_UNKNOWN, kind, name)
        if not _FITS[field.kind](field, value):
            detail = {"type": kind.key, "field": name[:64], "expected": expected_value(field)}
            return Rejected(Code.RECORD_FIELD_VALUE, detail)
    for name, field in kind.fields.items():
        if field.required and name not in record.fields:
            return _rejected(Code.RECORD_FIELD_MISSING, kind, name)
    if len(record.evidence) < kind.evidence_min:
        return Rejected(
            Code.RECORD_EVIDENCE_MISSING, {"type": kind.key, "least": kind.evidence_min}
        )
    if record.private is not None and "*" not in kind.private:
        for name in record.private.names:
            if name not in kind.private:
                return _rejected(Code.RECORD_PRIVATE_NAME, kind, name)
    return None


def is_plain(subject: str) -> bool:
    """Whether a subject looks like what it is, and may stand in a key of the state."""
    if subject.isascii() and subject.isprintable():
        return True
    return _UNSEEN.search(subject) is None


def _subject_fits(record: Record, kind: RecordType) -> bool:
    subject = str(record.subject)
    if not is_plain(subject):
        return False
    if kind.subject == "any":
        return True
    if kind.subject == "none":
        return not subject
    if kind.subject == "section":
        return _SECTION.fullmatch(subject) is not None
    if kind.subject == "project":
        return _PROJECT.fullmatch(subject) is not None
    if kind.subject == "issuer":
        return subject == record.issuer
    if kind.subject in _CODED:
        return _CODED[kind.subject].fullmatch(subject) is not None
    return _is_member(subject) and subject != NETWORK_MEMBER


def _is_member(value: Value) -> bool:
    if type(value) is not str:
        return False
    try:
        check_name(value, "member")
    except FormatError:
        return False
    return True


def _is_text(field: Field, value: Value) -> bool:
    return (
        type(value) is str
        and len(value.encode()) <= field.limit
        and (not field.allowed or value in field.allowed)
        and (not field.pattern or matches(field.pattern, value))
    )


def _is_integer(field: Field, value: Value) -> bool:
    return type(value) is int and value >= field.least


def _is_bytes(field: Field, value: Value) -> bool:
    return type(value) is bytes and len(value) <= field.limit


def _is_digest(value: Value) -> bool:
    return type(value) is bytes and len(value) == DIGEST_BYTES


def _list_of(fits: Callable[[Field, Value], bool]) -> Callable[[Field, Value], bool]:
    """A list within its limit whose items all fit; `max` counts the items."""

    def check(field: Field, value: Value) -> bool:
        if type(value) is not tuple or len(value) > field.limit:
            return False
        return all(fits(field, item) for item in cast("tuple[Value, ...]", value))

    return check


def _is_listed_text(field: Field, value: Value) -> bool:
    short = type(value) is str and len(value.encode()) <= 256
    return short and (not field.allowed or value in field.allowed)


_FITS: Final[Mapping[str, Callable[[Field, Value], bool]]] = {
    "text": _is_text,
    "integer": _is_integer,
    "fen": _is_integer,
    "time": lambda _, value: type(value) is int and 0 <= value <= TIME_MAX,
    "digest": lambda _, value: _is_digest(value),
    "record": lambda _, value: _is_digest(value),
    "bytes": _is_bytes,
    "bool": lambda _, value: type(value) is bool,
    "member": lambda _, value: _is_member(value),
    "credit_code": lambda _, value: type(value) is str and is_credit_code(value),
    "property_unit": lambda _, value: type(value) is str and is_property_unit(value),
    "texts": _list_of(_is_listed_text),
    "integers": _list_of(_is_integer),
    "members": _list_of(lambda _, value: _is_member(value)),
    "records": _list_of(lambda _, value: _is_digest(value)),
    "digests": _list_of(lambda _, value: _is_digest(value)),
}


def _rejected(code: Code, kind: RecordType, field: str) -> Rejected:
    return Rejected(code, {"type": kind.key, "field": field[:64]})
