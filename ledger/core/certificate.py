"""What a vote signs, and the certificate that q commit votes of one single slot make.

The view is signed: commit votes collected from different views never add up, because four nodes are
enough to commit two blocks that way (``docs/spec/certificate.md`` walks through it).
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import decode, encode
from ledger.core.committee import COMMITTEE_MAX, Committee
from ledger.core.hashing import Tag
from ledger.core.identifiers import (
    Epoch,
    HeaderHash,
    Height,
    NetworkId,
    NodeId,
    View,
    check_name,
)
from ledger.core.shapes import array, digest, integer, signature, text, versioned
from ledger.core.signing import verify_tagged
from ledger.errors import FormatError, VerificationError

VERSION: Final = 1
CERTIFICATE_BYTES_MAX: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for one block: every signed message of consensus binds all four."""

    network_id: NetworkId
    epoch: Epoch
    height: Height
    view: View

    def __repr__(self) -> str:
        return f"h{self.height}/v{self.view}"


def vote_body(slot: Slot, header_hash: HeaderHash) -> bytes:
    """What a prepare or a commit signs, after its tag."""
    return encode((slot.network_id, slot.epoch, slot.height, slot.view, header_hash))


@dataclass(frozen=True, slots=True)
class CommitCertificate:
    """q or more commit votes of one slot for one header."""

    slot: Slot
    header_hash: HeaderHash
    votes: tuple[tuple[NodeId, bytes], ...]
    """(node id, signature), in the committee's order, each node once."""

    def encode(self) -> bytes:
        """``["certificate", 1, network id, epoch, height, view, header hash, [[node, sig] …]]``."""
        return encode(
            (
                "certificate",
                VERSION,
                self.slot.network_id,
                self.slot.epoch,
                self.slot.height,
                self.slot.view,
                self.header_hash,
                self.votes,
            )
        )

    def verify(self, network_id: NetworkId, committee: Committee) -> None:
        """Require q distinct, valid commit votes of a network's `committee`.

        Args:
            network_id: of that network; two networks may be served by the same node keys.
            committee: of the epoch that the caller judges.

        Raises:
            VerificationError: `certificate.invalid` for another network or epoch, a stranger, a
                node out of order or twice; `certificate.quorum` for too few; `signature.invalid`.
        """
        if self.slot.network_id != network_id:
            raise VerificationError(Code.CERTIFICATE_INVALID, what="network")
        if self.slot.epoch != committee.epoch:
            raise VerificationError(Code.CERTIFICATE_INVALID, what="epoch")
        if len(self.votes) < committee.q:
            raise VerificationError(
                Code.CERTIFICATE_QUORUM, found=len(self.votes), needed=committee.q
            )
        places = [committee.index(node) for node, _ in self.votes if node in committee]
        if len(places) != len(self.votes) or places != sorted(set(places)):
            raise VerificationError(Code.CERTIFICATE_INVALID, what="voters")
        body = vote_body(self.slot, self.header_hash)
        for node, signed in self.votes:
            verify_tagged(committee.node(node).node_key, Tag.COMMIT, body, signed)


def decode_certificate(data: bytes) -> CommitCertificate:
    """The certificate that `data` spells; its votes are not judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, CERTIFICATE_BYTES_MAX), "certificate", VERSION, 8)
    votes = array(items[7], "votes")
    if len(votes) > COMMITTEE_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what="votes")
    return CommitCertificate(
        Slot(
            NetworkId(digest(items[2], "network_id")),
            Epoch(integer(items[3], "epoch")),
            Height(integer(items[4], "height")),
            View(integer(items[5], "view")),
        ),
        HeaderHash(digest(items[6], "header_hash")),
        tuple(
            (
                NodeId(check_name(text(node, "node_id", 32), "node_id")),
                signature(signed, "signature"),
            )
            for node, signed in (array(vote, "vote", 2) for vote in votes)
        ),
    )
