"""The parts of a receipt that prove one thing each: a bundle, a key, a seal, a later head.

Holds and spells, like `receipt`, of which these are slots. Spec: ``docs/spec/receipt.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.core.bundle import HEADER_BYTES_MAX
from ledger.core.entry import ENTRY_BYTES_MAX
from ledger.core.identifiers import Digest, LogIndex
from ledger.core.note import NOTE_BYTES_MAX
from ledger.core.shapes import SIGNATURE_BYTES
from ledger.core.status import ROW_BYTES_MAX
from ledger.core.strict_json import (
    JsonValue,
    base64,
    integer,
    listing,
    octets,
    octets_hex,
    path,
    path_value,
    table,
    text,
)
from ledger.core.time_stamp import TOKEN_BYTES_MAX

RECORD_BYTES_MAX: Final = 256 * 1024
"""No network may allow larger records; its own parameter is judged with the trust root."""
OUTSIDE_HEADS_MAX: Final = 8
"""Heads that bodies outside the committee cosigned, in one receipt."""
STAMPED_HEADS_MAX: Final = 8
"""Heads that time stamping authorities stamped, in one receipt."""
CHECKPOINT_BYTES_MAX: Final = 512
"""The three lines of a head without signatures."""


@dataclass(frozen=True, slots=True)
class BundlePart:
    """The bundle that brought the record, without its other records."""

    header: bytes
    """Canonical header array."""
    signature: bytes
    """64 bytes, by the key that the header names."""
    index: int
    """The place of the record that the entry stands for, in the bundle."""
    path: tuple[Digest, ...]
    """From the leaf ``["record", record id]`` to the header's `records_root`."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The status row of the key that signed a bundle; issuer and key id name it."""

    row: bytes
    """Canonical value of the row."""
    index: int
    """Among the rows after the head's block."""
    path: tuple[Digest, ...]
    """From the row's leaf to the `status_root` in the head's last leaf."""


@dataclass(frozen=True, slots=True)
class SealedPart:
    """How a record came out of a seal: its opening, its commitment, and its author's key."""

    opening: bytes
    """Canonical bytes of the opening, which carries inner bundle, record and salt."""
    commitment: bytes
    """Canonical bytes of the commitment that it opens."""
    entry: bytes
    """The data of the commitment's leaf in the log."""
    index: LogIndex
    """Where that leaf stands: the record's effective position."""
    path: tuple[Digest, ...]
    """From that leaf to the head's root."""
    key: KeyPart
    """Of the key that signed the inner bundle, under the head's `status_root`."""


@dataclass(frozen=True, slots=True)
class OutsideHead:
    """A head of the log, at or above the receipt's, that bodies outside the committee cosigned."""

    checkpoint: str
    """A signed note, verbatim."""
    path: tuple[Digest, ...]
    """RFC 6962 section 2.1.2, from the size of the receipt's checkpoint to this one's."""


@dataclass(frozen=True, slots=True)
class StampedHead:
    """A head of the log, at or above the receipt's, that a time stamping authority stamped."""

    checkpoint: str
    """The text of a note, without signatures: its SHA-256 is what was stamped."""
    path: tuple[Digest, ...]
    """As in `OutsideHead`."""
    token: bytes
    """RFC 3161 `TimeStampToken`, DER."""


def bundle_part_value(part: BundlePart | None) -> JsonValue:
    """The slot `bundle`."""
    if part is None:
        return None
    return {
        "header": base64(part.header),
        "signature": part.signature.hex(),
        "index": part.index,
        "path": path_value(part.path),
    }


def bundle_part_from(value: JsonValue) -> BundlePart | None:
    """What the slot `bundle` spells; raises `format.*`."""
    if value is None:
        return None
    fields = table(value, "bundle", ("header", "signature", "index", "path"))
    return BundlePart(
        octets(fields["header"], "bundle.header", HEADER_BYTES_MAX),
        octets_hex(fields["signature"], "bundle.signature", SIGNATURE_BYTES),
        integer(fields["index"], "bundle.index"),
        path(fields["path"], "bundle.path"),
    )


