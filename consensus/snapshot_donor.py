"""SnapshotDonor: answers nodes that join, and never so much that votes would have to wait.

What it gives proves itself, so it is given to whoever the transport lets in. A request beyond what
a second allows is not answered: who asks goes to another donor, and asks here again later.
"""

from typing import Final

from consensus.snapshot_frames import (
    ChunkGiven,
    ChunkRequest,
    Offered,
    OfferRequest,
    SnapshotAnswer,
    SnapshotRequest,
)
from consensus.snapshot_ports import SnapshotSource
from ledger.core.identifiers import NodeId

SECOND_MS: Final = 1_000
BYTES_PER_SECOND: Final = 8 << 20
"""To all peers together; a larger answer goes alone. Reading so much takes a few per cent of it."""
OFFERS_PER_SECOND: Final = 2
"""To one peer: an offer is made once and may be long."""


class SnapshotDonor:
    """One node's answers."""

    __slots__ = ("_offers", "_since_ms", "_source", "_spent_bytes")

    def __init__(self, source: SnapshotSource | None) -> None:
        """`source` is None where no snapshots are kept: everything is answered with nothing."""
        self._source = source
        self._since_ms = 0
        self._spent_bytes = 0
        self._offers: dict[NodeId, int] = {}

    def answer(self, peer: NodeId, request: SnapshotRequest, now_ms: int) -> SnapshotAnswer | None:
        """What a request is answered with; None where this second is spent.

        Raises:
            StoreError: `store.*`.
        """
        if not self._since_ms <= now_ms < self._since_ms + SECOND_MS:
            self._since_ms, self._spent_bytes = now_ms, 0
            self._offers.clear()
        if self._spent_bytes >= BYTES_PER_SECOND:
            return None
        if isinstance(request, OfferRequest):
            answer = self._offered(peer)
        else:
            answer = self._given(request)
        if answer is not None:
            self._spent_bytes += _size_of(answer)
        return answer

    def _offered(self, peer: NodeId) -> SnapshotAnswer | None:
        self._offers[peer] = self._offers.get(peer, 0) + 1
        if self._offers[peer] > OFFERS_PER_SECOND:
            return None
        offer = None if self._source is None else self._source.offer()
        return Offered(offer or b"")

    def _given(self, request: ChunkRequest) -> SnapshotAnswer:
        height, place = request.height, request.place
        found = None if self._source is None else self._source.chunk(height, place)
        if found is None:
            return ChunkGiven(height, place, (), b"")
        rows, path = found
        return ChunkGiven(height, place, tuple(path), rows)


def _size_of(answer: SnapshotAnswer) -> int:
    return len(answer.offer if isinstance(answer, Offered) else answer.rows)
