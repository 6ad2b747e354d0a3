"""What a witness certificate commits to: the records that it lists, node by node.

Whoever holds the list recomputes the digest; nobody can show two lists under one certificate. Spec:
``docs/spec/witness.md``.
"""

from collections.abc import Sequence
from typing import TypeAlias

from ledger.core.canonical import encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, RecordId

ListedNode: TypeAlias = tuple[Sequence[str], Sequence[RecordId]]
"""Types of a node in the profile's order, and its records in effective order."""


def nodes_digest(profile: str, version: int, nodes: Sequence[ListedNode]) -> Digest:
    """``H(tag ‖ [profile, version, [[[type …], [record id …]] …]])``.

    Args:
        profile: key of the profile.
        version: its version.
        nodes: every mandatory node, in the profile's order.
    """
    listed = tuple((tuple(types), tuple(ids)) for types, ids in nodes)
    return tagged_hash(Tag.WITNESS, encode((profile, version, listed)))
