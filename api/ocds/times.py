"""Moments between OCDS and records: RFC 3339 and milliseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Final

_MILLISECOND: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def time_ms(text: str) -> int:
    """The moment that a text spells; without a zone it is taken as UTC.

    Raises:
        ValueError: it spells none, or one before 1970.
    """
    moment = datetime.fromisoformat(text)
    placed = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if placed.year < 1970:
        raise ValueError(text)
    whole = int(placed.replace(microsecond=0).timestamp())
    if whole < 0:
        raise ValueError(text)
    return whole * _MILLISECOND + placed.microsecond // _MILLISECOND


def time_text(moment_ms: int) -> str:
    """A moment in UTC; milliseconds only where there are some.

    Raises:
        OverflowError: after the year 9999.
    """
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    spelt = moment.strftime("%Y-%m-%dT%H:%M:%S")
    behind = moment_ms % _MILLISECOND
    return f"{spelt}.{behind:03}Z" if behind else f"{spelt}Z"


def told_time(moment_ms: int) -> str | None:
    """A moment as `time_text` spells it; None for one that RFC 3339 cannot."""
    try:
        return time_text(moment_ms)
    except OverflowError:
        return None
