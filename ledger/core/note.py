"""C2SP signed notes: texts, signature lines under them, and the keys that readers trust.

One value has one spelling: what is parsed is formatted again and compared. A note's text must not
be used before a known key's line was verified. Spec: C2SP signed-note 1.0.0, tlog-cosignature
1.0.1 (``docs/spec/checkpoint.md``).
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import PublicKey
from ledger.core.signing import PUBLIC_KEY_BYTES, check_public_key, verify
from ledger.errors import FormatError, VerificationError

SIGNATURES_MAX: Final = 48
"""Signature lines of one note: a committee of 32, the log, and outside witnesses."""
NOTE_BYTES_MAX: Final = 16 * 1024
KEY_ID_BYTES: Final = 4
TIME_MAX: Final = 2**63 - 1
_SIGNATURE_BYTES: Final = 64
TIME_BYTES: Final = 8
_DASH: Final = "\N{EM DASH} "
_NAME: Final = re.compile("[^+\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""White space is listed, because what languages mean by it differs."""
_NOT_PLAIN: Final = re.compile("[\x00-\x1f\ud800-\udfff]")


class Kind(IntEnum):
    """Signature types of signed-note that are used here."""

    LOG = 0x01
    """Ed25519 over the note's text."""
    COSIGNATURE = 0x04
    """Timestamped Ed25519 cosignature over a checkpoint."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key as readers of notes know it: a name, a type and a public key."""

    name: str
    kind: Kind
    public_key: PublicKey

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def key_id(self) -> bytes:
        """``SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4]``; names a key, proves nothing."""
        body = self.name.encode() + b"\n" + bytes((self.kind,)) + self.public_key
        return sha256(body).digest()[:KEY_ID_BYTES]

    def vkey(self) -> str:
        """The verifier key: ``<name>+<hex key id>+<base64 of type and key>``."""
        material = bytes((self.kind,)) + self.public_key
        return f"{self.name}+{self.key_id.hex()}+{to_base64(material)}"


def parse_vkey(text: str) -> NoteKey:
    """The key that a verifier key spells.

    Raises:
        FormatError: `note.invalid`, also for types and lengths that are not used here.
        VerificationError: `key.weak`.
    """
    name, _, rest = text.partition("+")
    material = from_base64(rest.partition("+")[2], "vkey")
    if len(material) != 1 + PUBLIC_KEY_BYTES or material[0] not in tuple(Kind):
        raise FormatError(Code.NOTE_INVALID, reason="vkey type")
    key = NoteKey(name, Kind(material[0]), check_public_key(material[1:]))
    if key.vkey() != text:
        raise FormatError(Code.NOTE_INVALID, reason="vkey")
    return key


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not verified yet."""

    name: str
    key_id: bytes
    """4 bytes."""
    signature: bytes
    """As the key's type defines it; of unknown length where the key is unknown."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise FormatError(Code.NOTE_INVALID, reason="signature")

    def line(self) -> str:
        """The line without its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}"


def parse_line(line: str) -> NoteSignature:
    """The signature that one line (without newline) spells.

    Raises:
        FormatError: `note.invalid`.
    """
    if not line.startswith(_DASH):
        raise FormatError(Code.NOTE_INVALID, reason="signature line")
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = from_base64(encoded, "signature line")
    signature = NoteSignature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])
    if signature.line() != line:
        raise FormatError(Code.NOTE_INVALID, reason="signature line")
    return signature


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signature lines under it, at most one of each key."""

    text: str
    """Ends with a newline."""
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or not is_plain(self.text.replace("\n", "")):
            raise FormatError(Code.NOTE_INVALID, reason="text")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise FormatError(Code.NOTE_INVALID, reason="signature count")
        if len({(each.name, each.key_id) for each in self.signatures}) != len(self.signatures):
            raise FormatError(Code.NOTE_INVALID, reason="two signatures of one key")

    def format(self) -> bytes:
        """The note's bytes: text, empty line, signature lines."""
        lines = "".join(f"{each.line()}\n" for each in self.signatures)
        return f"{self.text}\n{lines}".encode()


