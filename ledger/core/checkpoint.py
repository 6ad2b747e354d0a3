"""C2SP checkpoints: the log's head as a note that the log signs and the committee cosigns.

A checkpoint here never has extension lines, and the head of an empty log is never cosigned. Spec:
C2SP tlog-checkpoint 1.0.0, tlog-cosignature 1.0.1 (``docs/spec/checkpoint.md``).
"""

from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import DIGEST_BYTES, Digest, NodeId
from ledger.core.merkle import SIZE_MAX
from ledger.core.note import (
    TIME_BYTES,
    TIME_MAX,
    Kind,
    NoteKey,
    NoteSignature,
    cosigned_message,
    from_base64,
    is_plain,
    to_base64,
)
from ledger.core.signing import Signer
from ledger.errors import FormatError, InvariantBroken


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree head of one log."""

    origin: str
    """Names the log: one line."""
    size: int
    """Leaves."""
    root: Digest

    def __post_init__(self) -> None:
        if not self.origin or not is_plain(self.origin):
            raise FormatError(Code.NOTE_INVALID, reason="origin")
        if not 0 <= self.size <= SIZE_MAX or len(self.root) != DIGEST_BYTES:
            raise FormatError(Code.NOTE_INVALID, reason="checkpoint")

    def text(self) -> str:
        """The note's text: three lines, each with its newline."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text spells; extension lines are refused.

    Raises:
        FormatError: `note.invalid`.
    """
    lines = text.split("\n")
    if len(lines) != 4 or not lines[1].isdecimal() or len(lines[1]) > len(str(SIZE_MAX)):
        raise FormatError(Code.NOTE_INVALID, reason="checkpoint")
    checkpoint = Checkpoint(lines[0], int(lines[1]), Digest(from_base64(lines[2], "root")))
    if checkpoint.text() != text:
        raise FormatError(Code.NOTE_INVALID, reason="checkpoint")
    return checkpoint


def sign_log(signer: Signer, name: str, checkpoint: Checkpoint) -> NoteSignature:
    """The log's own signature (type 0x01) over a checkpoint; `name` is its origin."""
    key = NoteKey(name, Kind.LOG, signer.public_key)
    return NoteSignature(name, key.key_id, signer.sign(checkpoint.text().encode()))


def cosign(signer: Signer, name: str, checkpoint: Checkpoint, time_s: int) -> NoteSignature:
    """A cosignature (type 0x04): at `time_s` this was the largest head the signer had seen.

    Raises:
        InvariantBroken: the head of an empty log, or a time that the format cannot say.
    """
    if checkpoint.size == 0 or not 0 <= time_s <= TIME_MAX:
        raise InvariantBroken(f"cosigning size {checkpoint.size} at {time_s}")
    key = NoteKey(name, Kind.COSIGNATURE, signer.public_key)
    signature = signer.sign(cosigned_message(checkpoint.text(), time_s))
    return NoteSignature(name, key.key_id, time_s.to_bytes(TIME_BYTES) + signature)


def cosigner_name(origin: str, node_id: NodeId) -> str:
    """The key name under which a committee node cosigns."""
    return f"{origin}/{node_id}"


def cosigner_keys(origin: str, committee: Committee) -> dict[NodeId, NoteKey]:
    """The keys under which the nodes of `committee` cosign the log named `origin`."""
    return {
        node.node_id: NoteKey(cosigner_name(origin, node.node_id), Kind.COSIGNATURE, node.node_key)
        for node in committee.nodes
    }
