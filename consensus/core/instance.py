"""One height: everything that is known about it, thrown away whole once it is decided.

Nothing said at one height means anything at another, so each height is one `Instance` and no state
leaks from one to the next. What outlives a height is in `Node`. This file holds state and the two
ways into a view; the rules that act on it are in `agreement` and `view_change`.
"""

from dataclasses import dataclass, field
from typing import Final

from consensus.core.catch_up import CatchUp
from consensus.core.clock_rule import ClockRule, view_changes
from consensus.core.config import Config
from consensus.core.messages import NewView, PayloadAnswer, PrePrepare, ViewChange
from consensus.core.pacemaker import Pacemaker
from consensus.core.promises import Promises
from consensus.core.ready import Outbox
from consensus.core.testimony import Testimony
from consensus.core.votes import VoteBook
from ledger.core.block import Head, Header
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.committee import Committee
from ledger.core.identifiers import HeaderHash, Height, NodeId, View
from ledger.core.signing import Signer

FIRST_VIEW: Final = View(0)


@dataclass(slots=True)
class Node:
    """What outlives a height."""

    config: Config
    signer: Signer
    """Holds the node key that the committee of the open height knows, where this node has it."""
    out: Outbox
    clock: ClockRule
    pacemaker: Pacemaker
    catch_up: CatchUp
    work: bool = False
    """Work waits: a bundle judged fit on the present head, or a due timer."""
    passed_over: bool = False
    """A bundle waits here while later ones of its member were committed."""
    work_since_ms: int = 0
    """When work began to wait at this height: a primary lets a batch gather."""
    listens_until_ms: int = 0
    """No new signature before this time: a restarted node listens for its own first."""
    silenced: bool = False
    """No new signature at any height: another process with this key was seen to run."""
    abstains_until: int = 0
    """No new signature up to this height, 0 for none: what was signed there may be lost."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The block that the present view votes on."""

    header: Header
    header_hash: HeaderHash
    chosen: bool
    """Chosen by NEW-VIEW: judged without clocks, and by all means valid."""
    votable_at_ms: int = 0
    """A fresh block that is ahead of this clock is held until then."""


