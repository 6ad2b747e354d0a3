"""What bodies outside the committee say of a receipt's log: later heads, and a reader's policy.

A witness cosigns the head that it saw last, which is seldom the one that a receipt stands on. A
consistency path makes its word count: whoever cosigned a later head has vouched for all that the
earlier one holds. Pure; raises and never returns a bool. Spec: check 8 of ``docs/spec/receipt.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Digest
from ledger.core.note import Note, known_lines, parse_note
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import OutsideHead
from ledger.errors import FormatError, VerificationError
from ledger.heads import verify_extends


@dataclass(frozen=True, slots=True)
class OutsideWord:
    """One later head, decoded and not judged."""

    note: Note
    checkpoint: Checkpoint
    path: tuple[Digest, ...]
    """From the receipt's head to this one."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One body outside the committee that cosigned a head which holds the record."""

    name: str
    """As its key is named, such as ``court.example/witness``."""
    time_ms: int
    """When it cosigned, by its own clock, to the second."""


def outside_words(heads: Sequence[OutsideHead]) -> tuple[OutsideWord, ...]:
    """The heads of a receipt's slot `cosignatures`, decoded.

    Raises:
        FormatError: `note.invalid`, or `receipt.cosignatures` where their sizes do not ascend.
    """
    words = tuple(map(_word, heads))
    if any(later.checkpoint.size <= each.checkpoint.size for each, later in pairwise(words)):
        raise FormatError(Code.RECEIPT_COSIGNATURES, what="order")
    return words


def check_outside(
    note: Note,
    checkpoint: Checkpoint,
    words: Sequence[OutsideWord],
    epochs: Epochs,
    policy: Policy | None,
) -> tuple[Witnessed, ...] | None:
    """Require that every later head follows the receipt's, and that a policy is satisfied.

    Args:
        note: the receipt's checkpoint, which the committee's quorum has been found to cosign.
        checkpoint: in that note.
        words: the later heads.
        epochs: whose nodes are not outside.
        policy: what the reader demands; None: lines of outside bodies are not judged.

    Returns:
        Who outside the committee cosigned, in the policy's order; None without a policy.

    Raises:
        VerificationError: `receipt.origin`, `receipt.cosignatures` for a smaller head,
            `proof.consistency`; with a policy also `note.signature`, `policy.log`, `policy.quorum`.
    """
    for word in words:
        if word.checkpoint.size < checkpoint.size:
            raise VerificationError(Code.RECEIPT_COSIGNATURES, what="size")
        verify_extends(checkpoint, word.checkpoint, word.path)
    if policy is None:
        return None
    found = policy.verify_heads(checkpoint.origin, [note, *(word.note for word in words)])
    inside = {node.node_key for each in epochs.committees for node in each.nodes}
    return tuple(
        Witnessed(witness.key.name, time_s * 1000)
        for witness, time_s in found
        if witness.key.public_key not in inside
    )


def lacking(policy: Policy, receipt: Receipt) -> tuple[str, ...]:
    """The witnesses whose word a receipt lacks for a policy: names as in the policy, in its order.

    Of a group that is there nobody lacks, whoever else is in it.

    Args:
        policy: what the reader demands.
        receipt: verified by the caller without that policy.

    Raises:
        FormatError: `note.invalid`.
        VerificationError: `note.signature`.
    """
    keys = [each.key for each in policy.witnesses]
    texts = [receipt.checkpoint, *(each.checkpoint for each in receipt.cosignatures)]
    notes = [parse_note(text.encode()) for text in texts]
    signers = {line.key for note in notes for line in known_lines(note, keys)}
    there = policy.there(signers)
    groups = {group.name: group.members for group in policy.groups}
    asked, missing = [policy.quorum], set[str]()
    while asked:
        name = asked.pop()
        if name not in there:
            asked += groups.get(name, ())
            missing |= {name} - groups.keys()
    return tuple(each.name for each in policy.witnesses if each.name in missing)


def _word(head: OutsideHead) -> OutsideWord:
    note = parse_note(head.checkpoint.encode())
    return OutsideWord(note, parse_checkpoint(note.text), head.path)
