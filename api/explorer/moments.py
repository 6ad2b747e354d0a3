"""The time that a reader asks about: Beijing time as a browser's field for times gives it."""

from typing import Final

from api.errors import ApiError
from ledger.codes import Code
from ledger.words.moments import beijing_time, moment_ms

TYPED_MAX: Final = 32
_MINUTES: Final = len("2026-03-01T09:30")


def asked_ms(typed: str, now_ms: int) -> int:
    """Milliseconds of what was typed; now where nothing was.

    Raises:
        ApiError: `api.parameter`.
    """
    if not typed:
        return now_ms
    try:
        return moment_ms(typed)
    except ValueError as problem:
        raise ApiError(Code.API_PARAMETER, what=f"query.at: {typed[:TYPED_MAX]}") from problem


def typed_of(time_ms: int) -> str:
    """A time as the field shows it."""
    return beijing_time(time_ms).replace(" ", "T", 1)[:_MINUTES]
