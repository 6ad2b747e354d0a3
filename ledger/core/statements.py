"""What a key of the committee signs, as anybody can read it again: votes, view changes, heads.

One function spells each body and one reads it; a body that is not exactly of its shape says
nothing, because a key may sign anything. Spec: ``docs/spec/misconduct.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import Slot
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.committee import CommitteeNode
from ledger.core.hashing import Tag
from ledger.core.identifiers import (
    Digest,
    Epoch,
    HeaderHash,
    Height,
    NetworkId,
    PublicKey,
    View,
)
from ledger.core.note import TIME_BYTES, TIME_MAX, NoteSignature, cosigned_message
from ledger.core.shapes import array, digest, integer
from ledger.core.signing import verify
from ledger.errors import FormatError

STATEMENT_BYTES_MAX: Final = 1024
"""Of one body: a view change needs 160, a head its origin and 100."""
VIEW_MAX: Final = 1 << 63
"""Views are compared, never counted up to; the cap leaves room to ask for the next one."""
_COSIGNED_LINES: Final = 2


class Word(StrEnum):
    """Everything that a key of the committee signs and that another word can contradict."""

    PREPARE = "prepare"
    COMMIT = "commit"
    VIEW_CHANGE = "view-change"
    NEW_VIEW = "new-view"
    COSIGNATURE = "cosignature"
    """A head, with the time at which it was the largest that the node had seen."""
    LOG = "log"
    """A head, as the log's own key signs it."""

    @property
    def prefix(self) -> bytes:
        """The bytes before the body: a tag, or nothing where the body carries its own."""
        return b"" if self in HEADS else Tag(self.value).prefix


HEADS: Final = frozenset({Word.COSIGNATURE, Word.LOG})


@dataclass(frozen=True, slots=True)
class Statement:
    """One signed statement, kept as the bytes that anybody can check."""

    word: Word
    body: bytes
    """What is signed, behind `word.prefix`."""
    signature: bytes

    def key(self, node: CommitteeNode) -> PublicKey:
        """The key by which `node` says this."""
        return node.log_key if self.word is Word.LOG else node.node_key

    def verify(self, node: CommitteeNode) -> None:
        """Require that `node` signed it.

        Raises:
            VerificationError: `signature.invalid`.
        """
        verify(self.key(node), self.word.prefix + self.body, self.signature)


@dataclass(frozen=True, slots=True)
class Said:
    """What a statement of one slot says."""

    slot: Slot
    rest: tuple[Digest | int | None, ...]
    """Prepare and Commit: header hash. VIEW-CHANGE: parent header hash, prepared view and header
    hash or None. NEW-VIEW: hash of the set, chosen header hash or None."""


def slot_values(slot: Slot) -> tuple[bytes, int, int, int]:
    """``network id, epoch, height, view``: what the body of every slot begins with."""
    return (slot.network_id, slot.epoch, slot.height, slot.view)


def view_change_body(
    slot: Slot,
    parent: HeaderHash,
    prepared_view: View | None,
    prepared_hash: HeaderHash | None,
) -> bytes:
    """Signed by a VIEW-CHANGE: slot, parent header hash, prepared view and header hash or nil."""
    return encode((*slot_values(slot), parent, prepared_view, prepared_hash))


def new_view_body(slot: Slot, set_hash: Digest, chosen: HeaderHash | None) -> bytes:
    """Signed by a NEW-VIEW: slot, hash of the ordered set, chosen header hash or nil."""
    return encode((*slot_values(slot), set_hash, chosen))


def said_in(statement: Statement) -> Said:
    """What a statement about a slot says.

    Raises:
        FormatError: a `format.*` code where its body is not of the word's shape.
    """
    if statement.word in HEADS:
        raise FormatError(Code.FORMAT_SHAPE, what=statement.word.value)
    decoded = decode(statement.body, STATEMENT_BYTES_MAX)
    items = array(decoded, statement.word.value, _ITEMS[statement.word])
    slot = Slot(
        NetworkId(digest(items[0], "network_id")),
        Epoch(integer(items[1], "epoch")),
        Height(integer(items[2], "height", 1)),
        View(integer(items[3], "view", 0, VIEW_MAX)),
    )
    return Said(slot, _rest(statement.word, items[4:]))


def head_in(statement: Statement) -> Checkpoint:
    """The head that a cosignature or a log signature names; at least one leaf.

    Raises:
        FormatError: `note.invalid`, `format.shape`.
    """
    text = _text_of(statement)
    if statement.word is Word.COSIGNATURE:
        time, text = _time_and_rest(text)
        timely = time.isascii() and time.isdecimal() and len(time) <= len(str(TIME_MAX))
        if not timely or int(time) > TIME_MAX:
            raise FormatError(Code.FORMAT_SHAPE, what="cosignature")
        if cosigned_message(text, int(time)) != statement.body:
            raise FormatError(Code.FORMAT_SHAPE, what="cosignature")
    head = parse_checkpoint(text)
    if head.size == 0:
        raise FormatError(Code.FORMAT_SHAPE, what="size")
    return head


_ITEMS = MappingProxyType({Word.PREPARE: 5, Word.COMMIT: 5, Word.VIEW_CHANGE: 7, Word.NEW_VIEW: 6})


def _rest(word: Word, items: Sequence[Value]) -> tuple[Digest | int | None, ...]:
    named = digest(items[0], "digest")
    match word:
        case Word.VIEW_CHANGE:
            if (items[1] is None) != (items[2] is None):
                raise FormatError(Code.FORMAT_SHAPE, what="prepared")
            view = None if items[1] is None else integer(items[1], "prepared view", 0, VIEW_MAX)
            return named, view, _digest_or_none(items[2])
        case Word.NEW_VIEW:
            return named, _digest_or_none(items[1])
        case _:
            return (named,)


def _digest_or_none(value: Value) -> Digest | None:
    return None if value is None else digest(value, "header hash")


def _text_of(statement: Statement) -> str:
    if statement.word not in HEADS or len(statement.body) > STATEMENT_BYTES_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what=statement.word.value)
    try:
        return statement.body.decode()
    except UnicodeDecodeError as problem:
        raise FormatError(Code.NOTE_INVALID, reason="utf-8") from problem


def _time_and_rest(text: str) -> tuple[str, str]:
    """The time of a cosignature, as spelled, and the note's text below it."""
    parts = text.split("\n", _COSIGNED_LINES)
    if len(parts) <= _COSIGNED_LINES:
        raise FormatError(Code.FORMAT_SHAPE, what="cosignature")
    return parts[1].removeprefix("time "), parts[2]


def statement_of_line(text: str, word: Word, line: NoteSignature) -> Statement:
    """What a signature line under a checkpoint's text states.

    Args:
        text: of the checkpoint.
        word: a cosignature or a log signature, as the line's key says.
        line: of that key, verified by the caller.
    """
    if word is Word.LOG:
        return Statement(word, text.encode(), line.signature)
    time_s = int.from_bytes(line.signature[:TIME_BYTES])
    return Statement(word, cosigned_message(text, time_s), line.signature[TIME_BYTES:])
