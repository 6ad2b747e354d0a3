"""A project's or section's track: what was done, by stage, with its marks; and what was concluded.

Records of classes that the reader may not see are left out, and so are their alerts.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Final

from api.explorer.answering import may_answer
from api.explorer.names import Names
from api.explorer.network_view import AlertRow, alert_row
from api.listing import Shown, ShownPage, at_hand, shown_page
from api.rights import ALERT_TYPE
from api.service import LedgerService
from api.standing import entered_at
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import LogIndex, Subject
from ledger.core.record import Record
from ledger.lookup import Turn

STAGES: Final = ("tender", "bid", "opening", "evaluation", "award", "closing", "any")
"""招 投 开 评 定, filing, and what belongs to none."""
INTAKE: Final = "tender.project_accepted"
RECEIVED: Final = "received_ms"
PAGE_MAX: Final = 100
SECTIONS_MAX: Final = 50
ALERTS_MAX: Final = 50
ALERTS_LOOKED_AT_MAX: Final = 500
"""Alerts of one track that are read, so that a page ends where most are not for its reader."""


@dataclass(frozen=True, slots=True)
class Action:
    """One record of the track."""

    record_id: str
    code: str
    type: str
    """Its name in words."""
    who: str
    subject: str
    occurred_ms: int
    received_ms: int | None
    """When a matter came in, as whoever took it in says; None for what says nothing of it."""
    committed_ms: int
    """Block time of its entry; of its commitment's where it was sealed."""
    opened_ms: int | None
    """Block time of the opening of a record that was sealed; None for any other."""
    index: int
    """Where it takes its place in the track: where it, or its commitment, entered the log."""
    stage: str
    at_limit: bool
    """A deadline was kept only thanks to the grace."""
    waiting: bool
    """It awaits confirmations and is not in effect."""
    confirmed_count: int
    voided: bool
    amends: str
    """Id of the record that it amends; empty for none."""
    amended_by: str
    alerts: tuple[str, ...]
    """Codes of the alerts that rest on it."""
    answerable: bool
    """It is an objection without an answer, and the reader is who has to answer it."""


@dataclass(frozen=True, slots=True)
class Track:
    """One page of a track."""

    subject: str
    project: str
    """Where the subject is a section: what it belongs to; empty otherwise."""
    name: str
    """What the project is called at its intake (T05); empty where that cannot be shown."""
    sections: tuple[str, ...]
    stages: tuple[tuple[str, tuple[Action, ...]], ...]
    """Stages that have actions on this page, in the order of the procedure."""
    alerts: tuple[AlertRow, ...]
    more_alerts: bool
    cursor: int | None
    found: bool
    """Whether anything that the reader may see is on the ledger under this name."""

    @property
    def amending(self) -> tuple[str, ...]:
        """Ids of the records on this page that amend others."""
        return tuple(each.record_id for _, group in self.stages for each in group if each.amends)


def track_of(
    service: LedgerService, subject: Subject, after: int | None, language: str, names: Names
) -> Track:
    """A page of `subject`'s track; a project's includes that of its sections."""
    project, slash, _ = subject.partition("/")
    listed = () if slash else service.chain.lookup.subjects(f"{subject}/", SECTIONS_MAX)
    shown = partial(_is_shown, service)
    sections = tuple(each for each in listed if each.startswith(f"{subject}/") and shown(each))
    subjects = (subject, *sections)
    found, cursor = _page(service, subjects, after)
    state = State(Overlay(service.chain.state))
    alerts, more = _alerts(service, state, subjects, language)
    marks: dict[str, list[str]] = {}
    for alert in alerts:
        for record in alert.rests_on:
            marks.setdefault(record, []).append(alert.code)
    actions = [
        action
        for each in found
        if (action := _action(service, state, each, names, marks)) is not None
    ]
    return Track(
        subject,
        project if slash else "",
        project_name(service, project),
        sections,
        _by_stage(actions),
        tuple(alerts),
        more,
        cursor,
        bool(found) or after is not None,
    )


