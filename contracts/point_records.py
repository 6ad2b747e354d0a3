"""Which records in force stand at which function points: a question to the state, never a write.

A record stands at the point that it names; one that names none, or one that is not its type's, at
those of its type. What an adoption lists as done stands where its types do. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from contracts import layout
from contracts.adopted_rows import adopted
from contracts.node_count import NodeRecord
from contracts.schema import NO_CONDITION, RecordType, When, holds
from contracts.state import State
from contracts.tables import ALERT_RAISED, FUNCTION_POINT, Catalogue
from contracts.turns import TURN_RECORDS, Turns
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import RecordId, Subject

ADOPTION: Final = "ledger.project_adopted"
OF_PROJECTS: Final = frozenset({"any", "project", "section"})
"""Subjects of the types whose records may be about a project or its sections."""

Shown = Callable[[str], bool]
"""Whether whoever asks may know of records of a type."""


@dataclass(frozen=True, slots=True)
class Asked:
    """At which position, by whom, and where the points of a type do not count."""

    catalogue: Catalogue
    state: State
    as_of: Times
    shown: Shown
    elsewhere: Collection[str] = ()
    """Subsystems at whose points a record stands only where it names them."""
    shown_record: Callable[[RecordId, str], bool] = lambda *_: True
    """Whether whoever asks may know of one record of a type that is shown."""


def records_at_points(subject: Subject, asked: Asked) -> Turns[dict[str, list[NodeRecord]]]:
    """The records in force about exactly `subject`, by function point; in no order."""
    found = _points_of_adopted(subject, asked)
    alerts = _points_of_alerts(subject, asked)
    for kind in asked.catalogue.types.values():
        if not kind.function_points or kind.subject not in OF_PROJECTS or not asked.shown(kind.key):
            continue
        # Of one type there may be thousands.
        usual = tuple(_points_of_type(kind, asked))
        for number, (record_id, row) in enumerate(_rows(subject, kind, asked), 1):
            if number % TURN_RECORDS == 0:
                yield
            about = row.kept.get("about")
            if row.effective is None or (about is not None and not asked.shown(str(about))):
                continue
            if not asked.shown_record(record_id, row.type):
                continue
            record = NodeRecord(record_id, row.type, row.issuer, row.effective)
            for point in (*_points_of(kind, row, usual), *alerts.get(record_id, ())):
                found.setdefault(point, []).append(record)
    return found


def count_about(subject: Subject, state: State, most: int) -> int:
    """How many records in force stand or stood about exactly `subject`; no more than `most`."""
    return sum(1 for _ in islice(state.overlay.rows(layout.by_subject(subject)), most))


def _points_of_adopted(subject: Subject, asked: Asked) -> dict[str, list[NodeRecord]]:
    """The record by which types count as done in a project that began before the ledger."""
    found: dict[str, list[NodeRecord]] = {}
    if next(asked.state.records(subject, ADOPTION, asked.as_of), None) is None:
        return found
    for kind in asked.catalogue.types.values():
        done = adopted(asked.state, subject, [kind.key], asked.as_of)
        if done is not None and done[1].effective is not None:
            record_id, row = done
            record = NodeRecord(record_id, row.type, row.issuer, done[1].effective)
            for point in _points_of(kind, row, tuple(_points_of_type(kind, asked))):
                found.setdefault(point, []).append(record)
    return found


def _rows(subject: Subject, kind: RecordType, asked: Asked) -> Iterator[tuple[RecordId, RecordRow]]:
    for record_id in asked.state.records(subject, kind.key, asked.as_of):
        row = asked.state.record(record_id)
        if row is not None:
            yield record_id, row


def _points_of_type(kind: RecordType, asked: Asked) -> Iterator[tuple[str, When]]:
    """Where the records of a type stand that name no point, each with its condition."""
    for point in kind.function_points:
        away = asked.catalogue.points[point].subsystem in asked.elsewhere
        if point not in kind.named_points and not away:
            yield point, kind.point_when.get(point, NO_CONDITION)


def _points_of(
    kind: RecordType, row: RecordRow, usual: Sequence[tuple[str, When]]
) -> Iterator[str]:
    """Where a record stands by what it names, or by its type."""
    named = row.kept.get(FUNCTION_POINT)
    if named in kind.function_points:
        yield str(named)
        return
    for point, when in usual:
        if not when or holds(when, row.kept):
            yield point


def _points_of_alerts(subject: Subject, asked: Asked) -> Mapping[RecordId, tuple[str, ...]]:
    """The points of each alert about `subject` that has some of its own."""
    return {
        record_id: alert.function_points
        for alert in asked.catalogue.alerts.values()
        if alert.function_points and not alert.planned and asked.shown(ALERT_RAISED)
        for _, record_id in asked.state.alerts_of(subject, alert.code, asked.as_of)
    }
