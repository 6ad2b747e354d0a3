"""Where an observer stands, in a node's facts: what only a node of the committee has is empty.

For people only, as `consensus.status` is.
"""

from consensus.application import Application
from consensus.core.situation import resting
from consensus.depths import PoolDepth
from consensus.peers import Peer
from consensus.status import NodeStatus
from consensus.upstreams import Following
from ledger.core.identifiers import Height, NodeId
from ledger.core.misconduct import Fault


def status_of(
    own: NodeId,
    application: Application,
    cosigned: Height,
    following: Following,
    faults: tuple[Fault, ...],
    now_ms: int,
) -> NodeStatus:
    """A snapshot of an observer.

    Args:
        own: its name.
        application: what it has.
        cosigned: height of the newest cosigned head.
        following: where it stands towards its upstreams.
        faults: the evidence that it keeps.
        now_ms: the present.
    """
    asked = {
        name: Peer(each.fault is None, each.heard_ms, each.height)
        for name, each in following.upstreams.items()
    }
    head, committee = application.head, application.committee
    # Whom the last block leaves as primary is all that an observer knows of the open height.
    primary = committee.primary(head.view)
    return NodeStatus(
        node_id=own,
        head=head,
        cosigned_height=cosigned,
        situation=resting(head, head.view, primary, following.followed),
        committee=committee,
        peers={name: Peer() for name in committee} | asked,
        pool=PoolDepth(0, 0, 0, 0, 0, 0),
        queues={},
        abstain_until=Height(0),
        restored_until=Height(0),
        faults=faults,
        clock_bounds_ms=(0, 0),
        now_ms=now_ms,
        following=following,
    )
