"""What an index beside the ledger holds of one block, computed from the stored chain alone.

Pure but for reading. The projector writes exactly these rows, its check computes them again, and
the columns are what `api.engines.query.fits` looks at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.engines.opened import let_out
from api.engines.query import ALERT_TYPE
from ledger.chain import Chain
from ledger.core.block import Header
from ledger.core.identifiers import BundleId, Height, LogIndex, RecordId
from ledger.core.record import Record, decode_record
from ledger.store.index import AMENDMENTS

OWN_ENTRY: Final = 0
CAME_OUT: Final = 1


@dataclass(frozen=True, slots=True)
class IndexedRecord:
    """One record as a row; text that members choose is bytes, because it may hold any character."""

    log_index: LogIndex
    within: int
    """`OWN_ENTRY`, or `CAME_OUT` behind the opening that stands at this index."""
    record_id: RecordId
    bundle_id: BundleId | None
    """Of its own entry; None for what rules concluded, and for what came out."""
    height: Height
    time_ms: int
    """Of the block."""
    subject: bytes
    project: bytes
    """The subject up to its first slash."""
    issuer: str
    type: str
    alert: str | None
    severity: str | None
    about: str | None
    amendments: int
    """A bit for each of `AMENDMENTS`."""
    digests: tuple[bytes, ...]
    """Of its documents, ascending, each once."""


@dataclass(frozen=True, slots=True)
class IndexedBlock:
    """One block with the rows of its records, in the log's order."""

    header: Header
    records: tuple[IndexedRecord, ...]


def indexed_block(chain: Chain, height: Height) -> IndexedBlock:
    """The rows of a block that `chain` keeps.

    Raises:
        StoreError: `block.not_kept`, `store.damaged`.
    """
    header = chain.blocks.header(height)
    return IndexedBlock(header, tuple(_records(chain, header)))


def _records(chain: Chain, header: Header) -> Iterator[IndexedRecord]:
    first = chain.blocks.first_index(header.height)
    for offset, each in enumerate(chain.blocks.entered(header.height)):
        index = LogIndex(first + offset)
        yield _row(chain, header, (index, OWN_ENTRY), each.record_id, each.data, each.bundle_id)
        inside = let_out(chain, each.record_id, each.data)
        if inside is not None:
            yield _row(chain, header, (index, CAME_OUT), inside.record_id, inside.data, None)


def _row(
    chain: Chain,
    header: Header,
    place: tuple[LogIndex, int],
    record_id: RecordId,
    data: bytes,
    bundle_id: BundleId | None,
) -> IndexedRecord:
    record = decode_record(data, chain.genesis.parameters)
    subject = record.subject.encode()
    alert, severity, about = _alert(record)
    return IndexedRecord(
        *place,
        record_id=record_id,
        bundle_id=bundle_id,
        height=header.height,
        time_ms=header.time_ms,
        subject=subject,
        project=subject.partition(b"/")[0],
        issuer=record.issuer,
        type=record.type,
        alert=alert,
        severity=severity,
        about=about,
        amendments=amendment_bits(each.relation for each in record.refs),
        digests=tuple(sorted(set(_digests(record)))),
    )


def amendment_bits(relations: Iterator[str]) -> int:
    """A bit for each of `AMENDMENTS` that is among `relations`."""
    found = set(relations)
    return sum(1 << at for at, name in enumerate(AMENDMENTS) if name in found)


def _alert(record: Record) -> tuple[str | None, str | None, str | None]:
    """Code, severity and type of an alert; nothing of another record."""
    if record.type != ALERT_TYPE:
        return None, None, None
    said = (record.fields.get(name) for name in ("alert", "severity", "about"))
    alert, severity, about = (each if isinstance(each, str) else None for each in said)
    return alert, severity, about


def _digests(record: Record) -> Iterator[bytes]:
    for each in record.evidence:
        yield each.sha256
        if each.sm3 is not None:
            yield each.sm3
