"""The alerts feed: the newest first, each with what disposed of it; open ones or all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.alerts import alert_sentence
from api.engines.query import Query
from api.explorer.names import Names
from api.listing import Shown
from api.queries.asking import page_of
from api.rights import ALERT_TYPE
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Height, LogIndex, RecordId, Subject

DISPOSED: Final = "ledger.alert_disposed"
OPEN: Final = "open"
DONE: Final = "disposed"
_DISPOSALS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts; what is empty leaves them as they are."""

    code: str = ""
    """``ALnn``."""
    severity: str = ""
    subject: str = ""
    """A section, or a project with its sections."""
    state: str = ""
    """`OPEN` or `DONE`."""
    since: int | None = None
    """In blocks above this height."""
    from_ms: int | None = None
    """Block time, at the earliest."""
    to_ms: int | None = None
    """Block time, before this."""

    def query(self) -> Query:
        """What an engine is asked; whether an alert is disposed of is asked of the state."""
        return Query(
            subject=Subject(self.subject) if self.subject else None,
            within=True,
            types=frozenset({ALERT_TYPE}),
            alert=self.code or None,
            severity=self.severity or None,
            above=None if self.since is None else Height(self.since),
            from_ms=self.from_ms,
            to_ms=self.to_ms,
        )


@dataclass(frozen=True, slots=True)
class Disposal:
    """What a supervisor concluded of an alert."""

    record_id: str
    decision: str
    """A value of the field; words are the page's."""
    reason: str
    who: str
    when_ms: int


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One alert in words."""

    index: LogIndex
    height: int
    record_id: str
    code: str
    name: str
    severity: str
    subject: str
    sentence: str
    since_ms: int
    disposals: tuple[Disposal, ...]
    """The last one counts; none: it is open."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of alerts."""

    rows: tuple[FeedRow, ...]
    cursor: int | None
    """Where the next page starts; None at the end. Of a filter that few fit a page ends early."""


async def feed(
    service: LedgerService, wanted: Wanted, after: int | None, limit: int, language: str
) -> Feed:
    """A page of the alerts that the caller may see, the newest first.

    Args:
        service: as the caller may see it.
        wanted: which.
        after: `Feed.cursor` of the page before.
        limit: alerts on it.
        language: ``zh`` or ``en``.
    """
    reading = _Reading(service, language)
    found = await page_of(
        service,
        wanted.query(),
        None if after is None else LogIndex(after),
        limit,
        newest_first=True,
        own=True,
        wanted=lambda alert: not wanted.state or wanted.state == reading.state(alert),
    )
    return Feed(tuple(map(reading.row, found.items)), found.reached)


def kinds(service: LedgerService, language: str) -> Iterator[tuple[str, str]]:
    """Every alert of the catalogue: its code and its name."""
    for code, alert in service.catalogue.alerts.items():
        yield code, alert.zh if language == "zh" else alert.en


class _Reading:
    """Puts alerts into words, for one page."""

    def __init__(self, service: LedgerService, language: str) -> None:
        head = service.chain.head
        self._service, self._language = service, language
        self._names = Names(service, language)
        self._state = State(Overlay(service.chain.state))
        self._as_of = Times(head.log_size, head.time_ms)
        self._kinds = dict(kinds(service, language))

    def state(self, alert: RecordId) -> str:
        """Whether an alert is `OPEN` or `DONE`."""
        return OPEN if next(self._disposals(alert), None) is None else DONE

    def row(self, shown: Shown) -> FeedRow:
        """One alert that the caller may see."""
        record = shown.record
        code = str(record.fields.get("alert", ""))
        return FeedRow(
            shown.index,
            shown.stored.entry.height,
            shown.stored.record_id.hex(),
            code,
            self._kinds.get(code, ""),
            str(record.fields.get("severity", "")),
            record.subject,
            alert_sentence(self._service.catalogue, record, self._language),
            record.occurred_at_ms,
            tuple(self._disposals(shown.stored.record_id)),
        )

    def _disposals(self, alert: RecordId) -> Iterator[Disposal]:
        at = self._state.cited_at(alert, DISPOSED, self._as_of)
        for index in sorted(at)[:_DISPOSALS_MAX]:
            found = self._service.chain.lookup.at(LogIndex(index))
            if found is None:
                continue
            stored = self._service.stored(found.record_id)
            record = self._service.decoded(stored)
            row = self._state.record(found.record_id)
            voided = row is not None and row.voided_index is not None
            if record.type == DISPOSED and not voided and self._service.viewer.may_see(record):
                yield Disposal(
                    found.record_id.hex(),
                    str(record.fields.get("decision", "")),
                    str(record.fields.get("reason", "")),
                    self._names.member(record.issuer),
                    stored.entry.block_time_ms,
                )
