"""What was asked, what was answered, and what was seen: facts with times, nothing judged.

Times are seconds of this process's monotonic clock, which all clients share; `epoch_ms` leads from
there to the time of day.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

SEEN_MAX: Final = 1_000_000
"""Facts of one kind: a campaign ends before."""


class Outcome(StrEnum):
    """What came of one try to submit a bundle."""

    COMMITTED = "committed"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """By the rules, with a code."""
    BUSY = "busy"
    """No room, no quorum, no seat: nothing was promised."""
    LOST = "lost"
    """No answer came, so it may be in or not."""


@dataclass(frozen=True, slots=True)
class Stands:
    """Where a node says that a record stands."""

    record: str
    height: int
    index: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One try, from the question to its answer."""

    bundle: str
    """Pool key."""
    node: str
    asked_s: float
    answered_s: float
    outcome: Outcome
    received_at_ms: int | None = None
    """As the acknowledgement stamps it."""
    stands: tuple[Stands, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """A receipt that was verified with the trust root alone."""

    record: str
    node: str
    """Who gave it."""
    height: int
    index: int
    time_ms: int
    """Of the block."""
    digest: str
    """Of the file."""


@dataclass(frozen=True, slots=True)
class HeadSeen:
    """A head that a quorum cosigned, as a node showed it first."""

    size: int
    root: str
    node: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Healed:
    """From here on nothing is wrong: every process runs, every link is clear."""

    at_s: float
    after: str
    """What had been wrong."""


@dataclass(frozen=True, slots=True)
class Restored:
    """An old copy of a database was put back; its node had stopped before."""

    node: str
    at_s: float


@dataclass
class History:
    """Everything, in the order in which it was learnt."""

    bundles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Records of each bundle that was ever sent, by pool key."""
    answers: list[Answer] = field(default_factory=list)
    receipts: list[ReceiptSeen] = field(default_factory=list)
    heads: dict[tuple[int, str], HeadSeen] = field(default_factory=dict)
    shown: list[HeadSeen] = field(default_factory=list)
    """Every change of the head that a node shows."""
    restored: list[Restored] = field(default_factory=list)
    healed: list[Healed] = field(default_factory=list)
    progress_s: list[float] = field(default_factory=list)
    """When a larger head, or a commit, was seen."""
    epoch_ms: int = field(default_factory=lambda: time.time_ns() // 10**6 - _now_ms())

    def wall_ms(self, at_s: float) -> int:
        """The time of day at a time of the monotonic clock."""
        return self.epoch_ms + round(1000 * at_s)

    @property
    def acknowledged(self) -> dict[str, tuple[str, ...]]:
        """Bundles that some node has promised, and their records."""
        promised = (Outcome.ACKNOWLEDGED, Outcome.COMMITTED)
        keys = dict.fromkeys(each.bundle for each in self.answers if each.outcome in promised)
        return {key: self.bundles[key] for key in keys}


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in the log."""

    index: int
    record: str
    height: int


@dataclass(frozen=True, slots=True)
class FinalLog:
    """The log as the nodes hold it at the end."""

    entries: tuple[Entry, ...]
    times_ms: tuple[int, ...]
    """Of the blocks, from height 1 on."""
    size: int
    root: str
    prove: Callable[[int, int], Sequence[bytes]]
    """RFC 6962 consistency from a smaller size to a larger."""


def _now_ms() -> int:
    return round(1000 * time.monotonic())
