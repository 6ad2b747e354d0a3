"""What two checkpoints prove together: every key of the committee that signed both, and may not.

Pure. For heads of two sizes somebody must show how the larger log grew; that is checked here and
never believed. Spec: ``docs/spec/misconduct.md``.
"""

from collections.abc import Callable

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.misconduct import Fault, FaultKind, Grown
from ledger.core.note import Note
from ledger.errors import VerificationError
from ledger.signed_heads import signed_heads
from ledger.trust import TrustRoot

HowItGrew = Callable[[Checkpoint, Checkpoint], Grown]
"""Root of the larger head's log at the smaller head's size, and the path between them."""


def faults_of(one: Note, other: Note, trust: TrustRoot, how: HowItGrew) -> tuple[Fault, ...]:
    """The Faults that two notes prove.

    Args:
        one: a signed checkpoint of the network's log.
        other: another.
        trust: whose committee's keys are known.
        how: asked where the sizes differ.

    Returns:
        One for each key that signed both, in the order of the smaller head's lines; at least one.

    Raises:
        FormatError: `note.invalid`.
        VerificationError: `receipt.origin` for another log's head; `note.unknown_key` where no key
            signed both; `fault.none` where one log can have both heads; `proof.consistency`.
    """
    read = [(note, parse_checkpoint(note.text)) for note in (one, other)]
    (_, small), (_, large) = ordered = sorted(read, key=lambda each: each[1].size)
    for head in (small, large):
        if head.origin != trust.origin:
            raise VerificationError(Code.RECEIPT_ORIGIN, found=head.origin, expected=trust.origin)
    grown = None if small.size == large.size else how(small, large)
    signed = [
        {
            (node, each.word): each
            for node, each in signed_heads(note, head, trust.epochs.at_size(head.size))
        }
        for note, head in ordered
    ]
    both = [key for key in signed[0] if key in signed[1]]
    if not both:
        raise VerificationError(Code.NOTE_UNKNOWN_KEY)
    committee = trust.epochs.at_size(small.size)
    found = tuple(
        Fault(
            FaultKind.TWO_HEADS,
            trust.network_id,
            committee.epoch,
            key[0],
            signed[0][key].statement,
            signed[1][key].statement,
            grown,
        )
        for key in both
    )
    for fault in found:
        fault.verify(trust.network_id, committee)
    return found
