"""What may not be said yet: releases that would put on the ledger in plain what is still secret.

A record can be neither taken back nor closed again. So a release that tells of bids while its
tender is open, or that is dated in the future, is not imported at all: its digest alone would let
whoever knows the rest of it try prices until one fits.
"""

from typing import Final

from api.ocds.paths import MISSING, at, each_at
from api.ocds.times import time_ms

OPEN: Final = frozenset({"planning", "planned", "active"})
"""Values of `tender.status` while bids may still come in."""
_TELLING: Final = (
    ("bids", "details[]"),
    ("bids", "statistics[]"),
    ("tender", "tenderers[]"),
)


def secret_until(release: object, now_ms: int) -> str:
    """Why a release may not be said yet; empty where it may.

    Args:
        release: a JSON value.
        now_ms: what time it is.

    Returns:
        ``future``, ``open`` (until its tender ends), ``status`` (it does not say that its tender is
        closed), or nothing.
    """
    date = _moment(at(release, ("date",)))
    if date is not None and date > now_ms:
        return "future"
    if not _tells_of_bids(release):
        return ""
    ends = _moment(at(release, ("tender", "tenderPeriod", "endDate")))
    if ends is not None:
        return "open" if ends > now_ms else ""
    decided = each_at(release, ("awards[]",)) or each_at(release, ("contracts[]",))
    status = at(release, ("tender", "status"))
    still_open = status is MISSING or status in (None, "") or status in OPEN
    return "status" if still_open and not decided else ""


def _tells_of_bids(release: object) -> bool:
    """Whether it says how many bid, who, or what."""
    count = at(release, ("tender", "numberOfTenderers"))
    if count is not MISSING and count not in (None, 0):
        return True
    if any(each_at(release, path) for path in _TELLING):
        return True
    roles = (role for _, role in each_at(release, ("parties[]", "roles[]")))
    return "tenderer" in roles


def _moment(value: object) -> int | None:
    try:
        return time_ms(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
