"""Private fields: the commitment that a record carries, and the openings that its author keeps.

A leaf is ``["field", issuer, name, value, salt]`` with one random salt each; the tree's size is the
number of names in the record. Salts come from outside: nothing here is random. Whoever loses an
opening can never disclose that field. Spec: ``docs/spec/openings.md``.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.receipt import Receipt, receipt_from
from ledger.core.record import Private, Record
from ledger.core.strict_json import (
    JsonValue,
    base64,
    digest,
    dump,
    listing,
    load,
    octets,
    octets_hex,
    path,
    path_value,
    table,
    text,
    versioned,
)
from ledger.errors import FormatError, VerificationError

FORMAT: Final = "bidwitness.openings"
VERSION: Final = 1
SALT_BYTES: Final = 16
VALUE_BYTES_MAX: Final = 16 * 1024
FIELDS_MAX: Final = 256
"""No network may allow more private fields; its own parameter is judged with the record."""
OPENINGS_BYTES_MAX: Final = 8 << 20
_NAMES: Final = ("record_id", "openings", "receipt")


@dataclass(frozen=True, slots=True)
class Opening:
    """What discloses one private field to whoever is shown it."""

    name: str
    value: Value
    salt: bytes
    """16 bytes."""
    path: tuple[Digest, ...]
    """From the field's leaf to the record's private root."""


@dataclass(frozen=True, slots=True)
class Openings:
    """The file ``X.openings.json``: openings of one record."""

    record_id: RecordId
    openings: tuple[Opening, ...]
    """By name, ascending; some or all of the record's private fields."""
    receipt: Receipt | None = None
    """The record's receipt, where the file carries it."""

    def only(self, names: Collection[str]) -> "Openings":
        """These openings without those of other fields; nothing of what is left out shows.

        Raises:
            VerificationError: `opening.absent` for a name that is not among them.
        """
        held = {each.name for each in self.openings}
        for name in names:
            if name not in held:
                raise VerificationError(Code.OPENING_ABSENT, name=name[:64])
        kept = tuple(each for each in self.openings if each.name in names)
        return replace(self, openings=kept)

    def encode(self) -> bytes:
        """The openings as a JSON file."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "record_id": self.record_id.hex(),
                "openings": [
                    {
                        "name": each.name,
                        "value": base64(encode(each.value)),
                        "salt": each.salt.hex(),
                        "path": path_value(each.path),
                    }
                    for each in self.openings
                ],
                "receipt": None if self.receipt is None else self.receipt.value(),
            }
        )


def commit_fields(
    issuer: MemberId, fields: Mapping[str, Value], salts: Mapping[str, bytes]
) -> tuple[Private, tuple[Opening, ...]]:
    """The commitment for a record, and the openings that its author must keep.

    Args:
        issuer: the record's issuer; nobody else can use the commitment.
        fields: at least one private field.
        salts: 16 fresh random bytes for each name of `fields`.

    Raises:
        FormatError: `format.shape` where there are no fields, or a salt is missing or not 16
            bytes; a `format.*` code for a value outside the canonical profile.
    """
    names = tuple(sorted(fields))
    if not names or set(salts) != set(names):
        raise FormatError(Code.FORMAT_SHAPE, what="salts")
    if any(len(salt) != SALT_BYTES for salt in salts.values()):
        raise FormatError(Code.FORMAT_SHAPE, what="salt")
    tree = merkle.Tree(
        [merkle.leaf_hash(field_leaf(issuer, each, fields[each], salts[each])) for each in names]
    )
    openings = tuple(
        Opening(name, fields[name], salts[name], tree.path(index))
        for index, name in enumerate(names)
    )
    return Private(tree.root, names), openings


def field_leaf(issuer: MemberId, name: str, value: Value, salt: bytes) -> bytes:
    """Data of a private field's leaf: ``["field", issuer, name, value, salt]``."""
    return leaf_data(LeafKind.FIELD, issuer, name, value, salt)


def verify_opening(record: Record, opening: Opening) -> None:
    """Require that `record` commits to this name and value.

    Index, name and tree size are the record's, so no two values can be shown under one root.

    Raises:
        VerificationError: `opening.invalid`.
    """
    private = record.private
    if private is None or opening.name not in private.names:
        raise VerificationError(Code.OPENING_INVALID, name=opening.name)
    leaf = field_leaf(record.issuer, opening.name, opening.value, opening.salt)
    index, size = private.names.index(opening.name), len(private.names)
    try:
        merkle.verify_inclusion(merkle.leaf_hash(leaf), index, size, opening.path, private.root)
    except VerificationError as problem:
        raise VerificationError(Code.OPENING_INVALID, name=opening.name) from problem


def decode_openings(data: bytes) -> Openings:
    """The openings that `data` spells; nothing in them is judged here.

    Raises:
        FormatError: a `format.*` code, or as `receipt.decode_receipt`.
    """
    value = load(data, OPENINGS_BYTES_MAX)
    record_id, openings, receipt = versioned(value, FORMAT, VERSION, _NAMES)
    opened = tuple(_opening(each) for each in listing(openings, "openings", FIELDS_MAX))
    _check_ascending([each.name for each in opened])
    return Openings(
        RecordId(digest(record_id, "record_id")),
        opened,
        None if receipt is None else receipt_from(receipt),
    )


def _opening(value: JsonValue) -> Opening:
    fields = table(value, "opening", ("name", "value", "salt", "path"))
    spelled = octets(fields["value"], "opening.value", VALUE_BYTES_MAX)
    return Opening(
        text(fields["name"], "opening.name", 64),
        decode(spelled, VALUE_BYTES_MAX),
        octets_hex(fields["salt"], "opening.salt", SALT_BYTES),
        path(fields["path"], "opening.path"),
    )


def _check_ascending(names: Sequence[str]) -> None:
    if not names or any(a >= b for a, b in itertools.pairwise(names)):
        raise FormatError(Code.FORMAT_SHAPE, what="openings")