def parse_note(data: bytes) -> Note:
    """The note that `data` spells; its signatures are not judged here.

    Raises:
        FormatError: `note.invalid`.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise FormatError(Code.NOTE_INVALID, reason="size")
    try:
        whole = data.decode()
    except UnicodeDecodeError as problem:
        raise FormatError(Code.NOTE_INVALID, reason="utf-8") from problem
    text, separator, lines = whole.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise FormatError(Code.NOTE_INVALID, reason="no signatures")
    note = Note(text + "\n", tuple(parse_line(line) for line in lines[:-1].split("\n")))
    if note.format() != data:
        raise FormatError(Code.NOTE_INVALID, reason="spelling")
    return note


def verify_signature(text: str, signature: NoteSignature, key: NoteKey) -> int | None:
    """Require that `signature` is `key`'s over `text`.

    Returns:
        The time of a cosignature, in seconds since the epoch; None for a log signature.

    Raises:
        VerificationError: `note.signature`; also where name or key id are another key's.
    """
    if (signature.name, signature.key_id) != (key.name, key.key_id):
        raise VerificationError(Code.NOTE_SIGNATURE, name=signature.name)
    time_bytes = TIME_BYTES if key.kind is Kind.COSIGNATURE else 0
    if len(signature.signature) != time_bytes + _SIGNATURE_BYTES:
        raise VerificationError(Code.NOTE_SIGNATURE, name=key.name)
    message, time_s = text.encode(), None
    if key.kind is Kind.COSIGNATURE:
        time_s = int.from_bytes(signature.signature[:TIME_BYTES])
        if time_s > TIME_MAX:
            raise VerificationError(Code.NOTE_SIGNATURE, name=key.name)
        message = cosigned_message(text, time_s)
    try:
        verify(key.public_key, message, signature.signature[time_bytes:])
    except VerificationError as problem:
        raise VerificationError(Code.NOTE_SIGNATURE, name=key.name) from problem
    return time_s


def cosigned_message(text: str, time_s: int) -> bytes:
    """What a cosignature signs: two lines and the note's text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Verified:
    """One signature line that holds, under a key that the reader trusts."""

    key: NoteKey
    time_s: int | None
    """Time of a cosignature, in seconds since the epoch; None for a log signature."""


def verify_note(note: Note, keys: Iterable[NoteKey]) -> tuple[Verified, ...]:
    """What the known keys say about a note; lines of unknown keys are ignored.

    Args:
        note: parsed, not trusted.
        keys: the keys that the reader trusts.

    Returns:
        One item for each line of a known key, in the note's order: never empty.

    Raises:
        VerificationError: `note.signature` where a known key's line does not hold,
            `note.unknown_key` where no line is of a known key.
    """
    verified = known_lines(note, keys)
    if not verified:
        raise VerificationError(Code.NOTE_UNKNOWN_KEY)
    return verified


def known_lines(note: Note, keys: Iterable[NoteKey]) -> tuple[Verified, ...]:
    """As `verify_note`, where a note may also have no line of a known key: then empty."""
    known = {(key.name, key.key_id): key for key in keys}
    verified = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            verified.append(Verified(key, verify_signature(note.text, signature, key)))
    return tuple(verified)


def _check_name(name: str) -> None:
    """A key name is not empty and has neither spaces nor plus signs."""
    if _NAME.fullmatch(name) is None or not is_plain(name):
        raise FormatError(Code.NOTE_INVALID, reason="key name")


def is_plain(text: str) -> bool:
    """Whether `text` has no control characters and encodes as UTF-8."""
    return _NOT_PLAIN.search(text) is None


def to_base64(data: bytes) -> str:
    """Standard base64, padded."""
    return b64encode(data).decode()


def from_base64(text: str, what: str) -> bytes:
    """The bytes that standard base64 spells; other spellings are caught by formatting again."""
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as problem:
        raise FormatError(Code.NOTE_INVALID, reason=what) from problem