def key_part_value(part: KeyPart | None) -> JsonValue:
    """The slot `key`."""
    if part is None:
        return None
    return {"row": base64(part.row), "index": part.index, "path": path_value(part.path)}


def key_part_from(value: JsonValue) -> KeyPart | None:
    """What the slot `key` spells; raises `format.*`."""
    return None if value is None else _key(value, "key")


def sealed_part_value(part: SealedPart | None) -> JsonValue:
    """The slot `sealed`."""
    if part is None:
        return None
    return {
        "opening": base64(part.opening),
        "commitment": {
            "record": base64(part.commitment),
            "leaf": base64(part.entry),
            "index": part.index,
            "path": path_value(part.path),
        },
        "key": key_part_value(part.key),
    }


def sealed_part_from(value: JsonValue) -> SealedPart | None:
    """What the slot `sealed` spells; raises `format.*`."""
    if value is None:
        return None
    fields = table(value, "sealed", ("opening", "commitment", "key"))
    names = ("record", "leaf", "index", "path")
    commitment = table(fields["commitment"], "sealed.commitment", names)
    return SealedPart(
        opening=octets(fields["opening"], "sealed.opening", RECORD_BYTES_MAX),
        commitment=octets(commitment["record"], "sealed.commitment.record", RECORD_BYTES_MAX),
        entry=octets(commitment["leaf"], "sealed.commitment.leaf", ENTRY_BYTES_MAX),
        index=LogIndex(integer(commitment["index"], "sealed.commitment.index")),
        path=path(commitment["path"], "sealed.commitment.path"),
        key=_key(fields["key"], "sealed.key"),
    )


def outside_heads_value(heads: tuple[OutsideHead, ...]) -> JsonValue:
    """The slot `cosignatures`."""
    return [{"checkpoint": each.checkpoint, "path": path_value(each.path)} for each in heads]


def outside_heads_from(value: JsonValue) -> tuple[OutsideHead, ...]:
    """What the slot `cosignatures` spells; raises `format.*`."""
    return tuple(map(_outside_head, listing(value, "cosignatures", OUTSIDE_HEADS_MAX)))


def _outside_head(value: JsonValue) -> OutsideHead:
    fields = table(value, "cosignatures", ("checkpoint", "path"))
    return OutsideHead(
        text(fields["checkpoint"], "cosignatures.checkpoint", NOTE_BYTES_MAX),
        path(fields["path"], "cosignatures.path"),
    )


def stamped_heads_value(heads: tuple[StampedHead, ...]) -> JsonValue:
    """The slot `timestamps`."""
    return [
        {
            "checkpoint": each.checkpoint,
            "path": path_value(each.path),
            "token": base64(each.token),
        }
        for each in heads
    ]


def stamped_heads_from(value: JsonValue) -> tuple[StampedHead, ...]:
    """What the slot `timestamps` spells; raises `format.*`."""
    return tuple(map(_stamped_head, listing(value, "timestamps", STAMPED_HEADS_MAX)))


def _stamped_head(value: JsonValue) -> StampedHead:
    fields = table(value, "timestamps", ("checkpoint", "path", "token"))
    return StampedHead(
        text(fields["checkpoint"], "timestamps.checkpoint", CHECKPOINT_BYTES_MAX),
        path(fields["path"], "timestamps.path"),
        octets(fields["token"], "timestamps.token", TOKEN_BYTES_MAX),
    )


def _key(value: JsonValue, what: str) -> KeyPart:
    fields = table(value, what, ("row", "index", "path"))
    return KeyPart(
        octets(fields["row"], f"{what}.row", ROW_BYTES_MAX),
        integer(fields["index"], f"{what}.index"),
        path(fields["path"], f"{what}.path"),
    )
