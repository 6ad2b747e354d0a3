"""The port to the other nodes: frames go out, and what comes in was sent by whom it says.

Nothing here blocks, retries or orders: a frame may be lost, late or doubled, and the replica says
everything again that still matters. `consensus.tcp` is the real one; the simulator has its own.
"""

from typing import Protocol

from ledger.core.identifiers import NodeId


class Transport(Protocol):
    """Sends frames (kind and body, see `consensus.wire`) to the nodes of the committee."""

    def send(self, peer: NodeId, frame: bytes) -> None:
        """Queue `frame` for one peer and return at once.

        The queue of each peer is bounded: where it is full the oldest frames are dropped, and to a
        peer that is not connected nothing is queued.
        """
        ...

    def broadcast(self, frame: bytes) -> None:
        """`send` to every other node of the committee."""
        ...
