"""Receipt: one file that proves, offline, that a record was accepted, by whom and when.

Holds and spells; never judges: the numbered checks are in `ledger.verify`. Spec:
``docs/spec/receipt.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.core.acknowledgement import Acknowledgement
from ledger.core.block import HEADER_BYTES_MAX as BLOCK_LEAF_BYTES_MAX
from ledger.core.entry import ENTRY_BYTES_MAX
from ledger.core.epoch_link import EpochLink, links_from, links_value
from ledger.core.identifiers import Digest, LogIndex, NetworkId, NodeId, RecordId, check_name
from ledger.core.note import NOTE_BYTES_MAX
from ledger.core.receipt_parts import (
    RECORD_BYTES_MAX,
    BundlePart,
    KeyPart,
    OutsideHead,
    SealedPart,
    StampedHead,
    bundle_part_from,
    bundle_part_value,
    key_part_from,
    key_part_value,
    outside_heads_from,
    outside_heads_value,
    sealed_part_from,
    sealed_part_value,
    stamped_heads_from,
    stamped_heads_value,
)
from ledger.core.record import record_id
from ledger.core.shapes import SIGNATURE_BYTES, TIME_MAX
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

MEDIA_TYPE: Final = "application/vnd.bidwitness.receipt+json"
FORMAT: Final = "bidwitness.receipt"
VERSION: Final = 1
RECEIPT_BYTES_MAX: Final = 1 << 20
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
    sealed: SealedPart | None = None
    """Where the record came out of an opening: entry, bundle and key are then the opening's."""
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """When nodes say they received the bundle; of this network and this bundle."""
    cosignatures: tuple[OutsideHead, ...] = ()
    """Heads from this one on that bodies outside the committee cosigned, ascending by size."""
    timestamps: tuple[StampedHead, ...] = ()
    """Heads from this one on that time stamping authorities stamped, never descending by size."""
    epochs: tuple[EpochLink, ...] = ()
    """Links from the genesis's committee to that of the head's epoch."""

    @property
    def record_id(self) -> RecordId:
        """The id of the record inside; computed, never read."""
        return record_id(self.record)

    @property
    def logged(self) -> bytes:
        """The bytes of the record that the entry stands for: this one, or its opening."""
        return self.record if self.sealed is None else self.sealed.opening

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
            "bundle": bundle_part_value(self.bundle),
            "key": key_part_value(self.key),
            "epochs": links_value(self.epochs),
            "sealed": sealed_part_value(self.sealed),
            "acknowledgements": [_acknowledgement_value(each) for each in self.acknowledgements],
            "cosignatures": outside_heads_value(self.cosignatures),
            "timestamps": stamped_heads_value(self.timestamps),
        }

    def encode(self) -> bytes:
        """The receipt as a file of `MEDIA_TYPE`."""
        return dump(self.value())


def decode_receipt(data: bytes) -> Receipt:
    """The receipt that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    return receipt_from(load(data, RECEIPT_BYTES_MAX))


def receipt_from(value: JsonValue) -> Receipt:
    """The receipt in a JSON value, for files that carry one; raises as `decode_receipt`."""
    items = dict(zip(_NAMES, versioned(value, FORMAT, VERSION, _NAMES), strict=True))
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
        bundle=bundle_part_from(items["bundle"]),
        key=key_part_from(items["key"]),
        sealed=sealed_part_from(items["sealed"]),
        acknowledgements=tuple(_acknowledgement(each, network_id) for each in given),
        cosignatures=outside_heads_from(items["cosignatures"]),
        timestamps=stamped_heads_from(items["timestamps"]),
        epochs=links_from(items["epochs"]),
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
