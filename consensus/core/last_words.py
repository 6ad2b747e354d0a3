"""What is said again: a message that was lost must not stop a height.

The last words of the open height are sent at a restart, to a peer that connects, and on a timer;
the bytes are those that were sent before, because they come from what was made durable then. Large
ones go only to peers that have not shown that they hold them.
"""

from collections.abc import Iterator

from consensus.core.agreement import proposal_of
from consensus.core.instance import Instance
from consensus.core.ready import Send
from ledger.core.identifiers import NodeId


def last_words(here: Instance, me: NodeId) -> Iterator[Send]:
    """Everything by which this node has brought the open height to where it is."""
    if not here.active:
        if here.promises.change is not None:
            yield Send(None, here.promises.change)
        return
    heard = here.votes.voters(here.view)
    silent = [node for node in here.committee if node not in heard and node != me]
    new_view = here.new_view
    if new_view is not None and new_view.node == me:
        yield from (Send(node, new_view) for node in silent)
    vote = here.promises.prepares.get(here.view)
    if vote is not None:
        block = here.promises.blocks[vote.header_hash]
        chosen = new_view is not None and new_view.chosen is not None
        if here.committee.primary(here.view) == me and not chosen:
            yield from (Send(node, proposal_of(here, vote, block)) for node in silent)
        yield Send(None, vote)
    commit = here.promises.commits.get(here.view)
    if commit is not None:
        yield Send(None, commit)


def own_words_of(here: Instance, peer: NodeId) -> Iterator[Send]:
    """What a peer has said here beyond where it says it stands: it may have forgotten."""
    if peer in here.committee:
        yield from (Send(peer, vote) for vote in here.votes.of_node(peer))
