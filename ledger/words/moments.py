"""Times for people: Beijing time to the second, from milliseconds since the epoch.

Never used for anything that is hashed, signed or compared.
"""

from datetime import datetime, timedelta, timezone
from typing import Final

_BEIJING: Final = timezone(timedelta(hours=8))
_LATEST_MS: Final = 253_402_271_999_999
"""End of the year 9999 in Beijing, beyond which a calendar date cannot be written."""


def beijing_time(time_ms: int) -> str:
    """``2026-03-01 09:30:00 +08:00``; the bare number where no calendar has that date."""
    if not 0 <= time_ms <= _LATEST_MS:
        return f"{time_ms} ms"
    moment = datetime.fromtimestamp(time_ms // 1000, _BEIJING)
    return moment.strftime("%Y-%m-%d %H:%M:%S +08:00")
