"""Timers: what is to happen when nobody acts. They live in the state, sorted by due time.

"No answer within three days" has no record to trigger it; a timer does. A timer is due at its
deadline plus the grace, fires in the first block whose time is later, and is deleted by the record
that answers. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from contracts import layout
from contracts.overlay import Overlay, StateReader
from contracts.schema import RecordType
from contracts.verdict import Raised
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import MemberId, RecordId, Subject


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A running timer."""

    due_ms: int
    """Limit plus grace."""
    deadline: str
    record_id: RecordId
    """The record that started it."""
    alert: str
    limit_ms: int
    about: str
    """Type of the record that started it."""
    member: MemberId
    """Who issued that record."""
    subject: Subject

    @property
    def rest(self) -> bytes:
        """The end of its key: due, deadline, record."""
        return layout.number(self.due_ms) + self.deadline.encode() + b"\0" + self.record_id

    def raised(self) -> Raised:
        """The alert that it raises when it fires."""
        return Raised(
            alert=self.alert,
            subject=self.subject,
            about=self.about,
            member=self.member,
            because=self.deadline,
            rests_on=(self.record_id,),
            deadline=self.deadline,
            due_ms=self.limit_ms,
        )


def start(overlay: Overlay, timer: TimerRow) -> None:
    """Let `timer` run."""
    value = encode((timer.alert, timer.limit_ms, timer.about, timer.member, timer.subject))
    overlay.put(layout.TIMER, timer.rest, value)
    overlay.put(
        layout.TIMED, timer.record_id + timer.deadline.encode(), layout.number(timer.due_ms)
    )


def runs(overlay: Overlay, record_id: RecordId, deadline: str) -> bool:
    """Whether the timer of a record for a deadline runs."""
    return overlay.get(layout.TIMED + record_id + deadline.encode()) is not None


def stop(overlay: Overlay, record_id: RecordId, deadline: str) -> None:
    """Stop the timer that `record_id` started; nothing happens where it does not run."""
    rest = record_id + deadline.encode()
    due = overlay.get(layout.TIMED + rest)
    if due is None:
        return
    overlay.put(layout.TIMED, rest, None)
    overlay.put(layout.TIMER, due + deadline.encode() + b"\0" + record_id, None)


def stop_all(overlay: Overlay, record_id: RecordId, kind: RecordType) -> None:
    """Stop every timer that a record of `kind` started."""
    for each in kind.timers:
        stop(overlay, record_id, each.deadline)


def due(state: StateReader, time_ms: int, count_max: int) -> tuple[TimerRow, ...]:
    """The timers of a committed state that are due before `time_ms`, in (due, key) order."""
    return tuple(islice(_due(state, time_ms), count_max))


def next_due_ms(state: StateReader) -> int | None:
    """When the earliest timer is due; None where none runs."""
    first = next(state.scan(layout.TIMER), None)
    return None if first is None else _due_of(first[0])


def _due(state: StateReader, time_ms: int) -> Iterator[TimerRow]:
    for key, value in state.scan(layout.TIMER):
        if _due_of(key) >= time_ms:
            return
        yield _timer(key, value)


def _due_of(key: bytes) -> int:
    start = len(layout.TIMER)
    return int.from_bytes(key[start : start + 8])


def _timer(key: bytes, value: bytes) -> TimerRow:
    rest = key[len(layout.TIMER) + 8 :]
    alert, limit_ms, about, member, subject = cast(
        "tuple[str, int, str, str, str]", decode_stored(value)
    )
    return TimerRow(
        due_ms=_due_of(key),
        deadline=rest[: -layout.ID_BYTES - 1].decode(),
        record_id=RecordId(rest[-layout.ID_BYTES :]),
        alert=alert,
        limit_ms=limit_ms,
        about=about,
        member=MemberId(member),
        subject=Subject(subject),
    )
