"""Where a replica stands, in facts that a person can be told.

Nothing is decided by these facts; `consensus.status` adds the driver's, `api.findings` puts them
into words. All times are of the replica's own clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consensus.core.height import OpenHeight
from consensus.core.instance import Node
from consensus.core.messages import Phase
from ledger.core.block import Head
from ledger.core.identifiers import HeaderHash, Height, NodeId, View


class Wait(StrEnum):
    """What must come next for the open height to go on."""

    WORK = "work"
    """Nothing waits to be committed: the height rests."""
    PROPOSAL = "proposal"
    """The primary's block."""
    EXECUTION = "execution"
    """This node itself: it judges or commits a block."""
    BLOCK = "block"
    """The bytes of a block that is decided or chosen, or the blocks that are missed here."""
    PREPARES = "prepares"
    COMMITS = "commits"
    VIEW_CHANGES = "view_changes"
    """Nodes that ask for the view that this node asks for."""
    NEW_VIEW = "new_view"
    """The word of the primary of the view that a quorum asks for."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Whose word is lacking."""

    what: Wait
    count: int
    """Words that are lacking; 0 where nobody else must speak."""
    of: tuple[NodeId, ...]
    """Who has not said it, in the committee's order: any `count` of them will do."""
    since_ms: int | None
    """When this view's patience, or the work, began to wait; None where nothing runs."""


@dataclass(frozen=True, slots=True)
class Votes:
    """What was said at the open height, as far as it came here."""

    proposed: HeaderHash | None
    """The block that the present view votes on."""
    prepared: tuple[NodeId, ...]
    """Who prepared it in the present view."""
    committed: tuple[NodeId, ...]
    """Who committed it in the present view."""
    asks: tuple[tuple[NodeId, View], ...]
    """The highest view that each node has asked for at this height."""


@dataclass(frozen=True, slots=True)
class Timers:
    """What time alone will bring; None where nothing of the kind runs."""

    view_ends_ms: int | None
    """When this node asks for the next view."""
    listens_until_ms: int | None
    """After a restart: no new signature before."""
    held_until_ms: int | None
    """The proposal is ahead of this clock: no vote for it before."""


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
    changed: int
    """View changes at this height so far; without one the primary is the parent's."""
    prepared: HeaderHash | None
    """The block of the highest prepared certificate held, if any."""
    asking: tuple[NodeId, ...]
    """Nodes that ask for `view` or a later one."""
    certified: Height
    """The highest height for which a certificate was seen; above the head: catching up."""
    donor: NodeId | None
    """Who is being asked for blocks, or whose blocks are being taken in."""
    clock_trusted: bool
    """False: out of bound with f + 1 others; no fresh block is voted for, nothing is cosigned."""
    muted: bool
    """A signature of this node's key was seen that this node does not remember."""
    dropped_count: int
    """Messages dropped since the start because they did not hold."""
    dropped_last: str
    """Why the last of them was dropped; empty before the first."""
    awaited: Awaited
    votes: Votes
    timers: Timers
    early: Mapping[NodeId, int]
    """Messages of the next height that are kept, by the peer that sent them."""


def situation_of(
    node: Node,
    at: OpenHeight,
    dropped: tuple[int, str],
    early: Mapping[NodeId, int],
    now_ms: int,
) -> Situation:
    """The facts of a replica at `now_ms`.

    Args:
        node: what outlives a height.
        at: the open height.
        dropped: how many messages did not hold since the start, and why the last one.
        early: messages of the next height that are kept, by peer.
        now_ms: of the replica's last input.
    """
    here = at.here
    prepared = here.promises.prepared
    votes = _votes(at)
    return Situation(
        height=here.height,
        view=here.view,
        active=here.active,
        primary=here.committee.primary(here.view),
        changed=here.changed,
        prepared=None if prepared is None else prepared.header_hash,
        asking=tuple(sorted(who for who, view in votes.asks if view >= here.view)),
        certified=node.catch_up.target,
        donor=node.catch_up.donor,
        clock_trusted=node.clock.trusted(here.committee, now_ms),
        muted=here.muted,
        dropped_count=dropped[0],
        dropped_last=dropped[1],
        awaited=_awaited(node, at, votes),
        votes=votes,
        timers=_timers(node, at, now_ms),
        early=early,
    )


def _votes(at: OpenHeight) -> Votes:
    here = at.here
    mine = here.promises.prepares.get(here.view)
    proposed = mine.header_hash if mine is not None else None
    if proposed is None and here.proposal is not None:
        proposed = here.proposal.header_hash
    asks = {who: here.changes[who].slot.view for who in here.committee if who in here.changes}
    if proposed is None:
        return Votes(None, (), (), tuple(asks.items()))
    return Votes(
        proposed,
        here.votes.voted(Phase.PREPARE, here.view, proposed),
        here.votes.voted(Phase.COMMIT, here.view, proposed),
        tuple(asks.items()),
    )


def _timers(node: Node, at: OpenHeight, now_ms: int) -> Timers:
    proposal = at.here.proposal
    votable_at_ms = 0 if proposal is None else proposal.votable_at_ms
    return Timers(
        node.pacemaker.deadline_ms,
        node.listens_until_ms if node.listens_until_ms > now_ms else None,
        votable_at_ms if votable_at_ms > now_ms else None,
    )


def resting(head: Head, view: View, primary: NodeId, donor: NodeId | None = None) -> Situation:
    """The height above `head` where nothing is open: of whoever takes no part, or has no work.

    Args:
        head: of the chain.
        view: in which the next block would be proposed.
        primary: of that view.
        donor: whose blocks are taken.
    """
    return Situation(
        height=Height(head.height + 1),
        view=view,
        active=True,
        primary=primary,
        changed=0,
        prepared=None,
        asking=(),
        certified=head.height,
        donor=donor,
        clock_trusted=True,
        muted=False,
        dropped_count=0,
        dropped_last="",
        awaited=Awaited(Wait.WORK, 0, (), None),
        votes=Votes(None, (), (), ()),
        timers=Timers(None, None, None),
        early={},
    )


def _awaited(node: Node, at: OpenHeight, votes: Votes) -> Awaited:
    """The first thing that is lacking, in the order in which a height goes through them."""
    here, q = at.here, at.here.committee.q
    since_ms = node.pacemaker.since_ms
    if since_ms is None and node.work:
        since_ms = node.work_since_ms
    if here.delivering or here.judging is not None:
        return Awaited(Wait.EXECUTION, 0, (), since_ms)
    if here.wanted() is not None or node.catch_up.target >= here.height:
        donor = node.catch_up.donor
        return Awaited(Wait.BLOCK, 1, tuple(at.holders()) if donor is None else (donor,), since_ms)

    def lacking(what: Wait, spoken: tuple[NodeId, ...]) -> Awaited:
        silent = tuple(each for each in here.committee if each not in spoken)
        return Awaited(what, q - len(spoken), silent, since_ms)

    primary = here.committee.primary(here.view)
    if not here.active:
        asking = tuple(who for who, view in votes.asks if view >= here.view)
        if len(asking) < q:
            return lacking(Wait.VIEW_CHANGES, asking)
        return Awaited(Wait.NEW_VIEW, 1, (primary,), since_ms)
    if votes.proposed is None:
        if node.work:
            return Awaited(Wait.PROPOSAL, 1, (primary,), since_ms)
        return Awaited(Wait.WORK, 0, (), None)
    if len(votes.prepared) < q:
        return lacking(Wait.PREPARES, votes.prepared)
    return lacking(Wait.COMMITS, votes.committed)
