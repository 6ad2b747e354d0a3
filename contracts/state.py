"""The questions a rule may ask of the state, each as of a position; and the plain writes.

A section sees its project's records (the subject before ``/``), never the reverse. Slow rows
(members, keys, roles) are `standing`'s. Nothing here judges. Layout of keys: `layout`.
"""

from collections.abc import Iterator
from typing import cast

from contracts import layout
from contracts.deadlines import Calendar
from contracts.overlay import Overlay
from contracts.schema import REFUSE
from contracts.verdict import RecordRow, Times
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, RecordId


def seen_from(subject: str) -> tuple[str, ...]:
    """The subjects whose records `subject` sees: itself, and its project where it is a section."""
    project, slash, _ = subject.partition("/")
    return (subject, project) if slash else (subject,)


class State:
    """The state at one point inside a block, as rules see it."""

    __slots__ = ("overlay",)

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay

    # Questions.

    def record(self, record_id: RecordId) -> RecordRow | None:
        """What is kept of a record; None where it is not on the ledger."""
        data = self.overlay.get(layout.RECORD + record_id)
        return None if data is None else layout.record_row(data)

    def known(self, record_id: RecordId) -> bool:
        """Whether a record is on the ledger, or earlier in this block."""
        return self.overlay.get(layout.RECORD + record_id) is not None

    def records(self, subject: str, type_key: str, as_of: Times) -> Iterator[RecordId]:
        """Records of a type in force about exactly `subject`, in effective order."""
        return self._lasting(layout.by_group(subject, type_key), as_of)

    def open(self, subject: str, type_key: str, as_of: Times) -> Iterator[RecordId]:
        """Records of a type that are open about exactly `subject`."""
        return self._lasting(layout.open_group(subject, type_key), as_of)

    def exists(self, subject: str, type_key: str, as_of: Times) -> bool:
        """Whether a record of a type is in force about what `subject` sees."""
        return any(
            next(self.records(each, type_key, as_of), None) is not None
            for each in seen_from(subject)
        )

    def value(self, subject: str, reference: str, as_of: Times) -> int | str | None:
        """What ``TYPE.FIELD`` last said, about the section first and then about its project."""
        for each in seen_from(subject):
            found = self.value_before(each, reference, as_of)
            if found is not None:
                return found
        return None

    def value_before(self, subject: str, reference: str, effective: Times) -> int | str | None:
        """What ``TYPE.FIELD`` said about exactly `subject` before `effective`."""
        for rest, data in self.overlay.rows(layout.value_group(subject, reference)):
            if layout.index_of_newest_first(rest) < effective.index:
                return cast("int | str | None", decode_stored(data))
        return None

    def citing(self, cited: RecordId, type_key: str, as_of: Times) -> Iterator[str]:
        """Relations by which records of a type cite `cited`."""
        for rest, relation in self.overlay.rows(layout.cites_group(cited, type_key)):
            if layout.index_of(rest) < as_of.index:
                yield relation.decode()

    def cited_at(self, cited: RecordId, type_key: str, as_of: Times) -> Iterator[int]:
        """Effective indexes of the records of a type that cite `cited`."""
        for rest, _ in self.overlay.rows(layout.cites_group(cited, type_key)):
            if (index := layout.index_of(rest)) < as_of.index:
                yield index

    def alerted(self, subject: str, code: str, as_of: Times) -> bool:
        """Whether an alert was raised about what `subject` sees."""
        return any(
            next(self.alerted_at(each, code, as_of), None) is not None
            for each in seen_from(subject)
        )

    def alerted_at(self, subject: str, code: str, as_of: Times) -> Iterator[int]:
        """Log indexes of the alerts of a code about exactly `subject`."""
        for rest, _ in self.overlay.rows(layout.alert_group(subject, code)):
            if (index := layout.index_of(rest)) < as_of.index:
                yield index

    def alerts_of(self, subject: str, code: str, as_of: Times) -> Iterator[tuple[int, RecordId]]:
        """Alerts of a code about exactly `subject`, each with its log index."""
        for rest, record_id in self.overlay.rows(layout.alert_group(subject, code)):
            if (index := layout.index_of(rest)) < as_of.index:
                yield index, RecordId(record_id)

    def alerts(self, subject: str, as_of: Times) -> Iterator[RecordId]:
        """Alerts about exactly `subject`, in the log's order."""
        for rest, record_id in self.overlay.rows(layout.alert_group(subject, "*")):
            if layout.index_of(rest) < as_of.index:
                yield RecordId(record_id)

    def forbidden(self, subject: str, type_key: str) -> tuple[RecordId, str] | None:
        """Which record forbids a type from now on, and what then happens; None where none does."""
        for each in seen_from(subject):
            data = self.overlay.get(layout.forbid_group(each, type_key))
            if data is not None:
                return RecordId(data[: layout.ID_BYTES]), data[layout.ID_BYTES :].decode()
        return None

    def delegation(self, principal: str, to: str, project: str, as_of: Times) -> RecordRow | None:
        """The last delegation in force from a principal for a project; empty for all projects."""
        for rest, record_id in self.overlay.rows(layout.delegated_group(principal, to, project)):
            row = self.record(RecordId(record_id))
            if layout.index_of_newest_first(rest) < as_of.index and row and row.in_force(as_of):
                return row
        return None

    def newest(self, record_id: RecordId) -> RecordId | None:
        """The record that amends `record_id`; None where none does."""
        found = self.overlay.get(layout.NEWEST + record_id)
        return None if found is None else RecordId(found)

    def document(self, subject: str, type_key: str, label: str) -> Digest | None:
        """SHA-256 of the document last filed under a label; None where there is none."""
        found = self.overlay.get(layout.document_group(subject, type_key) + label.encode())
        return None if found is None else Digest(found)

    def awaiting(self, record_id: RecordId) -> bytes | None:
        """Bytes of a record that awaits confirmations; None where it awaits none."""
        return self.overlay.get(layout.AWAITING + record_id)

    def confirmations(self, record_id: RecordId) -> Iterator[tuple[str, frozenset[str]]]:
        """Members that confirmed a record, each with the roles it did it in."""
        for rest, data in self.overlay.rows(layout.confirmed_group(record_id)):
            roles = cast("tuple[str, ...]", decode_stored(data))
            yield rest.decode(), frozenset(roles)

    def calendars(self) -> tuple[Calendar, ...]:
        """The working-day calendars, by first day; one a year, so there are few."""
        return tuple(_calendar(rest, data) for rest, data in self.overlay.rows(layout.CALENDAR))

    # Writes.

    def put_record(self, record_id: RecordId, row: RecordRow) -> None:
        """Keep what is kept of a record."""
        self.overlay.put(layout.RECORD, record_id, layout.record_row_bytes(row))

    def put_listed(self, record_id: RecordId, row: RecordRow, times: Times) -> None:
        """List a record among those of its type and subject, in effect from `times`."""
        group = layout.by_group(row.subject, row.type)
        self.overlay.put(group, layout.place(times.index), record_id)

    def put_open(self, record_id: RecordId, row: RecordRow, times: Times) -> None:
        """Open a record."""
        group = layout.open_group(row.subject, row.type)
        self.overlay.put(group, layout.place(times.index), record_id)

    def close(self, record_id: RecordId, row: RecordRow, index: int) -> None:
        """Close an open record at `index`; nothing happens where it is not open."""
        self._end(layout.open_group(row.subject, row.type), record_id, row, index)

    def void(self, record_id: RecordId, row: RecordRow, index: int) -> None:
        """Take a record out of every later question."""
        self._end(layout.by_group(row.subject, row.type), record_id, row, index)
        self.close(record_id, row, index)

    def put_value(self, subject: str, reference: str, value: int | str | None, index: int) -> None:
        """Keep what a field says about a subject from `index` on; None for nothing any more."""
        group = layout.value_group(subject, reference)
        self.overlay.put(group, layout.newest_first(index), encode(value))

    def put_citation(self, cited: RecordId, type_key: str, relation: str, index: int) -> None:
        """Keep that a record of a type cites `cited`."""
        group = layout.cites_group(cited, type_key)
        rest = relation.encode() + b"\0" + layout.place(index)
        self.overlay.put(group, rest, relation.encode())

    def put_delegation(self, row: RecordRow, delegate: str, project: str, by: RecordId) -> None:
        """Keep the delegation of `row` as the last word of its principal about that project."""
        if row.effective is None:
            return
        group = layout.delegated_group(row.subject, delegate, project)
        self.overlay.put(group, layout.newest_first(row.effective.index), by)

    def put_newest(self, amended: RecordId, by: RecordId) -> None:
        """Keep which record amends `amended`."""
        self.overlay.put(layout.NEWEST, amended, by)

    def put_document(self, subject: str, type_key: str, label: str, digest: Digest) -> None:
        """Keep which document was last filed under a label."""
        self.overlay.put(layout.document_group(subject, type_key), label.encode(), digest)

    def forbid(self, subject: str, type_key: str, by: RecordId, otherwise: str = REFUSE) -> None:
        """Forbid a type in a subject from now on."""
        group = layout.forbid_group(subject, type_key)
        self.overlay.put(group, b"", by + otherwise.encode())

    def put_alert(self, subject: str, code: str, record_id: RecordId, index: int) -> None:
        """Keep that an alert was raised, under its code and under any."""
        for name in (code, "*"):
            self.overlay.put(layout.alert_group(subject, name), layout.place(index), record_id)

    def put_awaiting(self, record_id: RecordId, data: bytes | None) -> None:
        """Keep the bytes of a record until its confirmations are in; None forgets them."""
        self.overlay.put(layout.AWAITING, record_id, data)

    def put_confirmation(self, record_id: RecordId, member: str, roles: tuple[str, ...]) -> None:
        """Keep that a member confirmed a record in these roles."""
        group = layout.confirmed_group(record_id)
        self.overlay.put(group, member.encode(), encode(roles))

    def put_calendar(self, calendar: Calendar) -> None:
        """Adopt a calendar; one with the same first day is replaced."""
        value = encode(
            (
                calendar.last_day,
                tuple(sorted(calendar.holidays)),
                tuple(sorted(calendar.make_up_days)),
            )
        )
        self.overlay.put(layout.CALENDAR, layout.number(calendar.first_day), value)

    def _lasting(self, group: bytes, as_of: Times) -> Iterator[RecordId]:
        """Records of a `by` or `open` group that had begun and not ended at `as_of`."""
        for rest, value in self.overlay.rows(group):
            if layout.index_of(rest) >= as_of.index:
                return
            ended = layout.ended_index(value)
            if ended is None or as_of.index < ended:
                yield RecordId(value[: layout.ID_BYTES])

    def _end(self, group: bytes, record_id: RecordId, row: RecordRow, index: int) -> None:
        """Write the end of a row that lasts; an end once written stays."""
        if row.effective is None:
            return
        rest = layout.place(row.effective.index)
        if self.overlay.get(group + rest) == record_id:
            self.overlay.put(group, rest, layout.with_end(record_id, index))


def _calendar(rest: bytes, data: bytes) -> Calendar:
    last_day, holidays, make_up_days = cast(
        "tuple[int, tuple[int, ...], tuple[int, ...]]", decode_stored(data)
    )
    return Calendar(int.from_bytes(rest), last_day, frozenset(holidays), frozenset(make_up_days))
