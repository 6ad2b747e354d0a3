"""SnapshotOffer: what proves a snapshot before its first chunk, and what the log needs to go on.

Two headers with their certificates: of the block after which the state was as it is, and of the one
that states its root. The links lead from the genesis's committee to those who certified both. The
edge holds the hashes with which the log of the first header goes on. Holds and spells;
`ledger.snapshot_trust` judges. Spec: ``docs/spec/snapshot.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.block import HEADER_BYTES_MAX
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import CERTIFICATE_BYTES_MAX
from ledger.core.entry import ENTRY_BYTES_MAX
from ledger.core.epoch_link import LINKS_MAX, EpochLink
from ledger.core.identifiers import DIGEST_BYTES, LogIndex
from ledger.core.limits import MIB
from ledger.core.receipt_parts import RECORD_BYTES_MAX
from ledger.core.shapes import array, digest, integer, versioned
from ledger.errors import FormatError

VERSION: Final = 1
OFFER_BYTES_MAX: Final = 8 * MIB
LEVELS_MAX: Final = 63
EDGE_NODES: Final = 64
"""The edge of a level begins at a multiple of this: where rows and tiles of nodes begin."""
_PATH_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class SnapshotOffer:
    """Everything about a snapshot but its rows."""

    header: bytes
    """Of the block after which the state is the snapshot."""
    certificate: bytes
    stating_header: bytes
    """Of the block that states its root."""
    stating_certificate: bytes
    links: tuple[EpochLink, ...]
    """From the genesis to the epoch of the second header."""
    edge: tuple[bytes, ...]
    """By level of the first header's log: its last complete nodes, fewer than `EDGE_NODES`."""

    def encode(self) -> bytes:
        """``["snapshot", 1, header, certificate, header, certificate, links, edge]``."""
        return encode(
            (
                "snapshot",
                VERSION,
                self.header,
                self.certificate,
                self.stating_header,
                self.stating_certificate,
                tuple(map(link_value, self.links)),
                self.edge,
            )
        )


def edge_starts(size: int) -> tuple[tuple[int, int], ...]:
    """For each level of a log of that size, where its edge begins and how many nodes it has."""
    counts = (size >> level for level in range(size.bit_length()))
    return tuple((count - count % EDGE_NODES, count % EDGE_NODES) for count in counts)


def decode_snapshot_offer(data: bytes) -> SnapshotOffer:
    """The offer that `data` spells; its parts stay bytes and are not judged.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, OFFER_BYTES_MAX), "snapshot", VERSION, 8)
    links, edge = array(items[6], "links"), array(items[7], "edge")
    if len(links) > LINKS_MAX or len(edge) > LEVELS_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(links), limit=LINKS_MAX)
    return SnapshotOffer(
        _octets(items[2], "header", HEADER_BYTES_MAX),
        _octets(items[3], "certificate", CERTIFICATE_BYTES_MAX),
        _octets(items[4], "header", HEADER_BYTES_MAX),
        _octets(items[5], "certificate", CERTIFICATE_BYTES_MAX),
        tuple(link_from(each) for each in links),
        tuple(_octets(each, "edge", EDGE_NODES * DIGEST_BYTES) for each in edge),
    )


def link_value(link: EpochLink) -> Value:
    """``[record, entry, index, path, header, certificate]``."""
    return (link.record, link.entry, link.index, link.path, link.header, link.certificate)


def link_from(value: Value) -> EpochLink:
    """The link that `link_value` spelled; raises `format.*`."""
    record, entry, index, path, header, certificate = array(value, "link", 6)
    hashes = array(path, "path")
    if len(hashes) > _PATH_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(hashes), limit=_PATH_MAX)
    return EpochLink(
        _octets(record, "record", RECORD_BYTES_MAX),
        _octets(entry, "entry", ENTRY_BYTES_MAX),
        LogIndex(integer(index, "index")),
        tuple(digest(each, "path") for each in hashes),
        _octets(header, "header", HEADER_BYTES_MAX),
        _octets(certificate, "certificate", CERTIFICATE_BYTES_MAX),
    )


def hashes_in(joined: bytes) -> Sequence[bytes]:
    """The hashes of one level of an edge."""
    return [joined[at : at + DIGEST_BYTES] for at in range(0, len(joined), DIGEST_BYTES)]


def _octets(value: Value, what: str, size_max: int) -> bytes:
    if type(value) is not bytes or len(value) > size_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value
