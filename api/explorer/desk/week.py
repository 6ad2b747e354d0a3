"""A week for the file: what was raised, what is open, what was paid late, what was decided.

Counts are of what the reader may see.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from api.engines.query import Query
from api.engines.span import reaches_below
from api.explorer.desk.alerts import DISPOSED, FeedRow, Wanted, feed
from api.explorer.desk.calendar_week import Week, week_at
from api.explorer.names import Names
from api.forms import Json
from api.kept import first_height
from api.queries.asking import page_of
from api.queries.questions import LATE, overdue_forms
from api.service import LedgerService
from ledger.chain import Chain
from ledger.codes import Code
from ledger.errors import StoreError

ALERTS_MAX: Final = 1_000
"""Alerts of one week that are counted; a report says where it, or one of its lists, was cut."""
DISPOSALS_MAX: Final = 500
LATE_MAX: Final = 100
PRINTED_MAX: Final = 250
"""Rows of one list of alerts on paper; all that were counted are in the file."""
MISSING: Final = "AL01"
SEVERITIES: Final = ("serious", "warning", "notice")
_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many alerts of one kind."""

    code: str
    name: str
    count: int
    open_count: int


@dataclass(frozen=True, slots=True)
class LateRefund:
    """One deposit or guarantee that did not go back in time."""

    alert: FeedRow
    refunded: bool | None
    """Since then; None where too many are to be read."""


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """What was decided of an alert in this week, whenever it was raised."""

    record_id: str
    subject: str
    decision: str
    reason: str
    who: str
    when_ms: int


