"""Proof that whoever enrols a key also holds it: one signature by the new key.

It binds network, member and key, so it can be shown neither on another ledger nor for another
member. Spec: ``docs/spec/signing.md``.
"""

from ledger.core.canonical import encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.signing import Signer, key_id, sign_tagged, verify_tagged


def possession_body(network_id: NetworkId, member: MemberId, public_key: bytes) -> bytes:
    """``[network id, member id, key id]``."""
    return encode((network_id, member, key_id(public_key)))


def prove_possession(signer: Signer, network_id: NetworkId, member: MemberId) -> bytes:
    """The 64-byte signature by which `signer`'s key is enrolled for `member`."""
    body = possession_body(network_id, member, signer.public_key)
    return sign_tagged(signer, Tag.POSSESSION, body)


def verify_possession(
    public_key: bytes, network_id: NetworkId, member: MemberId, signature: bytes
) -> None:
    """Require that `public_key` signed its own enrolment for `member`.

    Raises:
        VerificationError: `signature.invalid`.
    """
    body = possession_body(network_id, member, public_key)
    verify_tagged(public_key, Tag.POSSESSION, body, signature)
