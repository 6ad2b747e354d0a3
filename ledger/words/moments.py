"""Times for people: Beijing time to the second, from milliseconds since the epoch.

Never used for anything that is hashed, signed or compared.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8), "UTC+8")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE: Final = " +08:00"
_LATEST_MS: Final = 253_402_271_999_999
"""End of the year 9999 in Beijing, beyond which a calendar date cannot be written."""

_UNITS: Final = {
    "zh": ((86_400, "天"), (3_600, "小时"), (60, "分"), (1, "秒")),
    "en": ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")),
}


def beijing_time(time_ms: int) -> str:
    """``2026-03-01 09:30:00 +08:00``; the bare number where no calendar has that date."""
    if not 0 <= time_ms <= _LATEST_MS:
        return f"{time_ms} ms"
    moment = datetime.fromtimestamp(time_ms // 1000, BEIJING)
    return moment.strftime("%Y-%m-%d %H:%M:%S") + _ZONE


def is_time(value: object) -> bool:
    """Whether this is a number of milliseconds that a calendar has a date for."""
    return isinstance(value, int) and 0 <= value <= _LATEST_MS


def span(span_ms: int, language: str) -> str:
    """How long that is, whichever way, to its two greatest units: ``3 h 20 min``."""
    left_s, told = abs(span_ms) // 1000, list[str]()
    for seconds, name in _UNITS[language]:
        count, left_s = divmod(left_s, seconds)
        if count:
            told.append(f"{count} {name}")
    return " ".join(told[:2]) or f"0 {_UNITS[language][-1][1]}"


def beijing_clock(time_ms: int) -> str:
    """`beijing_time` without its zone, for readers who are told otherwise that it is Beijing's."""
    return beijing_time(time_ms).removesuffix(_ZONE)


def moment_ms(text: str) -> int:
    """The time that a person writes, such as ``2026-11-26T18:00+08:00``; Beijing's without a zone.

    Raises:
        ValueError: it is no time, or before the epoch.
    """
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=BEIJING)
    found = (zoned - _EPOCH) // timedelta(milliseconds=1)
    if found < 0:
        raise ValueError(text)
    return found
