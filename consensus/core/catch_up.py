"""How a node that was away comes back: by certificates, donor by donor, in bounded chunks.

A *certificate* above the head stops voting, because the height is decided. A *claim* ("I am at
height 10⁹") stops nothing: it starts one bounded request to whoever claims, while voting goes on.
Nothing that a donor sends is believed without its certificate. Spec: ``docs/spec/consensus.md``.
"""

from collections import deque
from collections.abc import Iterable

from consensus.core.config import Config
from consensus.core.messages import BlocksRequest, CertifiedBlock, PayloadRequest
from ledger.core.identifiers import HeaderHash, Height, NodeId


class Donors:
    """One request at a time; who did not answer is asked again later and later."""

    __slots__ = ("_asked", "_config", "_pauses", "_until_ms")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._asked: NodeId | None = None
        self._until_ms = 0
        self._pauses: dict[NodeId, tuple[int, int]] = {}

    def choose(self, eligible: Iterable[NodeId], now_ms: int) -> NodeId | None:
        """The next donor to ask, if none is being asked and one is rested."""
        if self._asked is not None:
            if now_ms < self._until_ms:
                return None
            self.failed(self._asked, now_ms)
        for peer in eligible:
            if self._pauses.get(peer, (0, 0))[0] <= now_ms:
                self._asked, self._until_ms = peer, now_ms + self._config.request_ms
                return peer
        return None

    def answered(self, peer: NodeId) -> bool:
        """Whether `peer` is the donor being asked; its slate is then clean and it is free."""
        if peer != self._asked:
            return False
        self._asked = None
        self._pauses.pop(peer, None)
        return True

    def failed(self, peer: NodeId, now_ms: int) -> None:
        """`peer` gave no answer, or a wrong one: twice the pause."""
        if peer == self._asked:
            self._asked = None
        pause = 2 * self._pauses.get(peer, (0, self._config.request_ms // 2))[1]
        pause = min(pause, self._config.request_backoff_max_ms)
        self._pauses[peer] = (now_ms + pause, pause)

    @property
    def asked(self) -> NodeId | None:
        """The donor that is being asked."""
        return self._asked

    def rested(self, peer: NodeId) -> None:
        """`peer` has just connected: what it failed to answer before is forgiven."""
        self._pauses.pop(peer, None)

    def rewind(self, by_ms: int) -> None:
        """The clock stepped back: every time is that much earlier."""
        self._until_ms -= by_ms
        self._pauses = {
            peer: (until_ms - by_ms, pause) for peer, (until_ms, pause) in self._pauses.items()
        }

    def deadline_ms(self, eligible: Iterable[NodeId]) -> int | None:
        """When `choose` is worth calling again, given who could be asked."""
        if self._asked is not None:
            return self._until_ms
        return min((self._pauses.get(peer, (0, 0))[0] for peer in eligible), default=None)


class CatchUp:
    """What this node lacks, whom it asks, and the chunk it is working through."""

    __slots__ = ("_blocks", "_claims", "_donor", "_donors", "_payload_donors", "target")

    def __init__(self, config: Config) -> None:
        self._donors = Donors(config)
        self._payload_donors = Donors(config)
        self._claims: dict[NodeId, Height] = {}
        self._blocks: deque[CertifiedBlock] = deque()
        self._donor: NodeId | None = None
        self.target = Height(0)
        """The highest height for which a verified certificate was seen."""

    def certified(self, height: Height) -> None:
        """A verified certificate for `height` was seen."""
        self.target = max(self.target, height)

    @property
    def donor(self) -> NodeId | None:
        """Whose blocks are being taken in, or who is being asked for some."""
        return self._donor if self._blocks else self._donors.asked or self._payload_donors.asked

    def claimed(self, peer: NodeId, head: Height) -> None:
        """A peer says that its head is at `head`; it alone is asked for the proof."""
        self._claims[peer] = head

    def connected(self, peer: NodeId) -> None:
        """A peer that may have been away is worth asking again."""
        self._donors.rested(peer)
        self._payload_donors.rested(peer)

    def rewind(self, by_ms: int) -> None:
        """The clock stepped back."""
        self._donors.rewind(by_ms)
        self._payload_donors.rewind(by_ms)

    def request_blocks(
        self, head: Height, peers: list[NodeId], now_ms: int
    ) -> tuple[NodeId, BlocksRequest] | None:
        """The next request for decided blocks, if some are lacking and nobody is being asked."""
        eligible = self._eligible(head, peers)
        donor = self._donors.choose(eligible, now_ms) if eligible else None
        return None if donor is None else (donor, BlocksRequest(Height(head + 1)))

    def request_payload(
        self, height: Height, wanted: HeaderHash, holders: list[NodeId], now_ms: int
    ) -> tuple[NodeId, PayloadRequest] | None:
        """The next request for a block of the open height, if nobody is being asked."""
        donor = self._payload_donors.choose(holders, now_ms)
        return None if donor is None else (donor, PayloadRequest(height, wanted))

    def payload_answered(self, peer: NodeId) -> None:
        """The wanted payload came, or a late one that nobody waits for: its sender is free."""
        self._payload_donors.answered(peer)

    def payload_wrong(self, peer: NodeId, now_ms: int) -> None:
        """A payload came that is not the wanted one, or does not rebuild its header."""
        self._payload_donors.failed(peer, now_ms)

    def arrived(
        self, peer: NodeId, blocks: tuple[CertifiedBlock, ...], head: Height, now_ms: int
    ) -> None:
        """Take a chunk from a donor that was asked, where it begins at or below the open height."""
        asked = self._donors.answered(peer) or self._payload_donors.answered(peer)
        if not asked or self._blocks:
            return
        above = [block for block in blocks if block.header.height > head]
        if not above or above[0].header.height != head + 1:
            self._failed(peer, now_ms)
            return
        self._donor = peer
        self._blocks.extend(above)

    def next_block(self) -> CertifiedBlock | None:
        """The next block of the chunk in hand; its certificate is not judged yet."""
        return self._blocks.popleft() if self._blocks else None

    def chunk_wrong(self, now_ms: int) -> None:
        """The donor's chunk does not hold: the rest of it is worth nothing."""
        self._blocks.clear()
        if self._donor is not None:
            self._claims.pop(self._donor, None)
            self._failed(self._donor, now_ms)

    def deadline_ms(self, head: Height, peers: list[NodeId], holders: list[NodeId]) -> int | None:
        """When the next request is due, if something is lacking."""
        eligible = self._eligible(head, peers)
        times = [
            self._donors.deadline_ms(eligible) if eligible else None,
            self._payload_donors.deadline_ms(holders) if holders else None,
        ]
        return min((time for time in times if time is not None), default=None)

    def _failed(self, peer: NodeId, now_ms: int) -> None:
        """A useless chunk may stand for either answer: its sender is not asked again at once."""
        self._donors.failed(peer, now_ms)
        self._payload_donors.failed(peer, now_ms)

    def _eligible(self, head: Height, peers: list[NodeId]) -> list[NodeId]:
        """Everybody where a certificate proves that blocks exist, else only those who claim so.

        A block that only the open height lacks is asked for by its hash: it may not be in any
        chain yet.
        """
        if self._blocks:
            return []
        # Who left the committee, or joined it above our head, may be all that is left to ask.
        outside = [peer for peer in sorted(self._claims) if peer not in peers]
        if self.target > head + 1:
            return [*peers, *outside]
        return [peer for peer in (*peers, *outside) if self._claims.get(peer, 0) > head]
