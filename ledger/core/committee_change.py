"""What a committee change consists of: one node's step, and what that node signs about itself.

One change adds, removes or replaces one node, or renews keys of one; all others stay as they are,
in their order. Pure; whether a change is allowed is the contracts' to judge. Spec:
``docs/spec/committee.md``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import decode, encode
from ledger.core.committee import Committee, CommitteeNode, committee_from
from ledger.core.hashing import Tag
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, NetworkId, NodeId
from ledger.core.record import Record
from ledger.core.signing import Signer, key_id, sign_tagged, verify_tagged
from ledger.errors import FormatError

PROPOSED_TYPE: Final = "committee.proposed"
CHANGE_TYPE: Final = "committee.change"
DESTROYED_TYPE: Final = "committee.keys_destroyed"
COMMITTEE_BYTES_MAX: Final = 8 * 1024
READY_WITHIN: Final = 1_000
"""A new node has followed the chain to at most so many heights below the closing block."""


class Action(StrEnum):
    """What a change does to the one node it is about."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    ROTATE = "rotate"


@dataclass(frozen=True, slots=True)
class Step:
    """The difference between two committees that follow each other."""

    action: Action
    left: CommitteeNode | None
    """As it stood before; None where a node is added."""
    entered: CommitteeNode | None
    """As it stands now; None where a node is removed."""

    @property
    def about(self) -> CommitteeNode:
        """The node that the step is about: the one that enters, else the one that leaves."""
        found = self.entered or self.left
        if found is None:
            raise FormatError(Code.COMMITTEE_STEP, what="nothing changes")
        return found

    @property
    def keys_left(self) -> tuple[Digest, ...]:
        """The keys that count no more from here on: node key, log key, TLS key, as far as they go.

        Node and log keys by their ids, a TLS key by its digest.
        """
        if self.left is None:
            return ()
        stays = () if self.entered is None else _digests(self.entered)
        return tuple(each for each in _digests(self.left) if each not in stays)

    @property
    def new_node_key(self) -> bool:
        """Whether a key will vote that did not vote before."""
        if self.entered is None:
            return False
        return self.left is None or self.left.node_key != self.entered.node_key


def _digests(node: CommitteeNode) -> tuple[Digest, ...]:
    named = (key_id(key) for key in (node.node_key, node.log_key))
    return (*(Digest(each) for each in named), node.tls_key_digest)


def committee_bytes(committee: Committee) -> bytes:
    """The canonical array of a committee's nodes, as the records of a change hold it."""
    return encode(committee.value())


def decode_committee(data: bytes, epoch: Epoch) -> Committee:
    """The committee of `epoch` that `data` spells; weak keys are refused here.

    Raises:
        FormatError: a `format.*` code, `committee.invalid`.
        VerificationError: `key.weak`.
    """
    return committee_from(decode(data, COMMITTEE_BYTES_MAX), epoch)


def change_from(record: Record) -> Committee | None:
    """The committee that a `committee.change` brings; None for any other record.

    Raises:
        FormatError: a `format.*` code, `committee.invalid`.
        VerificationError: `key.weak`.
    """
    epoch, data = record.fields.get("epoch"), record.fields.get("committee")
    if record.type != CHANGE_TYPE or type(epoch) is not int or type(data) is not bytes:
        return None
    return decode_committee(data, Epoch(epoch))


def step_between(before: Committee, after: Committee) -> Step:
    """The one step from a committee to the next.

    Raises:
        FormatError: `committee.step` where nothing changes, more than one node does, or the order
            of those that stay.
    """
    old, new = before.nodes, after.nodes
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    if len(new) == len(old) + 1 and same == len(old):
        return Step(Action.ADD, None, new[-1])
    if len(new) == len(old) - 1 and old[same + 1 :] == new[same:]:
        return Step(Action.REMOVE, old[same], None)
    if len(new) == len(old) and same < len(old) and old[same + 1 :] == new[same + 1 :]:
        renewed = old[same].node_id == new[same].node_id
        return Step(Action.ROTATE if renewed else Action.REPLACE, old[same], new[same])
    raise FormatError(Code.COMMITTEE_STEP, what="nothing changes" if old == new else "too much")


def node_body(network_id: NetworkId, epoch: Epoch, node: CommitteeNode) -> bytes:
    """What a node's keys sign to be enrolled: ``[network id, epoch, node]``."""
    return encode((network_id, epoch, node.value()))


def prove_node(signer: Signer, network_id: NetworkId, epoch: Epoch, node: CommitteeNode) -> bytes:
    """The signature by which one of a node's two keys is enrolled, together with all the others."""
    return sign_tagged(signer, Tag.NODE, node_body(network_id, epoch, node))


def verify_node(
    network_id: NetworkId,
    epoch: Epoch,
    node: CommitteeNode,
    signed_by_node_key: bytes,
    signed_by_log_key: bytes,
) -> None:
    """Require that a node's node key and log key both signed the node as it will stand.

    Raises:
        VerificationError: `signature.invalid`.
    """
    body = node_body(network_id, epoch, node)
    verify_tagged(node.node_key, Tag.NODE, body, signed_by_node_key)
    verify_tagged(node.log_key, Tag.NODE, body, signed_by_log_key)


@dataclass(frozen=True, slots=True)
class Ready:
    """A new node's word that it holds the chain up to a block, ready to vote in an epoch."""

    network_id: NetworkId
    epoch: Epoch
    """The one that it will vote in."""
    node_id: NodeId
    height: Height
    header_hash: HeaderHash

    def body(self) -> bytes:
        """``[network id, epoch, node id, height, header hash]``."""
        return encode((self.network_id, self.epoch, self.node_id, self.height, self.header_hash))

    def sign(self, signer: Signer) -> bytes:
        """The signature of the node's key."""
        return sign_tagged(signer, Tag.READY, self.body())

    def verify(self, node_key: bytes, signature: bytes) -> None:
        """Require the signature of the node's key.

        Raises:
            VerificationError: `signature.invalid`.
        """
        verify_tagged(node_key, Tag.READY, self.body(), signature)
