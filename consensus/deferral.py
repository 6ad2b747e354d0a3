"""Relayed bundles that are unfit on this head, and may rest on a block that is not here yet.

They are judged again with the next blocks and reported to whoever relayed them after a while.
Spec: ``docs/spec/pool.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from consensus.mempool import size_of
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import Rejected

DEFERRED_MS: Final = 10_000
"""So long a bundle is judged again before it is reported."""
DEFERRED_MAX: Final = 256
"""Per peer."""
DEFERRED_BYTES_MAX: Final = 16 << 20
"""Of header and records, per peer."""
DEFERRED_RECORDS_MAX: Final = 1_000
"""Judged again after each block."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A relayed bundle that is unfit on this head."""

    bundle: Bundle
    verdict: Rejected
    source: NodeId
    since_ms: int


class Deferral:
    """What is put off, by pool key, the oldest first; each peer has a share of its own."""

    __slots__ = ("_deferred",)

    def __init__(self) -> None:
        self._deferred: dict[Digest, Deferred] = {}

    def __len__(self) -> int:
        return len(self._deferred)

    def __contains__(self, pool_key: Digest) -> bool:
        return pool_key in self._deferred

    def add(self, each: Deferred) -> bool:
        """Put a bundle off. Returns False where its peer has no room left."""
        sizes = [
            size_of(other.bundle)
            for other in self._deferred.values()
            if other.source == each.source
        ]
        if len(sizes) >= DEFERRED_MAX or sum(sizes) + size_of(each.bundle) > DEFERRED_BYTES_MAX:
            return False
        self._deferred[each.bundle.pool_key] = each
        return True

    def drop(self, pool_key: Digest) -> None:
        """It is settled, or pooled; one that is not here is no fault."""
        self._deferred.pop(pool_key, None)

    def due(self) -> Iterator[Deferred]:
        """What one block has judged again, within a limit of records."""
        records = 0
        for each in tuple(self._deferred.values()):
            if records >= DEFERRED_RECORDS_MAX:
                return
            records += each.bundle.header.count
            yield each

    def take_expired(self, now_ms: int) -> tuple[Deferred, ...]:
        """What has waited long enough, no longer here."""
        gone = tuple(
            each for each in self._deferred.values() if each.since_ms + DEFERRED_MS <= now_ms
        )
        for each in gone:
            self.drop(each.bundle.pool_key)
        return gone
