"""Deadline arithmetic: natural days in UTC+8, working days by calendar, hours; integers only.

The first day is not counted and a day ends at 24:00. ``day_ms`` is a genesis parameter, so that a
demonstration can run the real rules with a short day; nothing else changes with it. It never asks
the state: calendars come in. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.declared import Deadline

HOURS_PER_DAY: Final = 24
MS_PER_SECOND: Final = 1_000
ZONE_PARTS: Final = 3
"""UTC+8 is a third of a day ahead."""
SATURDAY: Final = 2
SUNDAY: Final = 3
"""Day number modulo 7; day 0, 1970-01-01, was a Thursday."""
_SEARCH_DAYS_MAX: Final = 4_000
"""Where the search for a working day ends, so that a calendar without any cannot stop a node."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked, over a span of day numbers."""

    first_day: int
    last_day: int
    """Inclusive."""
    holidays: frozenset[int]
    """Days off that are not Saturday or Sunday."""
    make_up_days: frozenset[int]
    """Saturdays and Sundays that are worked."""

    def works(self, day: int) -> bool:
        """Whether `day` is a working day."""
        weekend = day % 7 in {SATURDAY, SUNDAY}
        return day in self.make_up_days or (day not in self.holidays and not weekend)


@dataclass(frozen=True, slots=True)
class Limit:
    """The last moment that is in time."""

    limit_ms: int
    uncovered_day: int | None
    """First day that no calendar covers and that was counted as a working day."""


def day_number(time_ms: int, day_ms: int) -> int:
    """The day in UTC+8 that `time_ms` falls on."""
    return (time_ms + day_ms // ZONE_PARTS) // day_ms


def day_end_ms(day: int, day_ms: int) -> int:
    """24:00 of `day` in UTC+8."""
    return (day + 1) * day_ms - day_ms // ZONE_PARTS


def limit_of(
    deadline: Deadline, start_ms: int, day_ms: int, calendars: Sequence[Calendar]
) -> Limit:
    """When `deadline`, counted from `start_ms`, ends.

    Args:
        deadline: the period.
        start_ms: where the count begins; for a deadline that counts backwards, what it leads to.
        day_ms: length of a day; an hour is the whole part of a 24th.
        calendars: those in force, earliest first; the last that covers a day decides.
    """
    sign = -1 if deadline.before else 1
    if deadline.unit == "seconds":
        # How long a message may be under way: real time, however short the day is.
        return Limit(start_ms + sign * deadline.count * MS_PER_SECOND, None)
    if deadline.unit == "hours":
        return Limit(start_ms + sign * deadline.count * (day_ms // HOURS_PER_DAY), None)
    today = day_number(start_ms, day_ms)
    if deadline.unit == "days":
        return Limit(day_end_ms(today + sign * deadline.count, day_ms), None)
    day, uncovered = _working_day(today, deadline.count, calendars)
    return Limit(day_end_ms(day, day_ms), uncovered)


def _working_day(today: int, count: int, calendars: Sequence[Calendar]) -> tuple[int, int | None]:
    """The `count`-th working day after `today`, and the first day passed that none covers."""
    uncovered: int | None = None
    for day in range(today + 1, today + _SEARCH_DAYS_MAX):
        covering = [each for each in calendars if each.first_day <= day <= each.last_day]
        if not covering and uncovered is None:
            uncovered = day
        if not covering or covering[-1].works(day):
            count -= 1
        if count == 0:
            return day, uncovered
    return today + _SEARCH_DAYS_MAX, uncovered
