"""Where the keys of one node or member lie, and what they are for."""

from dataclasses import dataclass
from typing import Final

from ledger.core.signing import Ed25519Signer

NODE_KEY_FILE: Final = "node.key"
LOG_KEY_FILE: Final = "log.key"
MEMBER_KEY_FILE: Final = "member.key"


@dataclass(frozen=True, slots=True)
class NodeSigners:
    """The two keys of a node."""

    node: Ed25519Signer
    """Votes and cosigns."""
    log: Ed25519Signer
    """Signs checkpoints under the origin's name."""
