"""The words of the protocol: one frozen value per kind, and the bytes that each signature covers.

A message is only a claim until `verification` has judged it. Payloads are opaque bytes that ride
beside a message and are covered through the header hash. `repr` of every message is one line, so
that a run is a transcript. PBFT (OSDI '99) §4; spec: ``docs/spec/consensus.md``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ledger.core.block import Header
from ledger.core.canonical import encode
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, HeaderHash, Height, NodeId, View
from ledger.core.statements import new_view_body, slot_values, view_change_body

SignatureOf: TypeAlias = tuple[NodeId, bytes]
"""(node id, its signature), as certificates hold them."""


class Phase(StrEnum):
    """The two votes of a slot."""

    PREPARE = "prepare"
    COMMIT = "commit"

    @property
    def tag(self) -> Tag:
        """The tag under which a vote of this phase is signed."""
        return Tag.PREPARE if self is Phase.PREPARE else Tag.COMMIT


@dataclass(frozen=True, slots=True, repr=False)
class Vote:
    """A Prepare or a Commit: one node's word for one header in one slot."""

    phase: Phase
    slot: Slot
    header_hash: HeaderHash
    node: NodeId
    signature: bytes

    @property
    def body(self) -> bytes:
        """What is signed, after the tag of the phase."""
        return vote_body(self.slot, self.header_hash)

    def __repr__(self) -> str:
        return f"{self.phase.capitalize()} {self.slot} {short(self.header_hash)} by {self.node}"


@dataclass(frozen=True, slots=True, repr=False)
class PrePrepare:
    """The primary's proposal: its Prepare, and what the others need to judge the block."""

    prepare: Vote
    """It *is* the primary's Prepare; nothing else in a PRE-PREPARE is signed."""
    header: Header
    """Hashes to `prepare.header_hash`; the decoder refuses anything else."""
    parent: CommitCertificate | None
    """How the primary committed the parent; None at height 1 only."""
    payload: bytes

    @property
    def slot(self) -> Slot:
        """The slot proposed for."""
        return self.prepare.slot

    def __repr__(self) -> str:
        vote = self.prepare
        name = f"PrePrepare {vote.slot} {short(vote.header_hash)} by {vote.node}"
        return f"{name} ({len(self.payload)} B)"


@dataclass(frozen=True, slots=True, repr=False)
class PreparedCertificate:
    """q Prepares of one slot, the primary's included, and the header they are for."""

    slot: Slot
    header: Header
    header_hash: HeaderHash
    votes: tuple[SignatureOf, ...]
    """In the committee's order, each node once."""

    def __repr__(self) -> str:
        return f"prepared {self.slot} {short(self.header_hash)}"


@dataclass(frozen=True, slots=True, repr=False)
class ViewChange:
    """Asks for the view of `slot`; promises no Prepare and no Commit below it at this height."""

    slot: Slot
    parent: HeaderHash
    """The head that the sender stands on: two chains never share a view change."""
    prepared_view: View | None
    """View of the highest prepared certificate of this height that the sender holds, or None."""
    prepared_hash: HeaderHash | None
    node: NodeId
    signature: bytes
    proof: PreparedCertificate | None
    """Carried, not signed: proves the two fields above. Left out inside a NEW-VIEW."""

    @property
    def body(self) -> bytes:
        """What is signed, after `Tag.VIEW_CHANGE`."""
        return view_change_body(self.slot, self.parent, self.prepared_view, self.prepared_hash)

    def __repr__(self) -> str:
        if self.prepared_view is None or self.prepared_hash is None:
            return f"ViewChange {self.slot} prepared nothing by {self.node}"
        prepared = f"v{self.prepared_view} {short(self.prepared_hash)}"
        return f"ViewChange {self.slot} prepared {prepared} by {self.node}"


