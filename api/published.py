"""Published: the checkpoint as the outside world sees it, at most one new one per second.

The chain's newest cosigned head, with the node's own log signature above the cosignatures. Its size
never shrinks, restarts included, because the chain keeps every cosigned head. Spec:
``docs/spec/checkpoint.md``; C2SP tlog-checkpoint 1.0.0.
"""

from typing import Final

from api.clock import now_ms
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint, sign_log
from ledger.core.identifiers import NodeId
from ledger.core.note import Note, NoteSignature, parse_line, parse_note
from ledger.core.signing import Signer
from ledger.errors import StoreError
from ledger.kept_note import log_keys

INTERVAL_MS: Final = 1_000


class Published:
    """Serves the newest cosigned head."""

    __slots__ = ("_chain", "_made_ms", "_note", "_signer")

    def __init__(self, chain: Chain, signer: Signer | None) -> None:
        """Without a signer, the log signatures are those of the nodes that are followed."""
        self._chain = chain
        self._signer = signer
        self._note: bytes | None = None
        self._made_ms = 0

    def note(self) -> bytes:
        """The signed note.

        Raises:
            StoreError: `checkpoint.none` before the first cosigned head.
        """
        elapsed_ms = now_ms() - self._made_ms
        if self._note is None or not 0 <= elapsed_ms < INTERVAL_MS:
            self._note, self._made_ms = self.signed(self._chain.checkpoint()), now_ms()
        return self._note

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
        line, committee = self._log_line(shown), self._chain.committee
        keys = log_keys(shown.origin, committee)
        named = zip(committee, keys, strict=True)
        return next(node for node, key in named if key.key_id == line.key_id)

    def _log_line(self, checkpoint: Checkpoint) -> NoteSignature:
        if self._signer is not None:
            return sign_log(self._signer, checkpoint.origin, checkpoint)
        line = self._chain.heads.log_line(checkpoint.size)
        if line is None:
            raise StoreError(Code.STORE_DAMAGED, what=f"log_line {checkpoint.size}")
        return parse_line(line)
