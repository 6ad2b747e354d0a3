"""Where a deadline ends for one record: its start found in the record or the state, then counted.

Says kept, at the limit, or missed; what follows from it is the judge's. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import dataclass

from contracts.case import Case
from contracts.deadlines import Limit, limit_of
from contracts.intake import RECEIVED, received_ms
from contracts.state import seen_from


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands to a deadline."""

    limit: Limit
    missed: bool
    """Past limit and grace."""
    at_limit: bool
    """Past the limit, and in time only thanks to the grace."""


def limit_for(case: Case, deadline_key: str) -> Limit | None:
    """When the deadline ends, counted for the record of `case`; None where it has no start."""
    deadline = case.facts.world.catalogue.deadlines[deadline_key]
    start = _start_ms(case, deadline.start)
    if start is None:
        return None
    calendars = case.state.calendars() if deadline.unit == "working_days" else ()
    return limit_of(deadline, start, case.facts.world.parameters.day_ms, calendars)


def standing_to(case: Case, deadline_key: str) -> Standing | None:
    """How the record of `case` stands to the deadline; None where it has no start."""
    limit = limit_for(case, deadline_key)
    if limit is None:
        return None
    came_ms = received_ms(case)
    missed = came_ms - case.facts.world.parameters.deadline_grace_ms > limit.limit_ms
    return Standing(limit, missed, not missed and came_ms > limit.limit_ms)


def _start_ms(case: Case, start: str) -> int | None:
    if start == "record":
        return case.times.time_ms
    if start == RECEIVED:
        return received_ms(case)
    if start in case.facts.world.catalogue.types:
        return began_ms(case, start)
    if start.startswith("field:"):
        value = case.record.fields.get(start.removeprefix("field:"))
    else:
        value = case.state.value(case.record.subject, start, case.times)
    return value if isinstance(value, int) else None


def began_ms(case: Case, type_key: str) -> int | None:
    """When the last record of a type took effect that the subject sees; None where there is none.

    The record of `case` is its own start where it is of that type.
    """
    if case.record.type == type_key:
        return case.times.time_ms
    for subject in seen_from(case.record.subject):
        rows = (
            case.state.record(each) for each in case.state.records(subject, type_key, case.times)
        )
        began = [row.effective.time_ms for row in rows if row is not None and row.effective]
        if began:
            return began[-1]
    return None
