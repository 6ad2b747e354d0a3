"""A bounded room for what came too soon: messages of the next height, until it opens.

The room is divided by the peer that sent, so nobody can push out another's messages, and nothing in
it was believed yet. What finds no room is lost like any lost message: its sender says it again.
"""

from consensus.core.config import Config
from consensus.core.messages import Message, PrePrepare
from ledger.core.identifiers import Height, NodeId


class EarlyMessages:
    """Messages of one height above the open one, with their times of arrival."""

    __slots__ = ("_bytes_max", "_count_max", "_height", "_of")

    def __init__(self, config: Config) -> None:
        self._count_max = config.early_per_peer_max
        self._bytes_max = config.early_bytes_max
        self._height = Height(0)
        self._of: dict[NodeId, list[tuple[int, Message]]] = {}

    def keep(self, peer: NodeId, height: Height, message: Message, now_ms: int) -> None:
        """Keep `message` until `height` opens, where there is room for this peer."""
        if height != self._height:
            self._height, self._of = height, {}
        kept = self._of.setdefault(peer, [])
        if any(message == known for _, known in kept):
            return
        if isinstance(message, PrePrepare):
            kept[:] = [item for item in kept if not isinstance(item[1], PrePrepare)]
            if len(message.payload) > self._bytes_max:
                return
        if len(kept) >= self._count_max:
            kept.pop(0)
        kept.append((now_ms, message))

    def take(self, height: Height) -> list[tuple[NodeId, int, Message]]:
        """Everything kept for `height`, in order of arrival: (peer, arrived at, message)."""
        if height != self._height:
            return []
        kept = [(peer, at, message) for peer, items in self._of.items() for at, message in items]
        self._of = {}
        return sorted(kept, key=lambda item: item[1])

    @property
    def counts(self) -> dict[NodeId, int]:
        """Messages that are kept, by the peer that sent them."""
        return {peer: len(kept) for peer, kept in self._of.items() if kept}
