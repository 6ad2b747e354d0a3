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


class Receiver(Protocol):
    """Whoever the transport works for. All calls come from one thread, one at a time."""

    def hello(self, peer: NodeId) -> bytes:
        """The frame to begin every connection with `peer` with."""
        ...

    def check_hello(self, peer: NodeId, frame: bytes) -> None:
        """Require that a peer's first frame fits this network, this version and its key.

        Raises:
            FormatError: it does not; the connection is refused.
        """
        ...

    def connected(self, peer: NodeId) -> None:
        """What is sent to `peer` from now on may reach it."""
        ...

    def disconnected(self, peer: NodeId) -> None:
        """What was queued for `peer` is gone."""
        ...

    def received(self, peer: NodeId, frame: bytes) -> None:
        """`peer` sent this frame (kind and body); it was not decoded yet."""
        ...
