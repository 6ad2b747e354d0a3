"""Heads of the log: that a committee cosigned one, and that one begins with another.

Pure; raises and never returns a bool. Spec: ``docs/spec/checkpoint.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, cosigner_keys, parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, NodeId
from ledger.core.merkle import verify_consistency
from ledger.core.note import Note, verify_note
from ledger.errors import VerificationError
from ledger.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class Cosigned:
    """One committee node's word that this head was the newest it had seen."""

    node_id: NodeId
    time_s: int
    """By the node's own clock, in seconds since the epoch."""


def check_cosigned(note: Note, origin: str, committee: Committee) -> tuple[Cosigned, ...]:
    """Require that q distinct committee keys cosigned this text.

    Args:
        note: of a head of the log.
        origin: of the log.
        committee: of the epoch that the head is of.

    Returns:
        One item for each committee node that cosigned, in the note's order.

    Raises:
        VerificationError: `note.signature` where the line of a committee key does not hold,
            `note.unknown_key`, `receipt.quorum`.
    """
    keys = cosigner_keys(origin, committee)
    names = {key.name: node_id for node_id, key in keys.items()}
    held = tuple(
        Cosigned(names[each.key.name], each.time_s)
        for each in verify_note(note, keys.values())
        if each.time_s is not None
    )
    if len(held) < committee.q:
        raise VerificationError(Code.RECEIPT_QUORUM, found=len(held), needed=committee.q)
    return held


def verify_head(note: Note, trust: TrustRoot) -> Checkpoint:
    """The head of this network's log in a note that a quorum cosigned.

    Raises:
        FormatError: `note.invalid`.
        VerificationError: `receipt.origin` for another log's, or as `check_cosigned`.
    """
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != trust.origin:
        raise VerificationError(Code.RECEIPT_ORIGIN, found=checkpoint.origin, expected=trust.origin)
    check_cosigned(note, trust.origin, trust.epochs.at_size(checkpoint.size))
    return checkpoint


def verify_extends(old: Checkpoint, new: Checkpoint, path: Sequence[Digest]) -> None:
    """Require that the log at `new` begins with everything that it had at `old`.

    Args:
        old: verified by the caller.
        new: verified by the caller, of the same log and not smaller.
        path: RFC 6962 section 2.1.2, from anyone.

    Raises:
        VerificationError: `receipt.origin`, `proof.consistency`.
    """
    if old.origin != new.origin:
        raise VerificationError(Code.RECEIPT_ORIGIN, found=new.origin, expected=old.origin)
    verify_consistency(old.size, new.size, path, old.root, new.root)
