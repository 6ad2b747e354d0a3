"""Receipt: one file that proves, offline, that a record was accepted, by whom and when.

Holds and spells; never judges: the numbered checks are in `ledger.verify`. Slots for sealed
records, epoch links, outside cosignatures and time stamps exist in the format, and are refused by
this version where they are filled. Spec: ``docs/spec/receipt.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.block import HEADER_BYTES_MAX as BLOCK_LEAF_BYTES_MAX
from ledger.core.bundle import HEADER_BYTES_MAX
from ledger.core.entry import ENTRY_BYTES_MAX
from ledger.core.identifiers import Digest, LogIndex, NetworkId, NodeId, RecordId, check_name
from ledger.core.note import NOTE_BYTES_MAX
from ledger.core.record import record_id
from ledger.core.shapes import SIGNATURE_BYTES, TIME_MAX
from ledger.core.status import ROW_BYTES_MAX
from ledger.core.strict_json import (
    JsonValue,
    base64,
    digest,
    dump,
    integer,
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
from ledger.errors import FormatError

MEDIA_TYPE: Final = "application/vnd.bidwitness.receipt+json"
FORMAT: Final = "bidwitness.receipt"
VERSION: Final = 1
RECEIPT_BYTES_MAX: Final = 1 << 20
RECORD_BYTES_MAX: Final = 256 * 1024
"""No network may allow larger records; its own parameter is judged with the trust root."""
ACKNOWLEDGEMENTS_MAX: Final = 32
_NAMES: Final = (
    "network_id",
    "record",
    "entry",
    "head",
    "checkpoint",
    "bundle",
    "key",
    "epochs",
    "sealed",
    "acknowledgements",
    "cosignatures",
    "timestamps",
)
_LATER: Final = ("epochs", "sealed", "cosignatures", "timestamps")
"""Slots of the format that this version refuses where they are filled."""


@dataclass(frozen=True, slots=True)
class BundlePart:
    """The bundle that brought the record, without its other records."""

    header: bytes
    """Canonical header array."""
    signature: bytes
    """64 bytes, by the key that the header names."""
    index: int
    """The record's place in the bundle."""
    path: tuple[Digest, ...]
    """From the leaf ``["record", record id]`` to the header's `records_root`."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The status row of the key that signed the bundle; issuer and key id name it."""

    row: bytes
    """Canonical value of the row."""
    index: int
    """Among the rows after the head's block."""
    path: tuple[Digest, ...]
    """From the row's leaf to the `status_root` in the head's last leaf."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that a verifier needs besides its trust root."""

    network_id: NetworkId
    record: bytes
    """Canonical bytes of the record."""
    entry: bytes
    """The data of its leaf in the log."""
    index: LogIndex
    """Where that leaf stands."""
    path: tuple[Digest, ...]
    """From the entry to the head's root."""
    last_leaf: bytes
    """The data of the head's block leaf, which stands at size - 1."""
    last_path: tuple[Digest, ...]
    """From the block leaf to the head's root."""
    checkpoint: str
    """The cosigned head as a signed note, verbatim."""
    bundle: BundlePart | None
    """None exactly for derived records."""
    key: KeyPart | None
    """None exactly for derived records."""
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """When nodes say they received the bundle; of this network and this bundle."""

    @property
    def record_id(self) -> RecordId:
        """The id of the record inside; computed, never read."""
        return record_id(self.record)

    def value(self) -> JsonValue:
        """The receipt as a JSON value."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "network_id": self.network_id.hex(),
            "record": base64(self.record),
            "entry": {
                "leaf": base64(self.entry),
                "index": self.index,
                "path": path_value(self.path),
            },
            "head": {"leaf": base64(self.last_leaf), "path": path_value(self.last_path)},
            "checkpoint": self.checkpoint,
            "bundle": _bundle_value(self.bundle),
            "key": _key_value(self.key),
            "epochs": [],
            "sealed": None,
            "acknowledgements": [_acknowledgement_value(each) for each in self.acknowledgements],
            "cosignatures": [],
            "timestamps": [],
        }

    def encode(self) -> bytes:
        """The receipt as a file of `MEDIA_TYPE`."""
        return dump(self.value())


def decode_receipt(data: bytes) -> Receipt:
    """The receipt that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code, or `receipt.unsupported` for a slot that belongs to a later
            version of this software.
    """
    return receipt_from(load(data, RECEIPT_BYTES_MAX))


def receipt_from(value: JsonValue) -> Receipt:
    """The receipt in a JSON value, for files that carry one; raises as `decode_receipt`."""
    items = dict(zip(_NAMES, versioned(value, FORMAT, VERSION, _NAMES), strict=True))
    for name in _LATER:
        if items[name] not in (None, []):
            raise FormatError(Code.RECEIPT_UNSUPPORTED, what=name)
        if items[name] != (None if name == "sealed" else []):
            raise FormatError(Code.FORMAT_SHAPE, what=name)
    network_id = NetworkId(digest(items["network_id"], "network_id"))
    entry = table(items["entry"], "entry", ("leaf", "index", "path"))
    head = table(items["head"], "head", ("leaf", "path"))
    given = listing(items["acknowledgements"], "acknowledgements", ACKNOWLEDGEMENTS_MAX)
    return Receipt(
        network_id=network_id,
        record=octets(items["record"], "record", RECORD_BYTES_MAX),
        entry=octets(entry["leaf"], "entry.leaf", ENTRY_BYTES_MAX),
        index=LogIndex(integer(entry["index"], "entry.index")),
        path=path(entry["path"], "entry.path"),
        last_leaf=octets(head["leaf"], "head.leaf", BLOCK_LEAF_BYTES_MAX),
        last_path=path(head["path"], "head.path"),
        checkpoint=text(items["checkpoint"], "checkpoint", NOTE_BYTES_MAX),
        bundle=_bundle(items["bundle"]),
        key=_key(items["key"]),
        acknowledgements=tuple(_acknowledgement(each, network_id) for each in given),
    )


def _bundle_value(part: BundlePart | None) -> JsonValue:
    if part is None:
        return None
    return {
        "header": base64(part.header),
        "signature": part.signature.hex(),
        "index": part.index,
        "path": path_value(part.path),
    }


def _bundle(value: JsonValue) -> BundlePart | None:
    if value is None:
        return None
    fields = table(value, "bundle", ("header", "signature", "index", "path"))
    return BundlePart(
        octets(fields["header"], "bundle.header", HEADER_BYTES_MAX),
        octets_hex(fields["signature"], "bundle.signature", SIGNATURE_BYTES),
        integer(fields["index"], "bundle.index"),
        path(fields["path"], "bundle.path"),
    )


def _key_value(part: KeyPart | None) -> JsonValue:
    if part is None:
        return None
    return {"row": base64(part.row), "index": part.index, "path": path_value(part.path)}


def _key(value: JsonValue) -> KeyPart | None:
    if value is None:
        return None
    fields = table(value, "key", ("row", "index", "path"))
    return KeyPart(
        octets(fields["row"], "key.row", ROW_BYTES_MAX),
        integer(fields["index"], "key.index"),
        path(fields["path"], "key.path"),
    )


def _acknowledgement_value(each: Acknowledgement) -> JsonValue:
    return {
        "node_id": each.node_id,
        "bundle": each.pool_key.hex(),
        "received_at_ms": each.received_at_ms,
        "signature": each.signature.hex(),
    }


def _acknowledgement(value: JsonValue, network_id: NetworkId) -> Acknowledgement:
    names = ("node_id", "bundle", "received_at_ms", "signature")
    fields = table(value, "acknowledgement", names)
    return Acknowledgement(
        network_id,
        NodeId(check_name(text(fields["node_id"], "node_id", 32), "node_id")),
        digest(fields["bundle"], "acknowledgement.bundle"),
        integer(fields["received_at_ms"], "received_at_ms", 0, TIME_MAX),
        octets_hex(fields["signature"], "acknowledgement.signature", SIGNATURE_BYTES),
    )