@dataclass(frozen=True, slots=True)
class Printed:
    """A list of alerts on paper, which leads on to what is not on it."""

    rows: tuple[FeedRow, ...]
    left_count: int
    cursor: int | None
    """Where the list of alerts goes on; None where nothing is left."""


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say of a week."""

    week: Week
    is_over: bool
    count: int
    severities: tuple[tuple[str, int], ...]
    kinds: tuple[KindCount, ...]
    open: tuple[FeedRow, ...]
    late: tuple[LateRefund, ...]
    missing: tuple[FeedRow, ...]
    disposals: tuple[DisposalRow, ...]
    cursor: int | None
    """There were more alerts than are counted: where the list of alerts goes on."""
    is_late_cut: bool
    """There were more late refunds than are listed."""
    is_decided_cut: bool
    """There were more disposals than are listed."""

    @property
    def printed_open(self) -> Printed:
        """What is open, as far as it is printed."""
        return _printed(self.open)

    @property
    def printed_missing(self) -> Printed:
        """What misses nodes, as far as it is printed."""
        return _printed(self.missing)


def _printed(rows: tuple[FeedRow, ...]) -> Printed:
    shown = rows[:PRINTED_MAX]
    left_count = len(rows) - len(shown)
    return Printed(shown, left_count, shown[-1].index if left_count else None)


async def report(service: LedgerService, week: Week, language: str) -> Report:
    """What the reader may know of a week.

    Raises:
        StoreError: `log.week_not_kept` where a part of it is not here: a week on paper is whole.
    """
    _require_whole(service.chain, week)
    rows, cursor = await _alerts(service, week, language)
    left = tuple(each for each in rows if not each.disposals)
    named = {each.code: each.name for each in rows}
    opened = Counter(each.code for each in left)
    counted = Counter(each.code for each in rows)
    kinds = (
        KindCount(code, named[code], count, opened[code])
        for code, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    )
    severities = Counter(each.severity for each in rows)
    late, is_late_cut = await _late(service, week, rows)
    disposals, is_decided_cut = await _disposals(service, week, language)
    return Report(
        week,
        week.to_ms <= service.chain.head.time_ms,
        len(rows),
        tuple((each, severities[each]) for each in SEVERITIES),
        tuple(kinds),
        left,
        late,
        tuple(each for each in rows if each.code == MISSING),
        disposals,
        cursor,
        is_late_cut,
        is_decided_cut,
    )


def _require_whole(chain: Chain, week: Week) -> None:
    if not reaches_below(chain, Query(from_ms=week.from_ms, to_ms=week.to_ms)):
        return
    begun = week_at(chain.blocks.header(chain.blocks.base).time_ms)
    raise StoreError(
        Code.LOG_WEEK_NOT_KEPT,
        week=week.name,
        first=first_height(chain),
        from_week=begun.after or begun.name,
        nodes=", ".join(chain.committee),
    )


def report_form(made: Report) -> dict[str, Json]:
    """The report as JSON."""
    refunded = {each.alert.record_id: each.refunded for each in made.late}
    return {
        "week": made.week.name,
        "from_ms": made.week.from_ms,
        "to_ms": made.week.to_ms,
        "over": made.is_over,
        "cut": made.cursor is not None,
        "cursor": made.cursor,
        "late_refunds_cut": made.is_late_cut,
        "disposals_cut": made.is_decided_cut,
        "alerts_count": made.count,
        "severities": dict(made.severities),
        "kinds": [
            {
                "alert": each.code,
                "name": each.name,
                "count": each.count,
                "open_count": each.open_count,
            }
            for each in made.kinds
        ],
        "open": [_row_form(each) for each in made.open],
        "late_refunds": [
            {**_row_form(each.alert), "refunded": refunded[each.alert.record_id]}
            for each in made.late
        ],
        "missing_nodes": [_row_form(each) for each in made.missing],
        "disposals": [
            {
                "record_id": each.record_id,
                "subject": each.subject,
                "decision": each.decision,
                "reason": each.reason,
                "by": each.who,
                "committed_at_ms": each.when_ms,
            }
            for each in made.disposals
        ],
    }


def _row_form(row: FeedRow) -> dict[str, Json]:
    return {
        "record_id": row.record_id,
        "alert": row.code,
        "severity": row.severity,
        "subject": row.subject,
        "sentence": row.sentence,
        "since_ms": row.since_ms,
    }


async def _alerts(
    service: LedgerService, week: Week, language: str
) -> tuple[Sequence[FeedRow], int | None]:
    """The alerts of the week, the newest first; and where those go on that are or may be left.

    A page that ended early has spent what one question may cost.
    """
    wanted = Wanted(from_ms=week.from_ms, to_ms=week.to_ms)
    rows: list[FeedRow] = []
    cursor: int | None = None
    while True:
        limit = min(_AT_ONCE, ALERTS_MAX - len(rows))
        found = await feed(service, wanted, cursor, limit, language)
        rows.extend(found.rows)
        cursor = found.cursor
        if cursor is None or len(found.rows) < limit or len(rows) >= ALERTS_MAX:
            return rows, cursor
        await asyncio.sleep(0)


async def _late(
    service: LedgerService, week: Week, rows: Iterable[FeedRow]
) -> tuple[tuple[LateRefund, ...], bool]:
    """The newest of the late refunds; whether there are more."""
    wanted = Wanted(code=LATE, from_ms=week.from_ms, to_ms=week.to_ms).query()
    found = await page_of(service, wanted, None, LATE_MAX, newest_first=True, own=True)
    forms = overdue_forms(service, found)
    by_id = {each.record_id: each for each in rows}
    late = tuple(
        LateRefund(by_id[shown.stored.record_id.hex()], _told(form))
        for shown, form in zip(found.items, forms, strict=True)
        if shown.stored.record_id.hex() in by_id
    )
    return late, found.reached is not None or len(late) < len(found.items)


def _told(form: Json) -> bool | None:
    refunded = form["refunded"] if isinstance(form, dict) else None
    return refunded if isinstance(refunded, bool) else None


async def _disposals(
    service: LedgerService, week: Week, language: str
) -> tuple[tuple[DisposalRow, ...], bool]:
    """The first of what was decided; whether there is more."""
    names = Names(service, language)
    query = Query(types=frozenset({DISPOSED}), from_ms=week.from_ms, to_ms=week.to_ms)
    found = await page_of(service, query, None, DISPOSALS_MAX, own=True)
    rows = tuple(
        DisposalRow(
            each.stored.record_id.hex(),
            each.record.subject,
            str(each.record.fields.get("decision", "")),
            str(each.record.fields.get("reason", "")),
            names.member(each.record.issuer),
            each.stored.entry.block_time_ms,
        )
        for each in found.items
    )
    return rows, found.reached is not None
