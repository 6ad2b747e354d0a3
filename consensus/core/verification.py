"""Judges what a message claims against the committee, before anything is believed.

Each function raises where the claim does not hold and returns nothing where it does. A follower
of a NEW-VIEW recomputes its choice from exactly the carried set, with the same function by which
the primary chose. PBFT (OSDI '99) §4.4; spec: ``docs/spec/consensus.md``.
"""

from collections.abc import Sequence

from consensus.core.messages import (
    NewView,
    PreparedCertificate,
    PrePrepare,
    SignatureOf,
    Status,
    ViewChange,
    Vote,
)
from ledger.codes import Code
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.committee import Committee
from ledger.core.hashing import Tag
from ledger.core.identifiers import HeaderHash, NetworkId, NodeId, PublicKey, View
from ledger.core.signing import verify_tagged
from ledger.errors import VerificationError


def check_vote(vote: Vote, committee: Committee) -> None:
    """Require that the vote's node signed it.

    Raises:
        VerificationError: `certificate.invalid` for a stranger, `signature.invalid`.
    """
    verify_tagged(_key(committee, vote.node), vote.phase.tag, vote.body, vote.signature)


def check_pre_prepare(proposal: PrePrepare, committee: Committee) -> None:
    """Require the primary's own Prepare, for a block that it made itself.

    Raises:
        VerificationError: `certificate.invalid`, `signature.invalid`.
    """
    vote = proposal.prepare
    primary = committee.primary(vote.slot.view)
    _require(vote.node == primary == proposal.header.proposer, "proposer")
    check_vote(vote, committee)


def check_prepared(proof: PreparedCertificate, committee: Committee) -> None:
    """Require q Prepares of one slot, the primary's included.

    Raises:
        VerificationError: `certificate.invalid`, `certificate.quorum`, `signature.invalid`.
    """
    slot, header = proof.slot, proof.header
    _require(slot.epoch == committee.epoch == header.epoch, "epoch")
    _require(slot.height == header.height, "height")
    _require_quorum(proof.votes, committee)
    primary = committee.primary(slot.view)
    _require(any(node == primary for node, _ in proof.votes), "primary")
    body = vote_body(slot, proof.header_hash)
    for node, signed in proof.votes:
        verify_tagged(committee.node(node).node_key, Tag.PREPARE, body, signed)


def check_view_change(change: ViewChange, committee: Committee) -> None:
    """Require the sender's signature, and the certificate of what it reports as prepared.

    Raises:
        VerificationError: `certificate.invalid`, `certificate.quorum`, `signature.invalid`.
    """
    _check_signed(change, committee)
    _check_proof(change.slot, change.prepared_view, change.prepared_hash, change.proof, committee)


def check_new_view(new_view: NewView, committee: Committee) -> None:
    """Require q view changes of exactly this slot, and the choice that follows from them.

    Raises:
        VerificationError: `certificate.invalid`, `certificate.quorum`, `signature.invalid`.
    """
    slot = new_view.slot
    _require(new_view.node == committee.primary(slot.view), "primary")
    key = _key(committee, new_view.node)
    verify_tagged(key, Tag.NEW_VIEW, new_view.body, new_view.signature)
    _require_quorum([(change.node, change.signature) for change in new_view.changes], committee)
    for change in new_view.changes:
        _require(change.slot == slot and change.proof is None, "view change")
        _check_signed(change, committee)
    view, hashed = choice(new_view.changes)
    _require(new_view.chosen == hashed, "choice")
    _check_proof(slot, view, hashed, new_view.proof, committee)


def choice(changes: Sequence[ViewChange]) -> tuple[View | None, HeaderHash | None]:
    """What a NEW-VIEW over `changes` must propose: (prepared view, header hash), or (None, None).

    PBFT (OSDI '99) §4.4: the prepared certificate of the highest view in the set.

    Raises:
        VerificationError: `certificate.invalid` where two blocks are reported for that view; one
            of the two reports is then a lie, and an honest primary has not taken it in.
    """
    views = [change.prepared_view for change in changes if change.prepared_view is not None]
    if not views:
        return None, None
    highest = max(views)
    blocks = {change.prepared_hash for change in changes if change.prepared_view == highest}
    _require(len(blocks) == 1, "choice")
    return highest, blocks.pop()


def check_status(status: Status, committee: Committee) -> None:
    """Require that the status' node signed it.

    Raises:
        VerificationError: `certificate.invalid` for a stranger, `signature.invalid`.
    """
    key = _key(committee, status.node)
    verify_tagged(key, Tag.STATUS, status.body, status.signature)


def check_commits(
    certificate: CommitCertificate, network_id: NetworkId, committee: Committee
) -> None:
    """Require q commit votes of one slot of this network; see `ledger.core.certificate`.

    Raises:
        VerificationError: `certificate.invalid`, `certificate.quorum`, `signature.invalid`.
    """
    certificate.verify(network_id, committee)


def _check_signed(change: ViewChange, committee: Committee) -> None:
    reported, asked = change.prepared_view, change.slot.view
    _require(reported is None or reported < asked, "prepared view")
    key = _key(committee, change.node)
    verify_tagged(key, Tag.VIEW_CHANGE, change.body, change.signature)


def _check_proof(
    slot: Slot,
    view: View | None,
    hashed: HeaderHash | None,
    proof: PreparedCertificate | None,
    committee: Committee,
) -> None:
    """A reported block comes with its certificate, of this height and exactly that view."""
    if view is None or proof is None:
        _require(view is None and proof is None, "proof")
        return
    named = (slot.network_id, slot.epoch, slot.height, view, hashed)
    at = proof.slot
    proven = (at.network_id, at.epoch, at.height, at.view, proof.header_hash)
    _require(named == proven, "proof")
    check_prepared(proof, committee)


def _require_quorum(votes: Sequence[SignatureOf], committee: Committee) -> None:
    """At least q members, each once, in the committee's order."""
    if len(votes) < committee.q:
        raise VerificationError(Code.CERTIFICATE_QUORUM, found=len(votes), needed=committee.q)
    places = [committee.index(node) for node, _ in votes if node in committee]
    _require(len(places) == len(votes) and places == sorted(set(places)), "voters")


def _key(committee: Committee, node: NodeId) -> PublicKey:
    _require(node in committee, "stranger")
    return committee.node(node).node_key


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise VerificationError(Code.CERTIFICATE_INVALID, what=what)
