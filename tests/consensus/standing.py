"""A node at rest, from which a test changes what it is about."""

from collections.abc import Mapping

from consensus.core.fault import two_votes
from consensus.core.situation import resting
from consensus.depths import PoolDepth
from consensus.peers import Peer
from consensus.status import NodeStatus
from ledger.core.block import Head
from ledger.core.committee import Committee
from ledger.core.identifiers import HeaderHash, Height, NodeId, View
from ledger.core.misconduct import Fault
from tests.consensus.core.world import commit, slot

FIRST_VIEW = View(0)
EMPTY_POOL = PoolDepth(0, 0, 0, 0, 0, 0)


def well(
    own: NodeId,
    head: Head,
    committee: Committee,
    peers: Mapping[NodeId, Peer],
    now_ms: int,
    view: View = FIRST_VIEW,
) -> NodeStatus:
    """A node that is in no trouble, as far as its peers speak."""
    return NodeStatus(
        node_id=own,
        head=head,
        cosigned_height=head.height,
        situation=resting(head, view, committee.primary(view)),
        committee=committee,
        peers=peers,
        pool=EMPTY_POOL,
        queues={},
        abstain_until=Height(0),
        restored_until=Height(0),
        faults=(),
        clock_bounds_ms=(500, 2_000),
        now_ms=now_ms,
    )


def two_commits(name: str = "b") -> Fault:
    """Evidence that the key of one node committed two blocks in one slot."""
    at = slot(1, 0)
    one, other = (commit(at, HeaderHash(bytes([byte]) * 32), name) for byte in (1, 2))
    fault = two_votes(one, other)
    assert fault is not None
    return fault