@dataclass(frozen=True, slots=True, repr=False)
class NewView:
    """Starts the view of `slot`: the exact set of q view changes, and what follows from it."""

    slot: Slot
    chosen: HeaderHash | None
    """Block of the highest prepared certificate in the set; None leaves the primary free."""
    changes: tuple[ViewChange, ...]
    """q view changes of exactly this height and view, in the committee's order, without proofs."""
    proof: PreparedCertificate | None
    """The one certificate of the chosen block."""
    node: NodeId
    signature: bytes

    @property
    def body(self) -> bytes:
        """What is signed, after `Tag.NEW_VIEW`."""
        return new_view_body(self.slot, set_hash(self.changes), self.chosen)

    def __repr__(self) -> str:
        asked = ",".join(change.node for change in self.changes)
        chosen = "free" if self.chosen is None else short(self.chosen)
        return f"NewView {self.slot} {chosen} from {asked} by {self.node}"


@dataclass(frozen=True, slots=True, repr=False)
class Status:
    """Where a node stands: its open height and view, its head, its clock."""

    slot: Slot
    """Height and view that the sender is at; its head is one below."""
    head_hash: HeaderHash
    clock_ms: int
    node: NodeId
    signature: bytes

    @property
    def body(self) -> bytes:
        """What is signed, after `Tag.STATUS`."""
        return status_body(self.slot, self.head_hash, self.clock_ms)

    def __repr__(self) -> str:
        return f"Status {self.slot} on {short(self.head_hash)} at {self.clock_ms} by {self.node}"


@dataclass(frozen=True, slots=True, repr=False)
class Decided:
    """The small answer to a stale message: a header and the certificate that decided it."""

    header: Header
    certificate: CommitCertificate

    def __repr__(self) -> str:
        return f"Decided {self.certificate.slot} {short(self.certificate.header_hash)}"


@dataclass(frozen=True, slots=True, repr=False)
class PayloadRequest:
    """Asks any holder for the block of one header of the open height."""

    height: Height
    header_hash: HeaderHash

    def __repr__(self) -> str:
        return f"PayloadRequest h{self.height} {short(self.header_hash)}"


@dataclass(frozen=True, slots=True, repr=False)
class PayloadAnswer:
    """A block that somebody holds; it proves itself by its header hash."""

    header: Header
    header_hash: HeaderHash
    payload: bytes

    def __repr__(self) -> str:
        name = f"PayloadAnswer h{self.header.height} {short(self.header_hash)}"
        return f"{name} ({len(self.payload)} B)"


@dataclass(frozen=True, slots=True, repr=False)
class BlocksRequest:
    """Asks one donor for decided blocks, ascending from a height."""

    from_height: Height

    def __repr__(self) -> str:
        return f"BlocksRequest from h{self.from_height}"


@dataclass(frozen=True, slots=True, repr=False)
class CertifiedBlock:
    """A decided block: what `application.commit` takes."""

    header: Header
    payload: bytes
    certificate: CommitCertificate

    def __repr__(self) -> str:
        return f"block {self.certificate.slot} {short(self.certificate.header_hash)}"


@dataclass(frozen=True, slots=True, repr=False)
class Blocks:
    """One bounded chunk of decided blocks, ascending and without a gap."""

    blocks: tuple[CertifiedBlock, ...]

    def __repr__(self) -> str:
        first, last = self.blocks[0].header.height, self.blocks[-1].header.height
        return f"Blocks h{first} to h{last}"


Message: TypeAlias = (
    Vote
    | PrePrepare
    | ViewChange
    | NewView
    | Status
    | Decided
    | PayloadRequest
    | PayloadAnswer
    | BlocksRequest
    | Blocks
)
"""Everything that one replica says to another."""


def set_hash(changes: tuple[ViewChange, ...]) -> Digest:
    """Names exactly these signed view changes in exactly this order."""
    parts = tuple((change.node, change.body, change.signature) for change in changes)
    return tagged_hash(Tag.NEW_VIEW_SET, encode(parts))


def status_body(slot: Slot, head_hash: HeaderHash, clock_ms: int) -> bytes:
    """Signed by a Status: slot, head hash, own clock."""
    return encode((*slot_values(slot), head_hash, clock_ms))


def short(digest: bytes) -> str:
    """The first eight hex digits: enough for people to tell blocks apart."""
    return digest.hex()[:8]
