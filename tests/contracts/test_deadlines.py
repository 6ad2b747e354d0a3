"""Deadline arithmetic across days, years and make-up days, beside a slow reference by datetime."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.deadlines import (
    SATURDAY,
    SUNDAY,
    Calendar,
    Limit,
    day_end_ms,
    day_number,
    limit_of,
)
from contracts.declared import Deadline

BEIJING = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=BEIJING)
DAY = 86_400_000


def ms(text: str) -> int:
    """A moment in Beijing time, such as ``2026-01-01 08:00:00``, in ms."""
    moment = datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    return int(moment.timestamp()) * 1000


def said(limit_ms: int) -> str:
    """The moment in Beijing time."""
    return f"{datetime.fromtimestamp(limit_ms // 1000, BEIJING):%Y-%m-%d %H:%M:%S}"


def period(count: int, unit: str, *, before: bool = False) -> Deadline:
    return Deadline("x", "期限", "period", count, unit, before, "record", "")


@pytest.mark.parametrize(
    ("start", "count", "unit", "before", "end"),
    [
        ("2026-03-02 09:00:00", 3, "days", False, "2026-03-06 00:00:00"),
        ("2026-03-02 00:00:00", 3, "days", False, "2026-03-06 00:00:00"),
        ("2026-03-02 23:59:59", 3, "days", False, "2026-03-06 00:00:00"),
        ("2025-12-30 17:30:00", 3, "days", False, "2026-01-03 00:00:00"),
        ("2024-02-27 12:00:00", 3, "days", False, "2024-03-02 00:00:00"),
        ("2026-02-27 12:00:00", 3, "days", False, "2026-03-03 00:00:00"),
        ("2026-03-20 10:00:00", 15, "days", True, "2026-03-06 00:00:00"),
        ("2026-01-10 10:00:00", 15, "days", True, "2025-12-27 00:00:00"),
        ("2026-03-02 09:15:00", 24, "hours", False, "2026-03-03 09:15:00"),
        ("2025-12-31 23:30:00", 1, "hours", False, "2026-01-01 00:30:00"),
        ("2026-03-02 09:15:00", 2, "hours", True, "2026-03-02 07:15:00"),
    ],
)  # fmt: skip
def test_the_first_day_is_not_counted_and_a_day_ends_at_midnight(
    start: str, count: int, unit: str, before: bool, end: str
) -> None:
    assert said(limit_of(period(count, unit, before=before), ms(start), DAY, ()).limit_ms) == end


YEAR_2026 = Calendar(
    day_number(ms("2026-01-01 00:00:00"), DAY),
    day_number(ms("2026-12-31 00:00:00"), DAY),
    frozenset(day_number(ms(f"2026-01-0{day} 00:00:00"), DAY) for day in (1, 2, 3)),
    frozenset({day_number(ms("2026-01-04 00:00:00"), DAY)}),
)
YEAR_2025 = Calendar(
    day_number(ms("2025-01-01 00:00:00"), DAY),
    day_number(ms("2025-12-31 00:00:00"), DAY),
    frozenset(),
    frozenset(),
)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        # Wednesday 31st, then three days off, and Sunday the 4th is worked for them.
        ("2025-12-30 10:00:00", 1, "2026-01-01 00:00:00"),
        ("2025-12-30 10:00:00", 2, "2026-01-05 00:00:00"),
        ("2025-12-30 10:00:00", 3, "2026-01-06 00:00:00"),
        # Friday evening: the weekend does not count.
        ("2026-03-06 18:00:00", 3, "2026-03-12 00:00:00"),
        # Begun on a Saturday.
        ("2026-03-07 18:00:00", 1, "2026-03-10 00:00:00"),
    ],
)
def test_working_days_follow_the_calendar_across_the_year_end(
    start: str, count: int, end: str
) -> None:
    limit = limit_of(period(count, "working_days"), ms(start), DAY, (YEAR_2025, YEAR_2026))
    assert limit == Limit(limit.limit_ms, None)
    assert said(limit.limit_ms) == end


def test_a_day_that_no_calendar_covers_counts_and_is_named() -> None:
    limit = limit_of(period(3, "working_days"), ms("2026-12-30 10:00:00"), DAY, (YEAR_2026,))
    assert said(limit.limit_ms) == "2027-01-03 00:00:00"
    assert limit.uncovered_day == day_number(ms("2027-01-01 00:00:00"), DAY)


def test_a_later_calendar_over_the_same_days_decides() -> None:
    worked = Calendar(YEAR_2026.first_day, YEAR_2026.last_day, frozenset(), frozenset())
    limit = limit_of(period(1, "working_days"), ms("2025-12-31 10:00:00"), DAY, (YEAR_2026, worked))
    assert said(limit.limit_ms) == "2026-01-02 00:00:00"


def test_calendars_without_any_working_day_end_the_search() -> None:
    first = YEAR_2026.first_day
    idle = Calendar(first, first + 10_000, frozenset(range(first, first + 10_000)), frozenset())
    assert limit_of(period(1, "working_days"), ms("2026-01-01 10:00:00"), DAY, (idle,)).limit_ms > 0


@given(st.integers(0, 4_000_000_000_000))
def test_day_numbers_are_those_of_the_calendar_in_beijing(time_ms: int) -> None:
    moment = datetime.fromtimestamp(time_ms // 1000, BEIJING)
    days = moment.toordinal() - EPOCH.toordinal()
    assert day_number(time_ms, DAY) == days
    assert day_end_ms(days - 1, DAY) <= time_ms < day_end_ms(days, DAY)
    weekend = moment.weekday() >= 5
    assert (days % 7 in {SATURDAY, SUNDAY}) == weekend


@given(st.integers(0, 10**12), st.integers(0, 30), st.sampled_from([24, 4_000, 4_800, DAY]))
def test_whatever_the_length_of_a_day_whole_days_follow_the_first(
    start_ms: int, count: int, day_ms: int
) -> None:
    limit_ms = limit_of(period(count, "days"), start_ms, day_ms, ()).limit_ms
    assert count * day_ms < limit_ms - start_ms <= (count + 1) * day_ms
    assert day_number(limit_ms, day_ms) == day_number(start_ms, day_ms) + count + 1
    assert day_number(limit_ms - 1, day_ms) == day_number(start_ms, day_ms) + count
