"""Committee of one epoch: its nodes, their keys, and the only place that computes n, f and q.

q = ⌈(n + f + 1) / 2⌉ is the only quorum: prepares, commits, view changes, cosignatures, approvals.
f + 1 serves only to join a view change, to bound clocks and to collect signed answers. Spec:
``docs/spec/committee.md``; PBFT (Castro & Liskov, OSDI '99) §2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import (
    Digest,
    Epoch,
    MemberId,
    NodeId,
    PublicKey,
    View,
    check_name,
)
from ledger.core.shapes import array, digest, octets, text
from ledger.core.signing import PUBLIC_KEY_BYTES, check_public_key
from ledger.errors import FormatError

COMMITTEE_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class CommitteeNode:
    """One department's node."""

    node_id: NodeId
    member_id: MemberId
    """The organisation that answers for the node."""
    node_key: PublicKey
    """Votes and cosigns."""
    log_key: PublicKey
    """Signs checkpoints under the origin's name: an admission mark that proves nothing."""
    tls_key_digest: Digest
    """SHA-256 of the SubjectPublicKeyInfo of its TLS certificate."""

    def value(self) -> Value:
        """``[node id, member id, node key, log key, TLS key digest]``."""
        return (
            self.node_id,
            self.member_id,
            self.node_key,
            self.log_key,
            self.tls_key_digest,
        )


@dataclass(frozen=True, slots=True)
class Committee:
    """The nodes that certify the blocks of one epoch, in their fixed order."""

    epoch: Epoch
    nodes: tuple[CommitteeNode, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.nodes) <= COMMITTEE_MAX:
            raise FormatError(Code.COMMITTEE_INVALID, what="size")
        names = {node.node_id for node in self.nodes}
        keys = {key for node in self.nodes for key in (node.node_key, node.log_key)}
        pins = {node.tls_key_digest for node in self.nodes}
        if len(names) != self.n or len(keys) != 2 * self.n or len(pins) != self.n:
            raise FormatError(Code.COMMITTEE_INVALID, what="duplicate")

    @property
    def n(self) -> int:
        """Nodes."""
        return len(self.nodes)

    @property
    def f(self) -> int:
        """Byzantine nodes that are survived."""
        return (self.n - 1) // 3

    @property
    def q(self) -> int:
        """The quorum: any two share at least f + 1 nodes."""
        return (self.n + self.f + 2) // 2

    @property
    def weak(self) -> int:
        """Of so many, f + 1, at least one is honest."""
        return self.f + 1

    def primary(self, view: View) -> NodeId:
        """members[view mod n]."""
        return self.nodes[view % self.n].node_id

    def __contains__(self, node_id: object) -> bool:
        return any(node.node_id == node_id for node in self.nodes)

    def __iter__(self) -> Iterator[NodeId]:
        return (node.node_id for node in self.nodes)

    def index(self, node_id: NodeId) -> int:
        """Position of the node in the fixed order.

        Raises:
            FormatError: `committee.invalid` for a stranger.
        """
        for position, node in enumerate(self.nodes):
            if node.node_id == node_id:
                return position
        raise FormatError(Code.COMMITTEE_INVALID, what=node_id)

    def node(self, node_id: NodeId) -> CommitteeNode:
        """The node of that id; raises as `index`."""
        return self.nodes[self.index(node_id)]

    def value(self) -> Value:
        """``[[node id, member id, node key, log key, TLS key digest], …]``."""
        return tuple(node.value() for node in self.nodes)


def committee_from(value: Value, epoch: Epoch) -> Committee:
    """A committee from its canonical array; weak keys are refused here.

    Raises:
        FormatError: `format.shape`, `committee.invalid`.
        VerificationError: `key.weak`.
    """
    return Committee(epoch, tuple(_node(item) for item in array(value, "committee")))


def _node(value: Value) -> CommitteeNode:
    node_id, member_id, node_key, log_key, pin = array(value, "committee node", 5)
    return CommitteeNode(
        NodeId(check_name(text(node_id, "node_id"), "node_id")),
        MemberId(check_name(text(member_id, "member_id"), "member_id")),
        check_public_key(octets(node_key, "node_key", PUBLIC_KEY_BYTES)),
        check_public_key(octets(log_key, "log_key", PUBLIC_KEY_BYTES)),
        digest(pin, "tls_key_digest"),
    )
