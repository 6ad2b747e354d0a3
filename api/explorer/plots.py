"""The figures of the home page: what is drawn and, in the same rows, what the tables beside it say.

Integers only. A plot is drawn in the browser from its own table, so that no figure is said twice.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.counting.counts import (
    BIDS_MAX,
    OTHERS,
    Counts,
    Day,
    concentration_permille,
    day_of,
)
from api.explorer.names import Names
from api.explorer.words import named, say

DAYS_SHOWN: Final = 30
ROWS_MAX: Final = 10
"""Rows of a plot; the rest is one row."""
SEVERITIES: Final = ("serious", "warning", "notice")
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One bar, or one point."""

    label: str
    values: tuple[int, ...]
    path: tuple[str, ...] = ()
    """Of the page behind it; empty for none."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure."""

    key: str
    """Of its words, in the table ``plots``."""
    shape: str
    """``columns`` over time or number, ``rows`` of names; several values are stacked."""
    series: tuple[str, ...]
    """Names of the values."""
    rows: tuple[Row, ...]
    told: str = ""
    """What it adds up to, in a sentence; empty for nothing."""

    @property
    def has_any(self) -> bool:
        """Whether there is anything to draw."""
        return any(value for row in self.rows for value in row.values)


def plots_of(counts: Counts, names: Names, language: str, now_ms: int) -> Iterator[Plot]:
    """Every figure, in the page's order."""
    yield _days(counts, language, now_ms)
    yield _top("types", counts.types, names.type, language)
    yield _top("issuers", counts.issuers, names.member, language, "members")
    yield _alerts(counts, names, language)
    yield _top("bidders", counts.bidders, names.member, language, "members")
    yield _bids(counts, language)
    yield _winners(counts, names, language)
    yield _openness(counts, language, now_ms)


def _days(counts: Counts, language: str, now_ms: int) -> Plot:
    series = tuple(named(language, "plots", each) for each in ("public", "others"))
    rows = tuple(
        Row(_date(day), (counted.public, counted.others))
        for day, counted in _last_days(counts, now_ms)
    )
    return Plot("days", "columns", series, rows)


def _openness(counts: Counts, language: str, now_ms: int) -> Plot:
    """How many of a hundred entries everybody may read, day by day."""
    public = sum(each.public for each in counts.days.values())
    whole = public + sum(each.others for each in counts.days.values())
    rows = tuple(
        Row(_date(day), (counted.public * 100 // (counted.public + counted.others),))
        for day, counted in _last_days(counts, now_ms)
        if counted.public + counted.others
    )
    told = say(language, "plots.openness_told", public=public, whole=whole) if whole else ""
    return Plot("openness", "columns", (named(language, "plots", "percent"),), rows, told)


def _last_days(counts: Counts, now_ms: int) -> Iterator[tuple[int, Day]]:
    today, first = day_of(now_ms), min(counts.days, default=day_of(now_ms))
    # A young network has few days, and no empty ones before its first.
    for day in range(max(first, today - DAYS_SHOWN + 1), today + 1):
        yield day, counts.days.get(day, Day())


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _top(
    key: str,
    counted: Counter[str],
    name: Callable[[str], str],
    language: str,
    page: str = "",
) -> Plot:
    """The greatest, and the rest in one row."""
    known = (each for each in counted.items() if each[0] != OTHERS)
    shown = _greatest(known)
    rows = [Row(name(each), (count,), (page, each) if page else ()) for each, count in shown]
    rest = counted.total() - sum(count for _, count in shown)
    if rest:
        rows.append(Row(named(language, "plots", "rest"), (rest,)))
    return Plot(key, "rows", (named(language, "plots", "count"),), tuple(rows))


def _greatest(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first rows, without ordering the thousands of names behind them."""
    return heapq.nsmallest(ROWS_MAX, counted, key=lambda each: (-each[1], each[0]))


def _alerts(counts: Counts, names: Names, language: str) -> Plot:
    kinds: Counter[str] = Counter()
    for (code, _), count in counts.alerts.items():
        kinds[code] += count
    rows = tuple(
        Row(
            names.alert(code),
            tuple(counts.alerts[code, each] for each in SEVERITIES),
            ("alerts", code),
        )
        for code, _ in _greatest(kinds.items())
    )
    series = tuple(named(language, "severity", each) for each in SEVERITIES)
    return Plot("alerts", "rows", series, rows)


def _bids(counts: Counts, language: str) -> Plot:
    last = max(counts.bids, default=0)
    rows = tuple(
        Row(f"{bids}+" if bids == BIDS_MAX else str(bids), (counts.bids[bids],))
        for bids in range(last + 1)
    )
    few, whole = sum(counts.bids[bids] for bids in range(3)), counts.bids.total()
    told = say(language, "plots.bids_told", few=few, whole=whole) if whole else ""
    return Plot("bids", "columns", (named(language, "plots", "sections"),), rows, told)


def _winners(counts: Counts, names: Names, language: str) -> Plot:
    plot = _top("winners", counts.winners, names.member, language, "members")
    index = concentration_permille(counts.winners)
    told = say(language, "plots.winners_told", index=f"{index // 1000}.{index % 1000:03}")
    return Plot(plot.key, plot.shape, plot.series, plot.rows, told if counts.winners else "")
