"""Witness: the logs that one witness knows, and the last head that it cosigned of each.

Looking at the last head, making the new one durable and answering are one step for each log, so two
requests never both follow the same head, and no crash takes back what was answered. Spec: C2SP
tlog-witness (``docs/spec/witness_server.md``).
"""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Final

import structlog

from consensus.append_file import File
from consensus.evidence import Evidence, EvidenceInMemory
from ledger.codes import Code
from ledger.core.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from ledger.core.checkpoint import Checkpoint, cosign, parse_checkpoint
from ledger.core.misconduct import Fault
from ledger.core.note import Kind, Note, NoteKey, NoteSignature, parse_note
from ledger.core.signing import Signer
from ledger.errors import FormatError, StoreError, VerificationError
from ledger.trust import TrustRoot
from ledger.witnessing import (
    check_next,
    check_not_smaller,
    contradictions,
    held_head,
    origin_hash,
    proves_nothing_here,
    verified_lines,
)

UNPROVEN_MAX: Final = 16
"""Refused heads of one network whose notes are told, in the life of a process."""

_log = structlog.get_logger("witness")


class WitnessedLog:
    """One network's log, as one witness knows it."""

    def __init__(
        self,
        trust: TrustRoot,
        file: File,
        signer: Signer,
        name: str,
        renewed: Callable[[TrustRoot], TrustRoot] = lambda trust: trust,
        evidence: Evidence | None = None,
    ) -> None:
        """Take up what the file holds.

        Args:
            trust: whose quorum stands for the log.
            file: the last note, or nothing; only this object may write it.
            signer: the witness's key.
            name: the witness's key name.
            renewed: makes of the trust root that is held the newer one, where there is one; it may
                know more epochs, and of those that were known the same.
            evidence: keeps what a refused head proves; None: it is forgotten with the process.

        Raises:
            StoreError: `witness.state` where the file does not hold this witness's own word.
        """
        self._trust = trust
        self._renewed = renewed
        self._file = file
        self._signer = signer
        self._key = NoteKey(name, Kind.COSIGNATURE, signer.public_key)
        self._evidence = evidence or EvidenceInMemory()
        self._unproven: set[bytes] = set()
        self._lock = Lock()
        self._head: Checkpoint | None = None
        self._time_s = 0
        self.note = file.read()
        """The last cosigned head with the lines that were verified; empty before the first."""
        if self.note:
            self._take_up()

    @property
    def trust(self) -> TrustRoot:
        """Whose quorum stands for the log now."""
        self._trust = self._renewed(self._trust)
        return self._trust

    @property
    def size(self) -> int:
        """Of the last cosigned head; 0 before the first."""
        return 0 if self._head is None else self._head.size

    def add(
        self,
        request: AddCheckpoint,
        head: Checkpoint,
        lines: Iterable[NoteSignature],
        now_s: Callable[[], int],
    ) -> NoteSignature:
        """Cosign `head` where it may follow the last one; when this returns, that is durable.

        Args:
            request: as it came.
            head: what its note says.
            lines: of the note, verified.
            now_s: the clock, in seconds since the epoch.

        Raises:
            VerificationError: as `check_next`; the last head is the same, and what both prove
                together is kept.
            StoreError: it could not be made durable, and was not answered.
        """
        with self._lock:
            try:
                check_next(self._head, request, head)
            except VerificationError:
                self._keep_contradictions(request)
                raise
            # Time never goes back, though the clock may.
            time_s = max(now_s(), self._time_s)
            line = cosign(self._signer, self._key.name, head, time_s)
            if (head, time_s) == (self._head, self._time_s):
                # The very line that is durable already. Whoever has a head may ask for it again and
                # again, and must not keep the disk from those who have a new one.
                return line
            note = Note(head.text(), (*lines, line)).format()
            self._file.replace(note)
            self._head, self._time_s, self.note = head, time_s, note
            return line

    def _keep_contradictions(self, request: AddCheckpoint) -> None:
        """A refused head may be the other half of a proof, and nobody may ever show it again."""
        if self._head is None:
            return
        if proves_nothing_here(self._head, request):
            self._tell_unproven(self._head, request)
            return
        for fault in contradictions(parse_note(self.note), request, self.trust):
            kept = self._evidence.keep(fault)
            if kept is not None:
                _log.critical("witness.conflict", node=fault.node, size=fault.place[0], file=kept)

    def _tell_unproven(self, held: Checkpoint, request: AddCheckpoint) -> None:
        """Both notes go to the log of the process: who has the larger log can tell what they prove.

        A broken path under an honest head looks the same, so that nobody is accused.
        """
        shown = request.note.format()
        if shown not in self._unproven and len(self._unproven) < UNPROVEN_MAX:
            self._unproven.add(shown)
            notes = {"held": self.note.decode(), "refused": shown.decode()}
            _log.critical("witness.unproven", size=held.size, **notes)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is proven against keys of the committee, also from before the start."""
        return self._evidence.faults

    def _take_up(self) -> None:
        origin = self.trust.origin
        try:
            self._head, self._time_s = held_head(parse_note(self.note), self._key, origin)
        except (FormatError, VerificationError) as problem:
            reason = str(problem)
            raise StoreError(Code.WITNESS_STATE, origin=origin, reason=reason) from problem


class Witness:
    """One witness under one key."""

    def __init__(self, logs: Iterable[WitnessedLog], now_s: Callable[[], int]) -> None:
        """Args:
        logs: of distinct networks.
        now_s: the clock, in seconds since the epoch.
        """
        self._logs: Mapping[str, WitnessedLog] = {each.trust.origin: each for each in logs}
        self._by_hash = {origin_hash(origin): each for origin, each in self._logs.items()}
        self._now_s = now_s

    def add_checkpoint(self, body: bytes) -> bytes:
        """The answer to a request: this witness's signature line.

        Raises:
            FormatError: `witness.request`, `note.invalid`.
            VerificationError: `witness.log` for a log that is not known here; as
                `verified_lines` and `check_next`.
            StoreError: the new head could not be made durable.
        """
        request = parse_add_checkpoint(body)
        head = parse_checkpoint(request.note.text)
        log = self._logs.get(head.origin)
        if log is None:
            raise VerificationError(Code.WITNESS_LOG, origin=head.origin[:200])
        lines = verified_lines(request.note, log.trust)
        check_not_smaller(request, head)
        return f"{log.add(request, head, lines, self._now_s).line()}\n".encode()

    def checkpoint(self, hashed: str) -> bytes:
        """The last cosigned head of the log whose origin hashes to `hashed`, as a note.

        Raises:
            VerificationError: `witness.log`.
            StoreError: `checkpoint.none` where none was cosigned yet.
        """
        log = self._by_hash.get(hashed)
        if log is None:
            raise VerificationError(Code.WITNESS_LOG, origin=hashed[:200])
        if not log.note:
            raise StoreError(Code.CHECKPOINT_NONE)
        return log.note
