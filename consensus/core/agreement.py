"""Normal operation of one height: count votes, prepare, commit, decide.

Messages only add to what is known; the rules below are guards over what is known, so the order in
which messages came never matters. Each rule says whether it did something, and the replica applies
them until none does. PBFT (OSDI '99) §4.2; spec: ``docs/spec/consensus.md``.
"""

from consensus.core.instance import Instance, Node, Proposal, may_sign
from consensus.core.messages import (
    CertifiedBlock,
    PayloadAnswer,
    Phase,
    PreparedCertificate,
    PrePrepare,
    Vote,
)
from consensus.core.verification import check_commits, check_pre_prepare, check_vote
from ledger.codes import Code
from ledger.core.certificate import CommitCertificate
from ledger.core.identifiers import NodeId
from ledger.errors import InvariantBroken, VerificationError


class Agreement:
    """Voting at the open height."""

    __slots__ = ("_here", "_node")

    def __init__(self, node: Node, here: Instance) -> None:
        self._node = node
        self._here = here

    def on_vote(self, vote: Vote, peer: NodeId) -> None:
        """A Prepare or a Commit of this height, of whatever view.

        Raises:
            VerificationError: it is not signed by a member.
        """
        here = self._here
        if vote.node not in here.committee or here.votes.known(vote) == vote:
            return
        check_vote(vote, here.committee)
        self._count(vote)
        primary = here.committee.primary(vote.slot.view)
        said = here.votes.said(primary, vote.slot.view)
        if said is not None and said.header_hash != vote.header_hash and vote.node != primary:
            # The two halves of an equivocation meet only if somebody brings them together.
            self._node.out.to(peer, said)

    def on_pre_prepare(self, proposal: PrePrepare) -> bool:
        """The primary's Prepare in its proposal; False where the block does not stand on the head.

        Raises:
            VerificationError: it is not the primary's, or not its own block.
        """
        here, header, slot = self._here, proposal.header, proposal.slot
        if (header.previous, header.height) != (here.head.header_hash, here.height):
            return False
        if (header.network_id, header.epoch) != (slot.network_id, slot.epoch):
            return False
        check_pre_prepare(proposal, here.committee)
        self._count(proposal.prepare)
        return True

    def on_certificate(self, certificate: CommitCertificate) -> None:
        """A certificate of this height: whatever view this node is in, the height is decided.

        Raises:
            VerificationError: it does not hold, or is of another height.
            InvariantBroken: it decides another block than one that holds.
        """
        here = self._here
        if certificate.slot.height != here.height:
            raise VerificationError(Code.CERTIFICATE_INVALID, what="height")
        if here.decided is None:
            check_commits(certificate, here.head.network_id, here.committee)
            self._decided(certificate)
        elif certificate.header_hash != here.decided.header_hash:
            check_commits(certificate, here.head.network_id, here.committee)
            raise InvariantBroken(f"two blocks decided at height {here.height}")

    def decide(self, now_ms: int) -> bool:
        """Q Commits of one slot and the block: deliver."""
        here = self._here
        if here.delivering:
            return False
        if here.decided is None and (found := here.votes.decided()) is not None:
            view, header_hash, votes = found
            self._decided(CommitCertificate(here.slot(view), header_hash, votes))
        if here.decided is None:
            return False
        block = here.block(here.decided.header_hash)
        if block is None:
            return False
        if here.verdicts.get(block.header_hash) is False:
            raise InvariantBroken(f"a decided block judges invalid: {block!r}")
        if block.header.previous != here.head.header_hash:
            raise InvariantBroken(f"a decided block stands on another head: {block!r}")
        here.delivering = True
        self._node.out.deliver = CertifiedBlock(block.header, block.payload, here.decided)
        self._node.pacemaker.pause(now_ms)
        return True

    def prepare(self, now_ms: int) -> bool:
        """A valid block of this view gets this node's Prepare; block and vote are durable first."""
        here, proposal = self._here, self._here.proposal
        if proposal is None or not here.active or here.view in here.promises.prepares:
            return False
        block = here.block(proposal.header_hash)
        if block is None or not here.verdicts.get(proposal.header_hash):
            return False
        if not may_sign(self._node, here, now_ms) or not self._clock_allows(proposal, now_ms):
            return False
        vote, entries = here.promises.prepare(here.slot(here.view), block)
        self._node.out.persist.extend(entries)
        here.votes.add(vote)
        mine = here.committee.primary(here.view) == vote.node and not proposal.chosen
        self._node.out.to_all(proposal_of(here, vote, block) if mine else vote)
        return True

    def commit(self, now_ms: int) -> bool:
        """Prepared: q Prepares of this slot, the primary's included; they are durable first."""
        here, view = self._here, self._here.view
        mine = here.promises.prepares.get(view)
        if mine is None or not here.active or view in here.promises.commits:
            return False
        votes = here.votes.quorum(Phase.PREPARE, view, mine.header_hash)
        block = here.block(mine.header_hash)
        if votes is None or block is None or not may_sign(self._node, here, now_ms):
            return False
        if all(node != here.committee.primary(view) for node, _ in votes):
            return False
        proof = PreparedCertificate(mine.slot, block.header, mine.header_hash, votes)
        vote, entries = here.promises.commit(proof)
        self._node.out.persist.extend(entries)
        here.votes.add(vote)
        self._node.out.to_all(vote)
        return True

    def _clock_allows(self, proposal: Proposal, now_ms: int) -> bool:
        if proposal.chosen:
            return True
        trusted = self._node.clock.trusted(self._here.committee, now_ms)
        return trusted and now_ms >= proposal.votable_at_ms

    def _count(self, vote: Vote) -> None:
        """Take a verified vote in, and hold it against what its node has said before."""
        here = self._here
        if vote.node == self._node.config.node_id and not here.promises.made(vote):
            # Cloned, or restored from an old backup: what else was signed here is unknown.
            here.muted = True
        here.said.vote(vote)
        self._node.out.faults.extend(here.said.take())

    def _decided(self, certificate: CommitCertificate) -> None:
        here = self._here
        here.decided = certificate
        here.said.certificate(certificate)
        self._node.out.faults.extend(here.said.take())
        self._node.catch_up.certified(certificate.slot.height)


def proposal_of(here: Instance, vote: Vote, block: PayloadAnswer) -> PrePrepare:
    """The PRE-PREPARE that a primary's own Prepare of its fresh block is."""
    return PrePrepare(vote, block.header, here.head.certificate, block.payload)
