"""The keys of one node or member, opened from their folder and checked against the genesis."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.failures import CommandError, Exit
from cli.keyfiles import open_key
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
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


def open_node_keys(
    folder: Path, passphrase: bytes, committee: Committee, node_id: NodeId
) -> NodeSigners:
    """The node's signers, which must be those that the committee names.

    Raises:
        CommandError: `node.not_member`, `node.foreign_key`.
        LedgerError: `key.*`.
    """
    if node_id not in committee:
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=node_id)
    place = committee.node(node_id)
    opened = NodeSigners(
        open_key(folder / NODE_KEY_FILE, passphrase), open_key(folder / LOG_KEY_FILE, passphrase)
    )
    for signer, key, file in (
        (opened.node, place.node_key, NODE_KEY_FILE),
        (opened.log, place.log_key, LOG_KEY_FILE),
    ):
        if signer.public_key != key:
            raise CommandError(Exit.USAGE, Code.NODE_FOREIGN_KEY, what=file, node=node_id)
    return opened
