"""How the state is laid out: the one table of its keys, and the bytes of its rows.

    record/ID                                 what is kept of a record (`RecordRow`)
    awaiting/ID                               bytes of a record that awaits confirmations
    confirmed/ID MEMBER                       the roles in which a member confirmed it
    by/SUBJECT 0 TYPE 0 INDEX                 id [‖ index at which it was voided]
    open/SUBJECT 0 TYPE 0 INDEX               id [‖ index at which it was closed]
    value/SUBJECT 0 TYPE.FIELD 0 LATER        value of a kept field, from this index on
    cites/ID TYPE 0 RELATION 0 INDEX          a record of TYPE cites ID by RELATION
    newest/ID                                 id of the record that amends ID
    forbid/SUBJECT 0 TYPE 0                   id ‖ otherwise: what forbids TYPE, and how
    document/SUBJECT 0 TYPE 0 LABEL           SHA-256 of the document last filed under LABEL
    alert/SUBJECT 0 ALnn 0 INDEX              id of the derived record
    timer/DUE DEADLINE 0 ID                   a running timer (`timers.TimerRow`)
    timed/ID DEADLINE                         DUE of that timer, so that it can be stopped
    calendar/FIRST_DAY                        a working-day calendar
    delegated/PRINCIPAL 0 DELEGATE 0 PROJECT 0 LATER   id of the delegation
    clock/MEMBER 0 NODE                       block time and id of the last report of this clock
    misconduct/NODE/KIND/EPOCH/PLACE          id of the record that holds this evidence
    destroyed/EPOCH                           id of the record about the keys that left with it
    key/KEY_ID                                the member or node that ever enrolled this key
    status/…                                  slow rows, provable (`standing`, `ledger.core.status`)

ID is 32 bytes, INDEX, DUE and FIRST_DAY are 8 bytes, big-endian; INDEX is the log index plus one,
so that 0 stands for the genesis. LATER is 2⁶⁴ − 1 − INDEX: the newest value comes first, and to ask
for it costs the same however often it changed. Subjects hold no control characters, so 0 ends them.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, cast

from contracts.verdict import RecordRow, Times
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import MemberId, RecordId, Subject

GENESIS_INDEX: Final = -1
"""The index before the first entry: what the genesis says stands here."""

RECORD: Final = b"record/"
AWAITING: Final = b"awaiting/"
TIMER: Final = b"timer/"
TIMED: Final = b"timed/"
NEWEST: Final = b"newest/"
CALENDAR: Final = b"calendar/"
KEY: Final = b"key/"
ID_BYTES: Final = 32
_NUMBERS: Final = Struct(">qqqqq")
_LAST: Final = (1 << 64) - 1
_NEVER: Final = -2
"""Stands for None among the numbers of a record's row; -1 is the genesis."""


def by_subject(subject: str) -> bytes:
    """What every `by_group` of a subject begins with."""
    return f"by/{subject}\0".encode()


def by_group(subject: str, type_key: str) -> bytes:
    """Records of a type about a subject, in effective order."""
    return f"by/{subject}\0{type_key}\0".encode()


def open_group(subject: str, type_key: str) -> bytes:
    """Records of an opening type about a subject."""
    return f"open/{subject}\0{type_key}\0".encode()


def value_group(subject: str, reference: str) -> bytes:
    """Values that ``TYPE.FIELD`` took in a subject."""
    return f"value/{subject}\0{reference}\0".encode()


def forbid_group(subject: str, type_key: str) -> bytes:
    """What forbids a type in a subject."""
    return f"forbid/{subject}\0{type_key}\0".encode()


def document_group(subject: str, type_key: str) -> bytes:
    """Documents last filed with a type in a subject, by label."""
    return f"document/{subject}\0{type_key}\0".encode()


def alert_group(subject: str, code: str) -> bytes:
    """Alerts of a code about a subject."""
    return f"alert/{subject}\0{code}\0".encode()


def delegated_group(principal: str, delegate: str, project: str) -> bytes:
    """Delegations of a principal to a delegate for a project (empty for all), the newest first."""
    return f"delegated/{principal}\0{delegate}\0{project}\0".encode()


def cites_group(cited: RecordId, type_key: str) -> bytes:
    """Records of a type that cite a record."""
    return b"cites/" + cited + type_key.encode() + b"\0"


def confirmed_group(awaiting: RecordId) -> bytes:
    """Members that confirmed a record."""
    return b"confirmed/" + awaiting


def number(value: int) -> bytes:
    """A time or day number as it stands in a key."""
    return value.to_bytes(8)


def place(index: int) -> bytes:
    """A log index as it stands in a key."""
    return (index + 1).to_bytes(8)


def index_of(rest: bytes) -> int:
    """The log index at the end of a key."""
    return int.from_bytes(rest[-8:]) - 1


def newest_first(index: int) -> bytes:
    """A log index as it stands in a key of a group whose newest row comes first."""
    return (_LAST - index - 1).to_bytes(8)


def index_of_newest_first(rest: bytes) -> int:
    """The log index that `newest_first` spelled at the end of a key."""
    return _LAST - int.from_bytes(rest[-8:]) - 1


def with_end(record_id: bytes, end_index: int | None) -> bytes:
    """Value of a ``by`` or ``open`` row."""
    return record_id[:ID_BYTES] if end_index is None else record_id[:ID_BYTES] + place(end_index)


def ended_index(value: bytes) -> int | None:
    """The index at which a ``by`` or ``open`` row ended; None while it lasts."""
    return None if len(value) == ID_BYTES else index_of(value)


def record_row_bytes(row: RecordRow) -> bytes:
    """The row of a record: five numbers, three short texts, and what is kept where anything is.

    Spelled by hand because every record of a block has one.
    """
    effective = row.effective
    numbers = _NUMBERS.pack(
        row.entered.index,
        row.entered.time_ms,
        _NEVER if effective is None else effective.index,
        _NEVER if effective is None else effective.time_ms,
        _NEVER if row.voided_index is None else row.voided_index,
    )
    names = f"{row.type}\0{row.issuer}\0{row.subject}\0".encode()
    if not row.kept and not row.at_limit:
        return numbers + names
    return numbers + names + encode((row.kept, row.at_limit))


def record_row(data: bytes) -> RecordRow:
    """The row that `record_row_bytes` made; only this node's own state is read with it."""
    index, time_ms, effective_index, effective_ms, voided = _NUMBERS.unpack_from(data)
    type_key, issuer, subject, rest = data[_NUMBERS.size :].split(b"\0", 3)
    kept, at_limit = cast(
        "tuple[Mapping[str, int | str], tuple[str, ...]]",
        decode_stored(rest) if rest else ({}, ()),
    )
    return RecordRow(
        type=type_key.decode(),
        issuer=MemberId(issuer.decode()),
        subject=Subject(subject.decode()),
        entered=Times(index, time_ms),
        effective=None if effective_ms == _NEVER else Times(effective_index, effective_ms),
        voided_index=None if voided == _NEVER else voided,
        kept=kept,
        at_limit=at_limit,
    )
