"""What each peer last said about itself: height, view, clock, and when it was heard.

For people only (`diagnose`, metrics); the replica keeps its own books and decides by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from consensus.core.messages import Status
from ledger.core.identifiers import Height, NodeId, View


@dataclass(frozen=True, slots=True)
class Peer:
    """One other node of the committee, seen from here."""

    connected: bool = False
    """What is sent to it may reach it."""
    heard_ms: int | None = None
    """When its last frame came."""
    height: Height | None = None
    """Of its head, as it says."""
    view: View | None = None
    """Of its open height, as it says."""
    clock_offset_ms: int | None = None
    """Its clock minus ours; the way of its status here makes it look late, never early."""


class Peers:
    """The other nodes of the committee."""

    __slots__ = ("_peers",)

    def __init__(self, nodes: tuple[NodeId, ...]) -> None:
        self._peers = {node: Peer() for node in nodes}

    def __getitem__(self, node: NodeId) -> Peer:
        return self._peers[node]

    @property
    def all(self) -> Mapping[NodeId, Peer]:
        """By node id, in the committee's order."""
        return MappingProxyType(self._peers)

    @property
    def connected_count(self) -> int:
        """Peers that what is sent may reach."""
        return sum(peer.connected for peer in self._peers.values())

    def set_connected(self, node: NodeId, *, connected: bool) -> None:
        """The transport can, or can no longer, reach the peer."""
        self._peers[node] = replace(self._peers[node], connected=connected)

    def heard(self, node: NodeId, now_ms: int) -> None:
        """A frame of the peer came."""
        self._peers[node] = replace(self._peers[node], heard_ms=now_ms)

    def said(self, node: NodeId, status: Status, now_ms: int) -> None:
        """The peer said where it stands."""
        self._peers[node] = replace(
            self._peers[node],
            height=Height(status.slot.height - 1),
            view=status.slot.view,
            clock_offset_ms=status.clock_ms - now_ms,
        )
