"""What the nodes have said at one height, each new word held against the words before.

Nothing here decides anything: votes are counted by `votes`, and what contradicts is handed over as
a Fault. A height that is decided goes on being listened to for a while (`ClosedHeights`), because
the second half of a contradiction may come when nobody needs it any more. Spec:
``docs/spec/misconduct.md``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from consensus.core.fault import forgotten_commit, two_new_views, two_votes
from consensus.core.messages import (
    NewView,
    Phase,
    PreparedCertificate,
    PrePrepare,
    ViewChange,
    Vote,
)
from consensus.core.verification import (
    check_new_view,
    check_pre_prepare,
    check_view_change,
    check_vote,
)
from consensus.core.votes import VoteBook
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.identifiers import Height, NodeId
from ledger.core.misconduct import Fault, FaultKind

HEIGHTS_MAX: Final = 16
"""Decided heights that are still listened to: what travels is seconds old, and a replay older."""

Accuse = Callable[[Fault | None], None]
"""Hands over evidence; None is none."""


@dataclass(slots=True)
class Testimony:
    """Every word of one height that is kept. All of it was verified."""

    committee: Committee
    votes: VoteBook
    changes: dict[NodeId, ViewChange] = field(default_factory=dict)
    """The highest view that each node asks for: one message kept per sender."""
    new_views: dict[NodeId, NewView] = field(default_factory=dict)
    """The last verified NEW-VIEW of each primary."""
    accused: set[tuple[FaultKind, NodeId]] = field(default_factory=set)
    found: list[Fault] = field(default_factory=list)
    """Evidence that nobody has taken yet."""

    def vote(self, vote: Vote) -> bool:
        """Take a verified vote in; False where its node had spoken in that phase and slot."""
        known = self.votes.known(vote)
        if known is not None:
            self._accuse(two_votes(known, vote))
            return False
        self.votes.add(vote)
        change = self.changes.get(vote.node)
        if change is not None:
            self._accuse(forgotten_commit(vote, change))
        return True

    def change(self, change: ViewChange) -> None:
        """Take a verified VIEW-CHANGE in, and the Prepares that it brings."""
        self.changes[change.node] = change
        self._hold_against_commits(change)
        self._hold_proof(change.proof)

    def new_view(self, new_view: NewView) -> None:
        """Take a verified NEW-VIEW in, with everything that is signed inside it."""
        known = self.new_views.get(new_view.node)
        if known is not None:
            self._accuse(two_new_views(known, new_view))
        self.new_views[new_view.node] = new_view
        for change in new_view.changes:
            self._hold_against_commits(change)
        self._hold_proof(new_view.proof)

    def certificate(self, certificate: CommitCertificate) -> None:
        """Hold the Commits of a verified certificate against what their nodes said."""
        self._hold(_commits(certificate))

    def take(self) -> list[Fault]:
        """The evidence since the last call: once per height, kind and node."""
        found, self.found = self.found, []
        return found

    def _hold_proof(self, proof: PreparedCertificate | None) -> None:
        if proof is not None:
            self._hold(
                Vote(Phase.PREPARE, proof.slot, proof.header_hash, node, signed)
                for node, signed in proof.votes
            )

    def _hold(self, votes: Iterable[Vote]) -> None:
        """Verified votes that count elsewhere: they are compared, and change nothing here."""
        for vote in votes:
            known = self.votes.known(vote)
            if known is not None:
                self._accuse(two_votes(known, vote))

    def _hold_against_commits(self, change: ViewChange) -> None:
        for vote in self.votes.of_node(change.node):
            if vote.phase is Phase.COMMIT:
                self._accuse(forgotten_commit(vote, change))

    def _accuse(self, fault: Fault | None) -> None:
        if fault is None or (fault.kind, fault.node) in self.accused:
            return
        self.accused.add((fault.kind, fault.node))
        self.found.append(fault)


def recalled(committee: Committee, certificate: CommitCertificate, views_max: int) -> Testimony:
    """What is known of a decided height after a restart: the Commits that the chain keeps.

    Args:
        committee: of the certificate's epoch.
        certificate: of a block that is stored here, and therefore verified.
        views_max: views of which votes of one node are kept.
    """
    testimony = Testimony(committee, VoteBook(committee, views_max))
    for vote in _commits(certificate):
        testimony.votes.add(vote)
    return testimony


def _commits(certificate: CommitCertificate) -> Iterator[Vote]:
    for node, signed in certificate.votes:
        yield Vote(Phase.COMMIT, certificate.slot, certificate.header_hash, node, signed)


class ClosedHeights:
    """The last decided heights, which nothing can change any more, and what is said of them yet."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[Height, Testimony] = {}

    def close(self, height: Height, testimony: Testimony) -> None:
        """Go on listening to a height that is decided now; the oldest is let go."""
        self._of[height] = testimony
        while len(self._of) > HEIGHTS_MAX:
            del self._of[min(self._of)]

    def hear(self, message: Vote | PrePrepare | ViewChange | NewView) -> list[Fault]:
        """What a late word proves, beside what its node said at that height.

        Raises:
            VerificationError: it is not signed as it claims; it proves nothing.
        """
        testimony = self._of.get(message.slot.height)
        if testimony is None or message.slot.epoch != testimony.committee.epoch:
            return []
        committee = testimony.committee
        match message:
            case PrePrepare(prepare=vote):
                if vote.node in committee and testimony.votes.known(vote) != vote:
                    check_pre_prepare(message, committee)
                    testimony.vote(vote)
            case Vote():
                if message.node in committee and testimony.votes.known(message) != message:
                    check_vote(message, committee)
                    testimony.vote(message)
            case ViewChange(node=node):
                known = testimony.changes.get(node)
                if known is None or known.slot.view < message.slot.view:
                    check_view_change(message, committee)
                    testimony.change(message)
            case NewView(node=node):
                if testimony.new_views.get(node) != message:
                    check_new_view(message, committee)
                    testimony.new_view(message)
        return testimony.take()
