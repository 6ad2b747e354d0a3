"""A node's signed word about a bundle: when it was received, or why it became unfit.

An acknowledgement is a promise outside the ledger: only one with neither entries nor a signed
refusal within the promised time is evidence against the node. Spec: ``docs/spec/bundle.md``.
"""

from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import Digest, HeaderHash, NetworkId, NodeId
from ledger.core.signing import Signer, sign_tagged, verify_tagged


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That `node_id` judged the bundle fit and pooled it at `received_at_ms`."""

    network_id: NetworkId
    node_id: NodeId
    pool_key: Digest
    """``H(tag ‖ header ‖ signature)`` of the bundle."""
    received_at_ms: int
    signature: bytes

    def verify(self, node_key: bytes) -> None:
        """Require the node's signature.

        Raises:
            VerificationError: `signature.invalid`.
        """
        body = encode((self.network_id, self.node_id, self.pool_key, self.received_at_ms))
        verify_tagged(node_key, Tag.ACKNOWLEDGEMENT, body, self.signature)


@dataclass(frozen=True, slots=True)
class SignedRefusal:
    """That a bundle which was acknowledged became unfit on the head `head_hash`."""

    network_id: NetworkId
    node_id: NodeId
    pool_key: Digest
    code: Code
    head_hash: HeaderHash
    signature: bytes

    def verify(self, node_key: bytes) -> None:
        """Require the node's signature.

        Raises:
            VerificationError: `signature.invalid`.
        """
        facts = (self.network_id, self.node_id, self.pool_key, self.code.value, self.head_hash)
        verify_tagged(node_key, Tag.REFUSAL, encode(facts), self.signature)


def acknowledge(
    signer: Signer, network_id: NetworkId, node_id: NodeId, pool_key: Digest, received_at_ms: int
) -> Acknowledgement:
    """Sign that the bundle was received at `received_at_ms`."""
    body = encode((network_id, node_id, pool_key, received_at_ms))
    signature = sign_tagged(signer, Tag.ACKNOWLEDGEMENT, body)
    return Acknowledgement(network_id, node_id, pool_key, received_at_ms, signature)


def refuse(
    signer: Signer,
    network_id: NetworkId,
    node_id: NodeId,
    pool_key: Digest,
    code: Code,
    head_hash: HeaderHash,
) -> SignedRefusal:
    """Sign that the bundle is unfit on `head_hash`, with the stable code of the reason."""
    body = encode((network_id, node_id, pool_key, code.value, head_hash))
    signature = sign_tagged(signer, Tag.REFUSAL, body)
    return SignedRefusal(network_id, node_id, pool_key, code, head_hash, signature)
