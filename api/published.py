"""Published: the checkpoint as the outside world sees it, at most one new one per second.

A cosigned head of the chain, with the node's own log signature above the cosignatures and the lines
of witnesses below. Its size never shrinks, restarts included, because the chain keeps every
cosigned head and a start begins with the newest. Spec: ``docs/spec/checkpoint.md``; C2SP
tlog-checkpoint 1.0.0.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from api.clock import now_ms
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint, sign_log
from ledger.core.identifiers import Height, NodeId
from ledger.core.note import (
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    Note,
    NoteKey,
    NoteSignature,
    parse_line,
    parse_note,
)
from ledger.core.signing import Signer
from ledger.errors import StoreError
from ledger.kept_note import log_keys

INTERVAL_MS: Final = 1_000


class Published:
    """Serves a cosigned head: the newest, or the one that witnesses had their time for."""

    __slots__ = ("_chain", "_height", "_made_ms", "_note", "_signer", "_witnesses")

    def __init__(
        self, chain: Chain, signer: Signer | None, witnesses: Sequence[NoteKey] = ()
    ) -> None:
        """Begin with the newest cosigned head.

        Args:
            chain: whose heads.
            signer: of the log; without one the log signatures are those of the followed nodes.
            witnesses: whose lines a head carries; where there are any, `publish` says when.
        """
        self._chain = chain
        self._signer = signer
        self._witnesses = witnesses
        self._height = chain.cosigned_height
        self._note: bytes | None = None
        self._made_ms = 0

    @property
    def height(self) -> Height:
        """Of the head that is served; 0 before the first."""
        return self._height

    def publish(self, height: Height) -> None:
        """Serve the head at `height` from now on; never a lower one than before."""
        self._height = max(height, self._height)
        self.refresh()

    def refresh(self) -> None:
        """Look again which witnesses cosigned the head that is served."""
        self._note = None

    def note(self) -> bytes:
        """The signed note.

        Raises:
            StoreError: `checkpoint.none` before the first cosigned head.
        """
        if not self._witnesses and self._due():
            self._made_ms = now_ms()
            self.publish(self._chain.cosigned_height)
        if self._note is None:
            self._note = with_lines(self.head(self._height), self._outside()).format()
        return self._note

    def head(self, height: Height) -> Note:
        """The cosigned head at or above `height`, with the log signature above its cosignatures.

        Raises:
            StoreError: `checkpoint.none` where there is none.
        """
        found = self._chain.heads.head_for(height) if height else None
        if found is None:
            raise StoreError(Code.CHECKPOINT_NONE)
        return parse_note(self.signed(found[1]))

    def signed(self, cosigned: bytes) -> bytes:
        """A cosigned head of this chain with the log signature above its cosignatures."""
        note = parse_note(cosigned)
        checkpoint = parse_checkpoint(note.text)
        return Note(note.text, (self._log_line(checkpoint), *note.signatures)).format()

    @property
    def log_node(self) -> NodeId | None:
        """Whose log signature the newest head shows, where it is not this node's own.

        Raises:
            StoreError: `checkpoint.none` before the first cosigned head.
        """
        if self._signer is not None:
            return None
        shown = parse_checkpoint(parse_note(self._chain.checkpoint()).text)
        line = self._log_line(shown)
        keys = log_keys(shown.origin, self._chain.epochs)
        return next(node for key, node in keys.items() if key.key_id == line.key_id)

    def _due(self) -> bool:
        return not self._height or not 0 <= now_ms() - self._made_ms < INTERVAL_MS

    def _outside(self) -> Iterable[NoteSignature]:
        lines = (self._chain.outside.line(key, self._height) for key in self._witnesses)
        return (line for line in lines if line is not None)

    def _log_line(self, checkpoint: Checkpoint) -> NoteSignature:
        if self._signer is not None:
            return sign_log(self._signer, checkpoint.origin, checkpoint)
        line = self._chain.heads.log_line(checkpoint.size)
        if line is None:
            raise StoreError(Code.STORE_DAMAGED, what=f"log_line {checkpoint.size}")
        return parse_line(line)


def with_lines(note: Note, lines: Iterable[NoteSignature]) -> Note:
    """`note` with as many of `lines` below as a note may have; the first ones have precedence."""
    for line in lines:
        if len(note.signatures) == SIGNATURES_MAX:
            break
        longer = Note(note.text, (*note.signatures, line))
        if len(longer.format()) <= NOTE_BYTES_MAX:
            note = longer
    return note