def project_name(service: LedgerService, subject: str) -> str:
    """The name under which the venue took a project in; empty where that cannot be shown.

    Args:
        service: of the node.
        subject: the project, or one of its sections.
    """
    head, project = service.chain.head, subject.partition("/")[0]
    state = State(Overlay(service.chain.state))
    for each in state.records(project, INTAKE, Times(head.log_size, head.time_ms)):
        record = at_hand(service, each)
        if record is not None:
            return str(record.fields.get("name", ""))
    return ""


def said_received_ms(record: Record) -> int | None:
    """When the matter of a record came in, as its author says: on paper, or as a clue.

    The ledger knows of no other: when a node took a bundle in stands in its acknowledgement alone,
    which the submitter has.
    """
    said = record.fields.get(RECEIVED)
    return said if isinstance(said, int) else None


def _page(
    service: LedgerService, subjects: Sequence[Subject], after: int | None
) -> tuple[list[Shown], int | None]:
    """The records of all subjects in the log's order, and the cursor of the next page."""
    turn = Turn(PAGE_MAX + 1, None if after is None else LogIndex(after))
    lists = [_about(service, each, turn) for each in subjects]
    merged = list(heapq.merge(*(each.items for each in lists), key=lambda each: each.index))
    shown = merged[:PAGE_MAX]
    return shown, shown[-1].index if len(merged) > PAGE_MAX else None


def _is_shown(service: LedgerService, subject: Subject) -> bool:
    """Whether anything about a subject is shown to the reader."""
    return bool(_about(service, subject, Turn(limit=1)).items)


def _about(service: LedgerService, subject: Subject, turn: Turn) -> ShownPage:
    return shown_page(service, partial(service.chain.lookup.by_subject, subject), turn)


def _alerts(
    service: LedgerService, state: State, subjects: Iterable[Subject], language: str
) -> tuple[list[AlertRow], bool]:
    """The first alerts of all subjects that the reader may see; whether there may be more."""
    head = service.chain.head
    as_of = Times(head.log_size, head.time_ms)
    rows: list[AlertRow] = []
    raised = chain.from_iterable(state.alerts(each, as_of) for each in subjects)
    for record_id in islice(raised, ALERTS_LOOKED_AT_MAX):
        record = at_hand(service, record_id)
        if record is None:
            continue
        if len(rows) == ALERTS_MAX:
            return rows, True
        rows.append(alert_row(service, record_id.hex(), record, language))
    return rows, next(raised, None) is not None


def _action(
    service: LedgerService,
    state: State,
    shown: Shown,
    names: Names,
    marks: Mapping[str, Sequence[str]],
) -> Action | None:
    """One record with its marks; None for alerts."""
    stored, record, record_id = shown.stored, shown.record, shown.stored.record_id
    sealed = stored.came_from
    entered_index, entered_ms = entered_at(service, stored)
    kind = service.catalogue.type(record.type)
    if kind is None or kind.key == ALERT_TYPE:
        return None
    row, newest = state.record(record_id), state.newest(record_id)
    return Action(
        record_id.hex(),
        kind.code,
        names.type(record.type),
        names.member(record.issuer),
        record.subject,
        record.occurred_at_ms,
        said_received_ms(record),
        entered_ms,
        None if sealed is None else stored.entry.block_time_ms,
        entered_index,
        kind.stage if kind.stage in STAGES else "any",
        row is not None and bool(row.at_limit),
        _waits(row),
        sum(1 for _ in state.confirmations(record_id)),
        row is not None and row.voided_index is not None,
        _amended(record),
        "" if newest is None else newest.hex(),
        tuple(sorted(set(marks.get(record_id.hex(), ())))),
        may_answer(service, state, record_id, row),
    )


def _waits(row: RecordRow | None) -> bool:
    return row is not None and row.effective is None


def _amended(record: Record) -> str:
    """The record that this one amends."""
    cited = (ref.record_id.hex() for ref in record.refs if ref.relation == "amends")
    return next(cited, "")


def _by_stage(actions: Sequence[Action]) -> tuple[tuple[str, tuple[Action, ...]], ...]:
    ordered = sorted(actions, key=lambda each: each.index)
    grouped = ((stage, tuple(each for each in ordered if each.stage == stage)) for stage in STAGES)
    return tuple((stage, each) for stage, each in grouped if each)
