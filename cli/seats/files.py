"""The two files that operators hand each other: an invitation for a node, and a node's request.

An invitation says where the nodes listen and by which certificates; a request holds a node's public
keys, with their holder's signatures for one epoch. Nothing secret is in either, and nothing in them
is believed before the ledger's rules have judged it. Spec: ``docs/spec/committee.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cli.settings import address
from consensus.tls import digest_of
from ledger.codes import Code
from ledger.core.committee import CommitteeNode, committee_from
from ledger.core.committee_change import verify_node
from ledger.core.identifiers import Epoch, MemberId, NetworkId, NodeId, PublicKey, check_name
from ledger.core.strict_json import (
    JsonValue,
    base64,
    digest,
    dump,
    integer,
    listing,
    load,
    octets,
    octets_hex,
    table,
    text,
    versioned,
)
from ledger.errors import FormatError

INVITATION: Final = "bidwitness.invitation"
REQUEST: Final = "bidwitness.node-request"
VERSION: Final = 1
FILE_BYTES_MAX: Final = 4 << 20
CERTIFICATE_BYTES_MAX: Final = 2048
PEERS_MAX: Final = 64
_ADDRESS_BYTES_MAX: Final = 128
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:\[\]_-]+")
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_PEER: Final = ("node_id", "address", "certificate")
_NODE: Final = ("node_id", "member_id", "node_key", "log_key", "tls_key_digest")


@dataclass(frozen=True, slots=True)
class InvitedPeer:
    """A node that the joining one will dial."""

    address: str
    certificate: bytes
    """DER."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a node must know to follow a network."""

    trust: bytes
    """The trust root's file, to the byte."""
    epoch: Epoch
    """In force when it was written."""
    peers: Mapping[NodeId, InvitedPeer]

    def encode(self) -> bytes:
        """The invitation as a file."""
        peers = [
            {
                "node_id": peer,
                "address": each.address,
                "certificate": base64(each.certificate),
            }
            for peer, each in self.peers.items()
        ]
        return dump(
            {
                "format": INVITATION,
                "version": VERSION,
                "trust": base64(self.trust),
                "epoch": self.epoch,
                "peers": peers,
            }
        )


def decode_invitation(data: bytes) -> Invitation:
    """The invitation that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    names = ("trust", "epoch", "peers")
    trust, epoch, peers = versioned(load(data, FILE_BYTES_MAX), INVITATION, VERSION, names)
    found: dict[NodeId, InvitedPeer] = {}
    for value in listing(peers, "peers", PEERS_MAX):
        fields = table(value, "peers", _PEER)
        name = NodeId(check_name(text(fields["node_id"], "node_id", 32), "node_id"))
        found[name] = InvitedPeer(
            _address(fields["address"]),
            _certificate(fields["certificate"]),
        )
    return Invitation(octets(trust, "trust", FILE_BYTES_MAX), Epoch(integer(epoch, "epoch")), found)


@dataclass(frozen=True, slots=True)
class NodeRequest:
    """A node as it will stand in the committee, and that its keys are held."""

    network_id: NetworkId
    epoch: Epoch
    """The one that it would begin to vote in."""
    node: CommitteeNode
    address: str
    certificate: bytes
    """DER of what its TLS key travels in."""
    node_possession: bytes
    log_possession: bytes

    def verify(self) -> None:
        """Require that both keys signed the node as it stands here.

        Raises:
            VerificationError: `signature.invalid`.
        """
        proofs = (self.node_possession, self.log_possession)
        verify_node(self.network_id, self.epoch, self.node, *proofs)

    def encode(self) -> bytes:
        """The request as a file."""
        node = self.node
        return dump(
            {
                "format": REQUEST,
                "version": VERSION,
                "network_id": self.network_id.hex(),
                "epoch": self.epoch,
                "node": node_value(node),
                "address": self.address,
                "certificate": base64(self.certificate),
                "node_possession": self.node_possession.hex(),
                "log_possession": self.log_possession.hex(),
            }
        )


def node_value(node: CommitteeNode) -> JsonValue:
    """A node's place as JSON, as the API gives it too."""
    return {
        "node_id": node.node_id,
        "member_id": node.member_id,
        "node_key": node.node_key.hex(),
        "log_key": node.log_key.hex(),
        "tls_key_digest": node.tls_key_digest.hex(),
    }


def node_from(value: JsonValue) -> CommitteeNode:
    """The node that a JSON value spells; weak keys are refused.

    Raises:
        FormatError: a `format.*` code.
        VerificationError: `key.weak`.
    """
    fields = table(value, "node", _NODE)
    row = CommitteeNode(
        NodeId(text(fields["node_id"], "node_id", 32)),
        MemberId(text(fields["member_id"], "member_id", 32)),
        PublicKey(octets_hex(fields["node_key"], "node_key", _KEY_BYTES)),
        PublicKey(octets_hex(fields["log_key"], "log_key", _KEY_BYTES)),
        digest(fields["tls_key_digest"], "tls_key_digest"),
    )
    return committee_from((row.value(),), Epoch(0)).nodes[0]


def decode_request(data: bytes) -> NodeRequest:
    """The request that `data` spells; its signatures are not judged here.

    Raises:
        FormatError: a `format.*` code, `committee.invalid`.
        VerificationError: `key.weak`.
    """
    names = (
        *("network_id", "epoch", "node", "address", "certificate"),
        *("node_possession", "log_possession"),
    )
    given = versioned(load(data, FILE_BYTES_MAX), REQUEST, VERSION, names)
    network, epoch, node, listens, certificate, by_node, by_log = given
    return NodeRequest(
        NetworkId(digest(network, "network_id")),
        Epoch(integer(epoch, "epoch", 1)),
        node_from(node),
        _address(listens),
        _certificate(certificate),
        octets_hex(by_node, "node_possession", _SIGNATURE_BYTES),
        octets_hex(by_log, "log_possession", _SIGNATURE_BYTES),
    )


def _address(value: JsonValue) -> str:
    """Where a node listens; it goes into settings and is dialled, so nothing else may be in it."""
    given = text(value, "address", _ADDRESS_BYTES_MAX)
    if not _ADDRESS.fullmatch(given):
        raise FormatError(Code.FORMAT_SHAPE, what="address")
    try:
        address(given)
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="address") from problem
    return given


def _certificate(value: JsonValue) -> bytes:
    """A certificate with a key that can be pinned, DER."""
    given = octets(value, "certificate", CERTIFICATE_BYTES_MAX)
    try:
        digest_of(given)
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="certificate") from problem
    return given
