"""The network between simulated nodes: loss, doubling, delay and therefore reordering, cut lines."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ledger.core.identifiers import NodeId
from tests.simulation.dice import Dice


@dataclass(frozen=True)
class Weather:
    """How bad the lines are."""

    loss_permille: int = 0
    double_permille: int = 0
    delay_ms_max: int = 15


CALM = Weather()


class Post:
    """Decides, for each frame, when it arrives, if at all."""

    def __init__(self, nodes: Iterable[NodeId], dice: Dice) -> None:
        self._nodes = tuple(nodes)
        self._dice = dice
        self._side: dict[NodeId, int] = dict.fromkeys(self._nodes, 0)
        self._mute: Counter[tuple[NodeId, NodeId]] = Counter()
        self.weather = CALM

    def add(self, node: NodeId) -> None:
        """One more end, on the side of those that are not alone."""
        self._nodes = (*self._nodes, node)
        self._side[node] = 0

    def split(self, alone: Iterable[NodeId]) -> None:
        """Cut these nodes off from the others; among themselves they talk."""
        apart = set(alone)
        self._side = {node: int(node in apart) for node in self._nodes}

    def join(self) -> None:
        self._side = dict.fromkeys(self._nodes, 0)

    def mute(self, origin: NodeId, to: NodeId) -> None:
        """Lose whatever goes in this one direction, although the line stands."""
        self._mute[origin, to] += 1

    def unmute(self, origin: NodeId, to: NodeId) -> None:
        self._mute[origin, to] -= 1

    def heal(self) -> None:
        """Calm weather, all lines whole."""
        self.weather = CALM
        self._mute.clear()
        self.join()

    def connected(self, a: NodeId, b: NodeId) -> bool:
        return self._side[a] == self._side[b]

    def whole(self, a: NodeId, b: NodeId) -> bool:
        """Whether a conversation between two is possible."""
        return self.connected(a, b) and self._mute[a, b] <= 0 and self._mute[b, a] <= 0

    def arrivals(self, origin: NodeId, to: NodeId, now_ms: int) -> list[int]:
        """When copies of a frame sent now arrive."""
        if not self.connected(origin, to) or self._mute[origin, to] > 0:
            return []
        if self._dice.chance(self.weather.loss_permille):
            return []
        copies = 2 if self._dice.chance(self.weather.double_permille) else 1
        most = self.weather.delay_ms_max
        return [now_ms + self._dice.between(1, most) for _ in range(copies)]


class Line:
    """A `consensus.transport.Transport`: one node's end of the post."""

    def __init__(
        self, own: NodeId, peers: Iterable[NodeId], sent: Callable[[NodeId, NodeId, bytes], None]
    ) -> None:
        self._own = own
        self._peers = tuple(peer for peer in peers if peer != own)
        self._sent = sent

    def send(self, peer: NodeId, frame: bytes) -> None:
        self._sent(self._own, peer, frame)

    def broadcast(self, frame: bytes) -> None:
        for peer in self._peers:
            self._sent(self._own, peer, frame)
