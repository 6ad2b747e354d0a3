"""What a witness of a network's log cosigns: heads of a quorum that only ever grow.

Pure; raises and never returns a bool. A witness that trusted one node's log key could be led onto a
fork by that node, so the committee's quorum stands for the log. Spec: C2SP tlog-witness
(``docs/spec/witness_server.md``).
"""

from hashlib import sha256
from typing import Final

from ledger.codes import Code
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.checkpoint import Checkpoint, cosigner_keys, parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest
from ledger.core.merkle import fold_consistency, verify_consistency
from ledger.core.misconduct import Fault, Grown
from ledger.core.note import Kind, Note, NoteKey, NoteSignature, verify_note
from ledger.errors import FormatError, StoreError, VerificationError
from ledger.forked_heads import faults_of
from ledger.trust import TrustRoot

FORMER_MAX: Final = 16
"""Committees before the present one among which a refused head's cosigners are looked for."""


def origin_hash(origin: str) -> str:
    """The name of a log in a witness's URLs: SHA-256 of its origin, in lower-case hex."""
    return sha256(origin.encode()).hexdigest()


def verified_lines(note: Note, trust: TrustRoot) -> tuple[NoteSignature, ...]:
    """Require that the network's quorum says this text.

    Returns:
        The lines that a witness passes on: one of a node's log key where there is one, and those
        of the committee.

    Raises:
        FormatError: `note.invalid`.
        VerificationError: `note.signature` where a line of a key of the head's committee does not
            hold, `note.unknown_key`, `receipt.quorum`; `witness.epoch` where it is a quorum of a
            committee that had ended before.
    """
    size = parse_checkpoint(note.text).size
    committee = trust.epochs.at_size(size)
    try:
        return _by(note, trust.origin, committee)
    except VerificationError as problem:
        ended = zip(trust.epochs.committees, trust.epochs.ended_at, strict=False)
        former = [(each, at) for each, at in ended if each.epoch < committee.epoch]
        for each, ended_at in reversed(former[-FORMER_MAX:]):
            if _is_by(note, trust.origin, each):
                told = {"epoch": each.epoch, "ended_at": ended_at, "size": size}
                raise VerificationError(Code.WITNESS_EPOCH, **told) from problem
        raise


def _by(note: Note, origin: str, committee: Committee) -> tuple[NoteSignature, ...]:
    """The lines of `verified_lines`, where a committee's quorum says this text."""
    cosigners = set(cosigner_keys(origin, committee).values())
    logs = {NoteKey(origin, Kind.LOG, node.log_key) for node in committee.nodes}
    held = verify_note(note, [*logs, *cosigners])
    found, needed = sum(each.key in cosigners for each in held), committee.q
    if found < needed:
        raise VerificationError(Code.RECEIPT_QUORUM, found=found, needed=needed)
    names = [{(key.name, key.key_id) for key in keys} for keys in (logs, cosigners)]
    signed, cosigned = (
        tuple(line for line in note.signatures if (line.name, line.key_id) in known)
        for known in names
    )
    return (*signed[:1], *cosigned)


def _is_by(note: Note, origin: str, committee: Committee) -> bool:
    """Only to say what is wrong with a head that was refused."""
    try:
        _by(note, origin, committee)
    except VerificationError:
        return False
    return True


def check_not_smaller(request: AddCheckpoint, head: Checkpoint) -> None:
    """Require that a request does not ask for less than it says was there before.

    Raises:
        FormatError: `witness.request`.
    """
    if request.old_size > head.size:
        raise FormatError(Code.WITNESS_REQUEST, reason=f"old {request.old_size} > {head.size}")


def check_next(held: Checkpoint | None, request: AddCheckpoint, head: Checkpoint) -> None:
    """Require that `head` may follow what the witness cosigned last.

    Args:
        held: the last head cosigned; None before the first.
        request: names the head from which its path leads.
        head: what the request's note says, of the same log.

    Raises:
        VerificationError: `witness.size` with the size that is held, `witness.empty`,
            `proof.consistency`.
    """
    size = 0 if held is None else held.size
    if request.old_size != size:
        raise VerificationError(Code.WITNESS_SIZE, old=request.old_size, size=size)
    if head.size == 0:
        raise VerificationError(Code.WITNESS_EMPTY, origin=head.origin)
    if held is not None:
        verify_consistency(held.size, head.size, request.path, held.root, head.root)
    elif request.path:
        # RFC 6962: the empty tree is consistent with any, so there is nothing to prove.
        raise VerificationError(Code.PROOF_CONSISTENCY, reason="length")


def contradictions(held: Note, request: AddCheckpoint, trust: TrustRoot) -> tuple[Fault, ...]:
    """What the last head and one that was refused prove together, whoever conspired.

    Two roots of one size do. Of two sizes the path must say what the larger log had at the smaller
    size: it does, unless that is a power of two, whose root no path repeats.

    Args:
        held: the note of the last head cosigned here, verified.
        request: shows another head of the same log, whose quorum was verified.
        trust: whose keys are known.

    Returns:
        One Fault for each key that signed both; none where nothing is proven.
    """
    ours, shown = parse_checkpoint(held.text), parse_checkpoint(request.note.text)
    follows = request.old_size == ours.size < shown.size
    if (ours.size != shown.size and not follows) or ours == shown:
        return ()

    def how(small: Checkpoint, large: Checkpoint) -> Grown:
        before, _ = fold_consistency(small.size, large.size, request.path, small.root)
        return Grown(Digest(before), request.path)

    try:
        return faults_of(held, request.note, trust, how)
    except VerificationError:
        return ()


def proves_nothing_here(held: Checkpoint, request: AddCheckpoint) -> bool:
    """Whether a refused request may come from another log, and cannot show it.

    Where the size that is held is a power of two, a path leaves the root at that size out; whoever
    verifies puts in the one that he has. From another log's path the other root is not computed.
    """
    shown = parse_checkpoint(request.note.text)
    follows = request.old_size == held.size < shown.size
    return follows and held.size & (held.size - 1) == 0


def held_head(note: Note, key: NoteKey, origin: str) -> tuple[Checkpoint, int]:
    """What a witness finds of its own on its disk: a head, and when it was cosigned (seconds).

    Args:
        note: as kept.
        key: the witness's own.
        origin: of the log that the note is kept for.

    Raises:
        StoreError: `witness.state` where it is another log's.
        FormatError: `note.invalid`.
        VerificationError: `note.signature`, `note.unknown_key`.
    """
    head = parse_checkpoint(note.text)
    if head.origin != origin:
        raise StoreError(Code.WITNESS_STATE, origin=origin, reason=head.origin)
    (own,) = verify_note(note, [key])
    return head, own.time_s or 0
