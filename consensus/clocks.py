"""How far the peers' clocks are from this node's, as their statuses tell.

A clock is out of bound where it differs by more than the bound from f + 1 others: at least one of
them is honest. Such a node does not cosign, and says so. Spec: ``docs/spec/consensus.md``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId


class Clocks:
    """The newest offset of each peer, in ms: its clock minus ours."""

    __slots__ = ("_bound_ms", "_offsets")

    def __init__(self, bound_ms: int) -> None:
        self._bound_ms = bound_ms
        self._offsets: dict[NodeId, int] = {}

    def heard(self, peer: NodeId, clock_ms: int, now_ms: int) -> None:
        """A status of `peer` arrived; its way here makes the clock look late, never early."""
        self._offsets[peer] = clock_ms - now_ms

    def gone(self, peer: NodeId) -> None:
        """A peer that is not connected says nothing about the time."""
        self._offsets.pop(peer, None)

    @property
    def offsets(self) -> Mapping[NodeId, int]:
        """Of the connected peers that have spoken."""
        return MappingProxyType(self._offsets)

    def out_of_bound(self, committee: Committee) -> bool:
        """Whether f + 1 others disagree with this node's clock; never with a committee of one."""
        far = [
            peer
            for peer, offset in self._offsets.items()
            if peer in committee and abs(offset) > self._bound_ms
        ]
        return len(far) >= committee.weak
