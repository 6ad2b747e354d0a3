"""A head as a node of the committee shows it: its log signature, then the cosignatures it keeps.

Whoever follows a node takes the head over to the byte, so that it hands out the same receipts; a
line that is not the committee's would go into them, and is refused. Pure. Spec:
``docs/spec/follow.md``.
"""

from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, cosigner_keys
from ledger.core.epochs import Epochs
from ledger.core.identifiers import NodeId
from ledger.core.note import Kind, Note, NoteKey, parse_note, verify_note
from ledger.errors import VerificationError


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The two parts of a head that was taken over."""

    cosigned: bytes
    """The note with the cosignatures alone, as the node keeps it and as receipts carry it."""
    log_line: str
    """The node's log signature, which `/checkpoint` and tlog-proofs begin with."""


def log_keys(origin: str, epochs: Epochs) -> dict[NoteKey, NodeId]:
    """The keys under which the nodes of any epoch sign the log named `origin`, and whose they are.

    A log signature proves nothing: a node shows old heads under the log key that it has now.
    """
    nodes = (node for committee in epochs.committees for node in committee.nodes)
    return {NoteKey(origin, Kind.LOG, node.log_key): node.node_id for node in nodes}


def kept_of(data: bytes, checkpoint: Checkpoint, epochs: Epochs) -> KeptHead:
    """The parts of the note `data`, which must be of exactly this head.

    Args:
        data: from a node.
        checkpoint: of our own log.
        epochs: of the network, up to that of the head at least.

    Raises:
        FormatError: `note.invalid`.
        VerificationError: `checkpoint.conflict` for another head than ours, `note.signature` for a
            line that does not hold, `note.unknown_key` for a stranger's or one twice,
            `certificate.quorum` for too few.
    """
    note = parse_note(data)
    if note.text != checkpoint.text():
        raise VerificationError(Code.CHECKPOINT_CONFLICT, node="–", size=checkpoint.size)
    first, *others = note.signatures
    verify_note(Note(note.text, (first,)), log_keys(checkpoint.origin, epochs))
    committee = epochs.at_size(checkpoint.size)
    if len(others) < committee.q:
        raise VerificationError(Code.CERTIFICATE_QUORUM, found=len(others), needed=committee.q)
    cosigned = Note(note.text, tuple(others))
    held = verify_note(cosigned, cosigner_keys(checkpoint.origin, committee).values())
    if len({each.key for each in held}) != len(others):
        raise VerificationError(Code.NOTE_UNKNOWN_KEY)
    return KeptHead(cosigned.format(), first.line())
