"""What the real-estate registry and the sources of addresses keep to themselves in a story.

Owners' salts, which the registry hands to them, and the rows of which a snapshot is the root.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from nacl.utils import random

from ledger.core.batch import document_tree
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.owner import SALT_BYTES, owner_commitment

ROWS: Final = 1291
"""Of each source."""


@dataclass(slots=True)
class Addresses:
    """Salts by owner and address."""

    network_id: NetworkId
    _salts: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def owner(self, what: Sequence[str]) -> dict[str, Value]:
        """A fresh commitment to an owner of an address."""
        owner, address = what
        salt = self._salts[owner, address] = random(SALT_BYTES)
        return {"owner": owner_commitment(self.network_id, address, MemberId(owner), salt)}

    def salt(self, what: Sequence[str]) -> dict[str, Value]:
        """The salt that opens it."""
        owner, address = what
        return {"owner_salt": self._salts[owner, address]}

    def snapshot(self, what: Sequence[str]) -> dict[str, Value]:
        """Root and number of the rows of a source, each with a salt of its own."""
        (source,) = what
        rows = [f"{source} {number} {random(16).hex()}".encode() for number in range(ROWS)]
        tree = document_tree([(sha256(row), len(row)) for row in rows])
        return {"root": tree.root, "count": tree.size}
