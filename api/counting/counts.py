"""Counts: what the public records of a ledger add up to, in integers.

Pure values; whoever fills them has asked the public's rights before. Everything that can grow has a
cap: names beyond it are counted together under the empty name.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from ledger.words.moments import BEIJING

NAMES_MAX: Final = 20_000
"""Names that one counter tells apart."""
DAYS_MAX: Final = 10_000
"""Some twenty-seven years."""
BIDS_MAX: Final = 10
"""Sections with as many bids or more are counted together."""
OTHERS: Final = ""
_DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Day:
    """Entries of the log that came in on one day."""

    public: int = 0
    others: int = 0
    """Of which only the place is public."""


@dataclass(slots=True)
class Counts:
    """What was counted, up to and with the block at `height`."""

    height: int = 0
    days: dict[int, Day] = field(default_factory=dict)
    """By `day_of` their block's time."""
    types: Counter[str] = field(default_factory=Counter)
    """Public records by the key of their type; what came out of openings among them."""
    issuers: Counter[str] = field(default_factory=Counter)
    """Public records by who answers for them."""
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Alerts by code and severity."""
    bidders: Counter[str] = field(default_factory=Counter)
    """Bids that were opened, by bidder."""
    bids: Counter[int] = field(default_factory=Counter)
    """Sections whose result was published, by how many bids they had, up to `BIDS_MAX`."""
    winners: Counter[str] = field(default_factory=Counter)
    """Sections by who won them."""

    def entered(self, day: int, count: int, *, public: bool) -> None:
        """So many entries more of the log.

        Args:
            day: of their block, as `day_of` has it.
            count: how many.
            public: whether everybody may read them.
        """
        if day not in self.days and len(self.days) >= DAYS_MAX:
            del self.days[min(self.days)]
        counted = self.days.setdefault(day, Day())
        if public:
            counted.public += count
        else:
            counted.others += count

    def add(self, more: "Counts") -> None:
        """Take in what was counted of the blocks behind."""
        self.height = more.height
        for day, counted in more.days.items():
            self.entered(day, counted.public, public=True)
            self.entered(day, counted.others, public=False)
        for own, other in (
            (self.types, more.types),
            (self.issuers, more.issuers),
            (self.bidders, more.bidders),
            (self.winners, more.winners),
        ):
            for name, count in other.items():
                own[name if name in own or len(own) < NAMES_MAX else OTHERS] += count
        # Codes, severities and `BIDS_MAX` are few.
        self.alerts.update(more.alerts)
        self.bids.update(more.bids)


def day_of(time_ms: int) -> int:
    """The day in Beijing, counted from 1970-01-01."""
    ahead_ms = BEIJING.utcoffset(None) // timedelta(milliseconds=1)
    return (time_ms + ahead_ms) // _DAY_MS


def concentration_permille(winners: Counter[str]) -> int:
    """The Herfindahl-Hirschman index of the sections won: 1000 where one member wins all of them.

    The sum of the squares of the winners' shares, rounded down.
    """
    total = winners.total()
    squares = sum(count * count for count in winners.values())
    return squares * 1000 // (total * total) if total else 0
