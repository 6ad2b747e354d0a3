"""Values as a page shows them: times, hashes, sizes and money; nothing here can act on the reader.

Whatever a member said passes `plain`: control characters and the marks that reorder text (bidi
overrides) are replaced, so a page shows what the bytes say.
"""

from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from ledger.terminal import printable
from ledger.words.moments import beijing_clock

SHORT: Final = 12
_EARLIEST_MS: Final = 100_000_000_000
"""In 1973; no span of a tender is so long."""
_LATEST_MS: Final = 253_402_271_999_999


def plain(value: object) -> object:
    """What Jinja gives out for each expression; markup of ours passes, its parts came by here."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def moment(time_ms: int) -> Markup:
    """Beijing time to the second, with UTC for machines and on hover."""
    shown = beijing_clock(time_ms)
    if not 0 <= time_ms <= _LATEST_MS:
        return Markup("{}").format(shown)
    utc = datetime.fromtimestamp(time_ms // 1000, UTC).replace(tzinfo=None).isoformat() + "Z"
    told = utc.replace("T", " ").replace("Z", " UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(utc, told, shown)


def is_moment(name: str, value: int) -> bool:
    """Whether a number of this name is a time; a span in milliseconds has the same ending."""
    return name.endswith("_ms") and value >= _EARLIEST_MS


def short(text: str) -> str:
    """The first digits of a hash, for a table; the whole one is in its title."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def size(size_bytes: int) -> Markup:
    """``1 234 567 B``: digits in threes, never rounded."""
    # Markup of ours: the narrow space between the digits is one of those that `plain` replaces.
    return Markup("{}").format(f"{size_bytes:,} B".replace(",", "\N{NARROW NO-BREAK SPACE}"))


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals, computed in integers."""
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"¥ {sign}{whole // 100:,}.{whole % 100:02d}"
