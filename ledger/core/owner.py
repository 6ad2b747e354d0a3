"""Whose an address is, as a commitment that nobody can guess and the owner can open.

Owners are few and known, so a plain digest of one is found by trying them all; the salt prevents
it. Network and address are bound in, so that one salt serves one address. Spec:
``docs/spec/addresses.md``.
"""

from typing import Final

from ledger.core.canonical import encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, MemberId, NetworkId

SALT_BYTES: Final = 32


def owner_commitment(network_id: NetworkId, address: str, owner: MemberId, salt: bytes) -> Digest:
    """``H(tag ‖ [network, address, owner, salt])``.

    Args:
        network_id: of the ledger.
        address: its code, which is the subject of its records.
        owner: the member that the property belongs to.
        salt: 32 random bytes, which the registry hands to the owner.
    """
    return tagged_hash(Tag.OWNER, encode((network_id, address, owner, salt)))
