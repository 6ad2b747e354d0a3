"""Where an observer stands, in a node's facts: what only a node of the committee has is empty.

For people only, as `consensus.status` is.
"""

from consensus.application import Application
from consensus.core.situation import Awaited, Situation, Timers, Votes, Wait
from consensus.depths import PoolDepth
from consensus.peers import Peer
from consensus.status import NodeStatus
from consensus.upstreams import Following
from ledger.core.identifiers import Height, NodeId


def status_of(
    own: NodeId, application: Application, cosigned: Height, following: Following, now_ms: int
) -> NodeStatus:
    """A snapshot of an observer.

    Args:
        own: its name.
        application: what it has.
        cosigned: height of the newest cosigned head.
        following: where it stands towards its upstreams.
        now_ms: the present.
    """
    asked = {
        name: Peer(each.fault is None, each.heard_ms, each.height)
        for name, each in following.upstreams.items()
    }
    return NodeStatus(
        node_id=own,
        head=application.head,
        cosigned_height=cosigned,
        situation=_situation(application, following.followed),
        committee=application.committee,
        peers={name: Peer() for name in application.committee} | asked,
        pool=PoolDepth(0, 0, 0, 0, 0, 0),
        queues={},
        abstain_until=Height(0),
        faults=(),
        clock_bounds_ms=(0, 0),
        now_ms=now_ms,
        following=following,
    )


def _situation(application: Application, followed: NodeId | None) -> Situation:
    """What an observer knows of the open height: whom the last block leaves as primary."""
    head = application.head
    return Situation(
        height=Height(head.height + 1),
        view=head.view,
        active=True,
        primary=application.committee.primary(head.view),
        changed=0,
        prepared=None,
        asking=(),
        certified=head.height,
        donor=followed,
        clock_trusted=True,
        muted=False,
        dropped_count=0,
        dropped_last="",
        awaited=Awaited(Wait.WORK, 0, (), None),
        votes=Votes(None, (), (), ()),
        timers=Timers(None, None, None),
        early={},
    )
