"""Working-day calendars: one a year, with the days off and the weekends that are worked.

Days are day numbers in UTC+8 (`contracts.deadlines`), so a demonstration with a short day can have
one too. A deadline that is running keeps the date it was given. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts.case import Case
from contracts.deadlines import Calendar
from ledger.codes import Code
from ledger.errors import Rejected

SPAN_DAYS_MAX: Final = 400
"""A year and a little: a calendar is adopted once a year."""


def judge(case: Case) -> Rejected | None:
    """Refuse a span that is empty or too long, and days outside of it."""
    calendar = _calendar(case)
    if not 0 <= calendar.last_day - calendar.first_day < SPAN_DAYS_MAX:
        return Rejected(Code.CALENDAR_INVALID, {"problem": "last_day"})
    for day in (*calendar.holidays, *calendar.make_up_days):
        if not calendar.first_day <= day <= calendar.last_day:
            return Rejected(Code.CALENDAR_INVALID, {"problem": str(day)})
    if calendar.holidays & calendar.make_up_days:
        return Rejected(Code.CALENDAR_INVALID, {"problem": "holidays, make_up_days"})
    return None


def apply(case: Case) -> None:
    """Adopt the calendar."""
    case.state.put_calendar(_calendar(case))


def _calendar(case: Case) -> Calendar:
    fields = case.record.fields
    return Calendar(
        cast(int, fields["first_day"]),
        cast(int, fields["last_day"]),
        frozenset(cast("tuple[int, ...]", fields["holidays"])),
        frozenset(cast("tuple[int, ...]", fields["make_up_days"])),
    )
