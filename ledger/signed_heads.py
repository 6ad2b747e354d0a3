"""Heads with the verified lines of the committee's keys: what each node says of one head.

Pure. Spec: ``docs/spec/misconduct.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.core.checkpoint import Checkpoint, cosigner_keys
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
from ledger.core.note import Kind, Note, NoteKey, NoteSignature, verify_signature
from ledger.core.statements import Statement, Word, statement_of_line
from ledger.errors import VerificationError


@dataclass(frozen=True, slots=True)
class SignedHead:
    """One head, and one key's verified line under it."""

    checkpoint: Checkpoint
    word: Word
    line: NoteSignature

    @property
    def statement(self) -> Statement:
        """What is signed."""
        return statement_of_line(self.checkpoint.text(), self.word, self.line)


def signed_heads(
    note: Note, checkpoint: Checkpoint, committee: Committee
) -> Iterator[tuple[NodeId, SignedHead]]:
    """Every line of a note that a node of the committee signed, node keys and log keys alike.

    Args:
        note: from anybody; lines of others, and lines that do not hold, are left out.
        checkpoint: that its text spells.
        committee: whose keys are known.
    """
    keys: dict[tuple[str, bytes], tuple[NodeId, NoteKey]] = {}
    for node_id, key in cosigner_keys(checkpoint.origin, committee).items():
        keys[key.name, key.key_id] = node_id, key
    for node in committee.nodes:
        key = NoteKey(checkpoint.origin, Kind.LOG, node.log_key)
        keys[key.name, key.key_id] = node.node_id, key
    for line in note.signatures:
        known = keys.get((line.name, line.key_id))
        if known is None:
            continue
        node_id, key = known
        try:
            verify_signature(note.text, line, key)
        except VerificationError:
            continue
        word = Word.LOG if key.kind is Kind.LOG else Word.COSIGNATURE
        yield node_id, SignedHead(checkpoint, word, line)
