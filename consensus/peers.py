"""What each peer last said about itself: height, view, clock, and when it was heard.

For people only (`diagnose`, metrics); the replica keeps its own books and decides by them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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
    """Every other node that the transport let in; those of the committee are asked for by name."""

    __slots__ = ("_peers",)

    def __init__(self) -> None:
        self._peers: defaultdict[NodeId, Peer] = defaultdict(Peer)

    def of(self, nodes: Iterable[NodeId]) -> Mapping[NodeId, Peer]:
        """What is known of these, in their order."""
        return {node: self._peers.get(node, Peer()) for node in nodes}

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
