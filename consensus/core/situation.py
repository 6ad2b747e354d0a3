"""Where a replica stands, in facts that a person can be told.

Nothing is decided by these facts; `consensus.status` puts them into words.
"""

from dataclasses import dataclass

from ledger.core.identifiers import HeaderHash, Height, NodeId, View


@dataclass(frozen=True, slots=True)
class Situation:
    """A snapshot of the open height."""

    height: Height
    """The open height: the head is one below."""
    view: View
    active: bool
    """False while a view is asked for and its NEW-VIEW has not come."""
    primary: NodeId
    """Of `view`."""
    prepared: HeaderHash | None
    """The block of the highest prepared certificate held, if any."""
    asking: tuple[NodeId, ...]
    """Nodes that ask for `view` or a later one."""
    certified: Height
    """The highest height for which a certificate was seen; above the head: catching up."""
    clock_trusted: bool
    """False: out of bound with f + 1 others; no fresh block is voted for, nothing is cosigned."""
    muted: bool
    """A signature of this node's key was seen that this node does not remember."""
    dropped_count: int
    """Messages dropped since the start because they did not hold."""