@dataclass(slots=True)
class Instance:
    """The open height."""

    head: Head
    committee: Committee
    """Certifies this height."""
    promises: Promises
    said: Testimony
    """Every word of this height that is kept."""
    start_view: View
    """Carried from the parent's certificate; a PRE-PREPARE may move it up."""
    view: View
    active: bool = True
    """False once `view` is asked for and until its NEW-VIEW comes."""
    new_view: NewView | None = None
    """What started the present view; None in the view that the height started in."""
    proposal: Proposal | None = None
    proposing: Slot | None = None
    """The slot for which the driver was asked to assemble a block."""
    propose_at_ms: int = 0
    """Not asked again before this time."""
    candidates: dict[HeaderHash, PayloadAnswer] = field(default_factory=dict)
    """Rebuilt blocks that are not durable here: the present proposal, or a decided block."""
    verdicts: dict[HeaderHash, bool] = field(default_factory=dict)
    """Of rebuilt payloads only: a broken copy under a good header poisons nothing."""
    judging: HeaderHash | None = None
    early: dict[NodeId, tuple[int, PrePrepare]] = field(default_factory=dict)
    """Verified proposals of views not entered yet, with their arrival: one per primary."""
    decided: CommitCertificate | None = None
    delivering: bool = False
    muted: bool = False
    """A signature of ours was seen that we do not remember: nothing more is signed here."""

    @property
    def height(self) -> Height:
        """The open height."""
        return Height(self.head.height + 1)

    @property
    def votes(self) -> VoteBook:
        """Every node's votes."""
        return self.said.votes

    @property
    def changes(self) -> dict[NodeId, ViewChange]:
        """The highest view that each node asks for."""
        return self.said.changes

    @property
    def new_views(self) -> dict[NodeId, NewView]:
        """The last verified NEW-VIEW of each primary."""
        return self.said.new_views

    @property
    def changed(self) -> int:
        """View changes at this height so far."""
        return view_changes(self.start_view, self.view)

    @property
    def free(self) -> bool:
        """Whether the primary of the present view may propose a fresh block in it."""
        if not self.active:
            return False
        if self.new_view is None:
            return self.view == self.start_view
        return self.new_view.chosen is None

    def slot(self, view: View) -> Slot:
        """The slot of this height in `view`."""
        return Slot(self.head.network_id, self.committee.epoch, self.height, view)

    def block(self, header_hash: HeaderHash) -> PayloadAnswer | None:
        """The rebuilt block of that header, if it is held."""
        return self.promises.blocks.get(header_hash) or self.candidates.get(header_hash)

    def wanted(self) -> HeaderHash | None:
        """The block that must be fetched: decided, or chosen by NEW-VIEW, and not held."""
        if self.decided is not None:
            hashed = self.decided.header_hash
        elif self.proposal is not None and self.proposal.chosen:
            hashed = self.proposal.header_hash
        else:
            return None
        return hashed if self.block(hashed) is None else None

    def leave_view(self, view: View) -> None:
        """Stop voting below `view` and wait for its NEW-VIEW; what was abandoned is let go."""
        self.view, self.active, self.new_view = view, False, None
        self._forget_proposal()

    def enter_view(self, new_view: NewView) -> None:
        """Follow a verified NEW-VIEW; its chosen block, if any, is what this view votes on."""
        self.view, self.active, self.new_view = new_view.slot.view, True, new_view
        self._forget_proposal()
        if new_view.proof is not None:
            proof = new_view.proof
            self.proposal = Proposal(proof.header, proof.header_hash, chosen=True)

    def move_up(self, view: View) -> None:
        """Start in the view of another node's certificate of the parent."""
        self.start_view = self.view = view
        self.new_view = None
        self._forget_proposal()

    def _forget_proposal(self) -> None:
        self.proposal = self.proposing = None
        self.candidates.clear()


def open_height(config: Config, signer: Signer, committee: Committee, head: Head) -> Instance:
    """The instance of the height above `head`, in the view where it starts.

    The view is that of the certificate by which this node committed the parent: the primary stays
    while it works. At height 1 and at the first height of an epoch it is view 0.
    """
    certificate = head.certificate
    carried = certificate is not None and certificate.slot.epoch == committee.epoch
    start = certificate.slot.view if certificate is not None and carried else FIRST_VIEW
    promises = Promises(config.node_id, signer)
    said = Testimony(committee, VoteBook(committee, config.views_per_node_max))
    return Instance(head, committee, promises, said, start, start)


def may_sign(node: Node, here: Instance, now_ms: int) -> bool:
    """Whether any new signature of this height may leave this node at all."""
    if here.height <= node.abstains_until:
        return False
    if here.delivering or here.muted or node.silenced or now_ms < node.listens_until_ms:
        return False
    return is_member(node, here.committee) and node.catch_up.target < here.height


def is_member(node: Node, committee: Committee) -> bool:
    """Whether this node votes in a committee: by its key, since a name may go to another one."""
    own, key = node.config.node_id, node.signer.public_key
    return own in committee and committee.node(own).node_key == key


def restore(here: Instance) -> None:
    """Take up the view and the votes that the restored promises of this height stand for."""
    promises = here.promises
    for vote in (*promises.prepares.values(), *promises.commits.values()):
        here.votes.add(vote)
    if promises.change is not None:
        here.changes[promises.change.node] = promises.change
    view = promises.view
    if view is None:
        return
    here.view = view
    new_view = promises.new_view
    if new_view is not None and new_view.slot.view == view:
        here.enter_view(new_view)
    elif promises.change is not None and promises.change.slot.view == view:
        here.active = view in promises.prepares
    vote_here = promises.prepares.get(view)
    if vote_here is not None:
        here.verdicts[vote_here.header_hash] = True
