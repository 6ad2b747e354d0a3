"""The keys of a node that changes its keys: those of its folder, and those of ``next`` beside them.

Which of them counts is said by the committee in force, at every signature anew; so a node that
renews a key goes on without a restart. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.failures import CommandError, Exit
from cli.keyfiles import open_key
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE, NodeSigners
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId, PublicKey
from ledger.core.signing import Ed25519Signer

NEXT_FOLDER: Final = "next"
"""In the folder of keys, and in that of TLS: what takes over with a committee change."""


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """Every key that a node holds, the present ones first; more may come while it runs."""

    nodes: list[Ed25519Signer]
    logs: list[Ed25519Signer]

    def take(self, file: str, signer: Ed25519Signer) -> None:
        """Hold one more key, of the file of that name, unless it is held already."""
        held = self.nodes if file == NODE_KEY_FILE else self.logs
        if all(each.public_key != signer.public_key for each in held):
            held.append(signer)

    def check(self, committee: Committee, node_id: NodeId) -> None:
        """Require that a node of `committee` holds the keys that it has there.

        Raises:
            CommandError: `node.foreign_key`.
        """
        if node_id not in committee:
            return
        place = committee.node(node_id)
        for signers, key, file in (
            (self.nodes, place.node_key, NODE_KEY_FILE),
            (self.logs, place.log_key, LOG_KEY_FILE),
        ):
            if all(each.public_key != key for each in signers):
                raise CommandError(Exit.USAGE, Code.NODE_FOREIGN_KEY, what=file, node=node_id)


class StandingSigner:
    """Signs with that of a node's keys which the committee in force knows."""

    def __init__(
        self, keys: Sequence[Ed25519Signer], known: Callable[[], PublicKey | None]
    ) -> None:
        self._keys = keys
        self._known = known

    @property
    def public_key(self) -> PublicKey:
        """Of the key that signs now."""
        return self._now().public_key

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""
        return self._now().sign(message)

    def _now(self) -> Ed25519Signer:
        known = self._known()
        return next((each for each in self._keys if each.public_key == known), self._keys[0])


def node_signer_of(
    keys: NodeKeys, own: NodeId, committee: Callable[[], Committee]
) -> StandingSigner:
    """Of the key that votes."""
    return StandingSigner(
        keys.nodes, lambda: committee().node(own).node_key if own in committee() else None
    )


def log_signer_of(
    keys: NodeKeys, own: NodeId, committee: Callable[[], Committee]
) -> StandingSigner:
    """Of the key that signs checkpoints under the origin's name."""
    return StandingSigner(
        keys.logs, lambda: committee().node(own).log_key if own in committee() else None
    )


def open_keys(folder: Path, passphrase: bytes) -> NodeKeys:
    """The keys in the folder of a node; a key that is not renewed is not in ``next``.

    Raises:
        LedgerError: `key.*`.
    """
    here = NodeSigners(
        open_key(folder / NODE_KEY_FILE, passphrase), open_key(folder / LOG_KEY_FILE, passphrase)
    )
    later = {
        name: (open_key(path, passphrase),)
        if (path := folder / NEXT_FOLDER / name).exists()
        else ()
        for name in (NODE_KEY_FILE, LOG_KEY_FILE)
    }
    return NodeKeys([here.node, *later[NODE_KEY_FILE]], [here.log, *later[LOG_KEY_FILE]])
