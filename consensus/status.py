"""Where a node stands, and why it does not move: facts and stable names, no prose.

`diagnose` and `status` put them into words. Nothing is decided by what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consensus.core.situation import Situation
from consensus.depths import PoolDepth, QueueDepth
from consensus.peers import Peer
from consensus.snapshot_progress import SnapshotProgress
from consensus.upstreams import Following
from ledger.core.block import Head
from ledger.core.committee import Committee
from ledger.core.identifiers import Height, NodeId
from ledger.core.misconduct import Fault

SILENT_MS: Final = 5_000
"""A connected peer tells its status every second; after five it is silent."""


class Trouble(StrEnum):
    """Why records may have to wait."""

    NO_QUORUM = "no_quorum"
    """Fewer than q nodes, this one included, can be reached and speak."""
    CATCHING_UP = "catching_up"
    """A certificate above the head was seen: blocks are being fetched."""
    VIEW_CHANGE = "view_change"
    """A new view was asked for and has not started."""
    CLOCK = "clock"
    """This node's clock is out of bound with f + 1 others."""
    CLONED = "cloned"
    """Another process was seen to run with this node's key: nothing more is signed here."""
    MUTED = "muted"
    """A signature of this node's key was seen that it does not remember: cloned or restored."""
    RESTORED = "restored"
    """The storage is older than what was signed: no vote until others have decided that."""
    ABSTAINS = "abstains"
    """The journal was repaired: no vote until the open height is decided by others."""
    COSIGNATURES = "cosignatures"
    """The head is committed, and fewer than q nodes have cosigned it."""
    FAULTS = "faults"
    """Evidence against a key of the committee is kept here."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A snapshot of one node."""

    node_id: NodeId
    head: Head
    cosigned_height: Height
    """Of the newest head with q cosignatures."""
    situation: Situation
    """Of the open height."""
    committee: Committee
    peers: Mapping[NodeId, Peer]
    pool: PoolDepth
    queues: Mapping[NodeId, QueueDepth]
    """What waits to be sent, by peer; empty where there is no real transport."""
    abstain_until: Height
    """Promises up to this height may be lost: no vote before it is decided. 0 for none."""
    restored_until: Height
    """Up to this height what was signed is missing from an old copy. 0 for none."""
    faults: tuple[Fault, ...]
    """The evidence against keys of the committee that is kept here."""
    clock_bounds_ms: tuple[int, int]
    """How far a peer's clock may be (ahead of, behind) this one."""
    now_ms: int
    """Of the driver's last step."""
    following: Following | None = None
    """Of an observer, which has no part in the committee; None on a node of the committee."""
    snapshot: SnapshotProgress | None = None
    """How far a snapshot has come in, and who lied about it; None where neither is the case."""
    cloned: bool = False
    """Another process was seen to run with this node's key."""
    doubled: tuple[NodeId, ...] = ()
    """Peers whose key two processes were seen to have lately."""

    @property
    def waiting_count(self) -> int:
        """Bundles in the pool."""
        return self.pool.bundles_count

    @property
    def faults_count(self) -> int:
        """Pieces of evidence against keys of the committee."""
        return len(self.faults)

    @property
    def abstains(self) -> bool:
        """No vote is signed until the height of a lost promise is decided."""
        return self.head.height < self.abstain_until

    @property
    def restored(self) -> bool:
        """Whether what was signed is still missing from the storage: an old copy was put back."""
        return self.head.height < self.restored_until

    @property
    def missing(self) -> tuple[NodeId, ...]:
        """Peers that cannot be reached or have not spoken lately, in the committee's order.

        An observer knows this only of whom it asked last.
        """
        if self.following is not None:
            return tuple(node for node in self.committee if node not in self.following.answering)
        return tuple(node for node, peer in self.peers.items() if not self._speaks(peer))

    @property
    def has_quorum(self) -> bool:
        """Whether q nodes, this one included, can be reached and speak."""
        return self.committee.n - len(self.missing) >= self.committee.q

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Everything that is out of order, the worst first; empty where all is well.

        None is an observer's: what may keep it from following is in `following`.
        """
        if self.following is not None:
            return ()
        at = self.situation
        found = {
            Trouble.NO_QUORUM: not self.has_quorum,
            Trouble.CATCHING_UP: at.certified > self.head.height,
            Trouble.VIEW_CHANGE: not at.active,
            Trouble.CLOCK: not at.clock_trusted,
            Trouble.CLONED: self.cloned,
            Trouble.MUTED: at.muted,
            Trouble.RESTORED: self.restored,
            Trouble.ABSTAINS: self.abstains,
            Trouble.COSIGNATURES: self.cosigned_height < self.head.height,
            Trouble.FAULTS: self.faults_count > 0,
        }
        return tuple(trouble for trouble, present in found.items() if present)

    def succeeded(self, closing: Height, *, seated: bool) -> bool:
        """Whether the network goes on without the keys that counted up to a block.

        Args:
            closing: the height that closed the last epoch.
            seated: whether this node stands in the committee that follows, by a key that it holds.

        Returns:
            True once a quorum of that committee says that it has the block, and nothing waits
            that this node acknowledged.
        """
        told = [peer.height for peer in self.peers.values() if peer.height is not None]
        there = sum(height >= closing for height in told) + seated
        return there >= self.committee.q and not self.pool.own_count

    def clock_apart(self, peer: Peer) -> bool:
        """Whether a peer that speaks has a clock out of bound with this one."""
        ahead_ms, behind_ms = self.clock_bounds_ms
        offset_ms = peer.clock_offset_ms
        if offset_ms is None or not self._speaks(peer):
            return False
        return offset_ms > ahead_ms or offset_ms < -behind_ms

    def _speaks(self, peer: Peer) -> bool:
        return (
            peer.connected and peer.heard_ms is not None and peer.heard_ms + SILENT_MS > self.now_ms
        )
