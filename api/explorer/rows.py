"""Records as rows of lists: the same columns on the pages of blocks, members, seals, addresses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from api.explorer.names import Names
from api.listing import Shown
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.core.record import Record
from ledger.lookup import Found

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of a list."""

    record_id: str
    index: int
    height: int
    committed_ms: int
    shown: bool
    """Whether the reader may see more than its place; all that follows is empty where not."""
    code: str = ""
    type: str = ""
    who: str = ""
    member: str = ""
    subject: str = ""


def shown_rows(service: LedgerService, found: Iterable[Shown], names: Names) -> Iterator[RecordRow]:
    """Rows of records that the reader may see."""
    for each in found:
        yield _row(service, each.stored, each.record, names)


def placed_rows(
    service: LedgerService, found: Iterable[Found], names: Names
) -> Iterator[RecordRow]:
    """Rows of a list by place: what is not shown keeps its place."""
    for each in found:
        stored = service.stored(each.record_id)
        record = service.decoded(stored)
        shown = service.viewer.may_see(record)
        yield _row(service, stored, record if shown else None, names)


def _row(
    service: LedgerService, stored: StoredRecord, record: Record | None, names: Names
) -> RecordRow:
    place, name = stored.place, stored.record_id.hex()
    time_ms = stored.entry.block_time_ms
    if record is None:
        return RecordRow(name, place.index, place.height, time_ms, shown=False)
    kind = service.catalogue.type(record.type)
    return RecordRow(
        name,
        place.index,
        place.height,
        time_ms,
        shown=True,
        code=kind.code if kind else "",
        type=names.type(record.type),
        who=names.member(record.issuer),
        member=record.issuer,
        subject=record.subject,
    )
