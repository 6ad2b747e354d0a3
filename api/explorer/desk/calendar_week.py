"""Weeks of the calendar by their names: each begins on Monday at midnight in Beijing."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ledger.words.moments import BEIJING

FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 9998
"""Of weeks that can be asked for; of those beyond, a beginning or an end is no date."""
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")
_LENGTH: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """One week, by ISO 8601."""

    name: str
    """``2026-W48``."""
    from_ms: int
    to_ms: int

    @property
    def before(self) -> str | None:
        """The name of the week before; None where it cannot be asked for."""
        return _asked_for(self.from_ms - 1)

    @property
    def after(self) -> str | None:
        """The name of the week after; None where it cannot be asked for."""
        return _asked_for(self.to_ms)


def week_at(time_ms: int) -> Week:
    """The week that a time falls in."""
    day = datetime.fromtimestamp(time_ms // 1000, BEIJING).date()
    return _week(*day.isocalendar()[:2])


def week_named(name: str) -> Week | None:
    """The week of a name; None where it names none that can be asked for."""
    found = _WEEK.fullmatch(name)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    try:
        return _week(int(found[1]), int(found[2]))
    except ValueError:
        return None


def _week(year: int, number: int) -> Week:
    monday = date.fromisocalendar(year, number, 1)
    start = datetime(monday.year, monday.month, monday.day, tzinfo=BEIJING)
    from_ms, to_ms = (int(each.timestamp()) * 1000 for each in (start, start + _LENGTH))
    return Week(f"{year:04d}-W{number:02d}", from_ms, to_ms)


def _asked_for(time_ms: int) -> str | None:
    name = week_at(time_ms).name
    return None if week_named(name) is None else name
