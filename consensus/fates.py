"""What became of a bundle: pending, committed, or refused with its reason.

Kept by pool key (header and signature), never by bundle id: a wrongly signed copy must not speak
for the right one. Refusals are kept for a day, by the node that took the bundle in, over restarts
(`consensus.intake`), and are never on the ledger. Everything here is advice to people; the ledger
itself is the truth.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeAlias

from ledger.core.acknowledgement import SignedRefusal
from ledger.core.identifiers import Digest, Height
from ledger.errors import Rejected

REFUSAL_MS: Final = 24 * 3_600_000
COMMITTED_MAX: Final = 100_000
"""Newest commits remembered; older ones are found by their records on the ledger."""
REFUSED_MAX: Final = 10_000
"""Newest refusals remembered, however young: a flood of them costs this much."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Never seen, or forgotten: ask the ledger by record id."""


@dataclass(frozen=True, slots=True)
class Pending:
    """In the pool, judged fit on the present head."""

    received_at_ms: int


@dataclass(frozen=True, slots=True)
class Committed:
    """On the ledger."""

    height: Height


@dataclass(frozen=True, slots=True)
class Refused:
    """Judged unfit here after it had been acknowledged."""

    verdict: Rejected
    signed: SignedRefusal
    at_ms: int


Fate: TypeAlias = Unknown | Pending | Committed | Refused


class Fates:
    """The settled fates; the pool itself knows what is pending."""

    __slots__ = ("_committed", "_refused")

    def __init__(self) -> None:
        self._committed: OrderedDict[Digest, Height] = OrderedDict()
        self._refused: OrderedDict[Digest, Refused] = OrderedDict()

    def of(self, pool_key: Digest) -> Committed | Refused | Unknown:
        """What is known of a bundle that is not pending."""
        height = self._committed.get(pool_key)
        if height is not None:
            return Committed(height)
        return self._refused.get(pool_key, Unknown())

    @property
    def refusals(self) -> tuple[Refused, ...]:
        """All that are remembered, the oldest first."""
        return tuple(self._refused.values())

    def committed(self, pool_key: Digest, height: Height) -> bool:
        """The bundle is in the block of this height; whatever was refused before is moot.

        Returns:
            Whether something was.
        """
        was_refused = self.pooled(pool_key)
        self._committed[pool_key] = height
        if len(self._committed) > COMMITTED_MAX:
            self._committed.popitem(last=False)
        return was_refused

    def refused(self, pool_key: Digest, refused: Refused) -> None:
        """The bundle left the pool with this verdict."""
        self._refused[pool_key] = refused
        self._refused.move_to_end(pool_key)
        if len(self._refused) > REFUSED_MAX:
            self._refused.popitem(last=False)

    def pooled(self, pool_key: Digest) -> bool:
        """It was judged fit again: an earlier refusal no longer holds. Returns whether one did."""
        return self._refused.pop(pool_key, None) is not None

    def forget(self, now_ms: int) -> None:
        """Drop refusals older than a day; they are in the order of their age."""
        while self._refused:
            pool_key = next(iter(self._refused))
            if self._refused[pool_key].at_ms > now_ms - REFUSAL_MS:
                return
            del self._refused[pool_key]
