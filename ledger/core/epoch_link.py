"""EpochLink: what leads from the committee of one epoch to the next, and the slot that holds it.

The change record holds the whole new committee; it stands in the log of the block that closed the
epoch, and the old committee certified that block. Holds and spells; `ledger.epoch_links` judges.
Spec: ``docs/spec/committee.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.core.block import HEADER_BYTES_MAX
from ledger.core.certificate import CERTIFICATE_BYTES_MAX
from ledger.core.entry import ENTRY_BYTES_MAX
from ledger.core.identifiers import Digest, LogIndex
from ledger.core.receipt_parts import RECORD_BYTES_MAX
from ledger.core.strict_json import (
    JsonValue,
    base64,
    integer,
    listing,
    octets,
    path,
    path_value,
    table,
)

LINKS_MAX: Final = 256
"""Links in one file; a trust root with later epochs makes do with fewer."""
_NAMES: Final = ("record", "entry", "header", "certificate")
_ENTRY: Final = ("leaf", "index", "path")


@dataclass(frozen=True, slots=True)
class EpochLink:
    """One link E → E+1."""

    record: bytes
    """Canonical bytes of the `committee.change`."""
    entry: bytes
    """The data of its leaf in the log."""
    index: LogIndex
    """Where that leaf stands."""
    path: tuple[Digest, ...]
    """From the entry to the closing header's log root."""
    header: bytes
    """Canonical bytes of the closing header."""
    certificate: bytes
    """Its commit certificate, by the committee of epoch E."""

    def value(self) -> JsonValue:
        """The link as a JSON value."""
        return {
            "record": base64(self.record),
            "entry": {
                "leaf": base64(self.entry),
                "index": self.index,
                "path": path_value(self.path),
            },
            "header": base64(self.header),
            "certificate": base64(self.certificate),
        }


def links_value(links: tuple[EpochLink, ...]) -> JsonValue:
    """The slot `epochs`."""
    return [link.value() for link in links]


def links_from(value: JsonValue) -> tuple[EpochLink, ...]:
    """What the slot `epochs` spells; raises `format.*`."""
    return tuple(map(_link, listing(value, "epochs", LINKS_MAX)))


def _link(value: JsonValue) -> EpochLink:
    fields = table(value, "epochs", _NAMES)
    entry = table(fields["entry"], "epochs.entry", _ENTRY)
    return EpochLink(
        record=octets(fields["record"], "epochs.record", RECORD_BYTES_MAX),
        entry=octets(entry["leaf"], "epochs.entry.leaf", ENTRY_BYTES_MAX),
        index=LogIndex(integer(entry["index"], "epochs.entry.index")),
        path=path(entry["path"], "epochs.entry.path"),
        header=octets(fields["header"], "epochs.header", HEADER_BYTES_MAX),
        certificate=octets(fields["certificate"], "epochs.certificate", CERTIFICATE_BYTES_MAX),
    )
