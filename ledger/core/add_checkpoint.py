"""AddCheckpoint: what a log asks of a witness, as the body of a C2SP tlog-witness request.

An old size, a consistency path from there, and the new head as a note. One value has one spelling;
nothing is judged here. Spec: C2SP tlog-witness (``docs/spec/witness_server.md``).
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.core.merkle import SIZE_MAX
from ledger.core.note import NOTE_BYTES_MAX, Note, from_base64, parse_note, to_base64
from ledger.errors import FormatError

PATH_MAX: Final = 63
"""Hashes of a path: enough for any two sizes."""
_LINE_MAX: Final = 45
"""Bytes of one path line with its newline; no old size line is longer."""
BODY_BYTES_MAX: Final = (1 + PATH_MAX) * _LINE_MAX + 1 + NOTE_BYTES_MAX
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One request."""

    old_size: int
    """Of the head that the witness is said to have cosigned last; 0 where there is none."""
    path: tuple[Digest, ...]
    """RFC 6962 section 2.1.2, from the old size to the note's; empty from 0."""
    note: Note
    """The new head with the signatures of its log, not verified."""

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= SIZE_MAX:
            raise FormatError(Code.WITNESS_REQUEST, reason="old size")
        if len(self.path) > PATH_MAX or any(len(each) != DIGEST_BYTES for each in self.path):
            raise FormatError(Code.WITNESS_REQUEST, reason="path")

    def format(self) -> bytes:
        """The body: old size line, path lines, an empty line, the note."""
        lines = [f"old {self.old_size}", *map(to_base64, self.path), "", ""]
        return "\n".join(lines).encode() + self.note.format()


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """The request that a body spells.

    Raises:
        FormatError: `witness.request`; `note.invalid` for what follows the empty line.
    """
    if len(data) > BODY_BYTES_MAX:
        raise FormatError(Code.WITNESS_REQUEST, reason="size")
    head, separator, note = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise FormatError(Code.WITNESS_REQUEST, reason="empty line")
    first, *lines = head.decode().split("\n")
    old = _OLD.fullmatch(first)
    if old is None:
        raise FormatError(Code.WITNESS_REQUEST, reason="old size")
    path = tuple(map(_hash, lines))
    request = AddCheckpoint(int(old[1]), path, parse_note(note))
    if request.format() != data:
        raise FormatError(Code.WITNESS_REQUEST, reason="spelling")
    return request


def _hash(line: str) -> Digest:
    try:
        return Digest(from_base64(line, "path"))
    except FormatError as problem:
        raise FormatError(Code.WITNESS_REQUEST, reason="path") from problem
