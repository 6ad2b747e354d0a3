"""Draws of experts and of inspections, each with the receipts by which a browser recomputes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.engines.query import Query
from api.explorer.names import Names
from api.listing import Shown, at_hand
from api.queries.asking import page_of
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import LogIndex, RecordId, Subject
from ledger.draws import COMMITTED, DRAWN, REVEALED

_SEEDS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class DrawRow:
    """One draw that was made."""

    subject: str
    type: str
    who: str
    when_ms: int
    record_id: str
    seeders: tuple[str, ...]
    """Empty, as what follows from the request, where it stands below what this node keeps."""
    pool_count: int | None
    draw_height: int | None
    places: tuple[int, ...]
    receipts: tuple[str, ...]
    """Ids of the records from which it is recomputed: the request, the seeds, their commitments and
    the result; none where not all of them are here."""


@dataclass(frozen=True, slots=True)
class Draws:
    """A page of draws, the newest first."""

    rows: tuple[DrawRow, ...]
    cursor: int | None


async def draws(
    service: LedgerService, subject: str, after: int | None, limit: int, language: str
) -> Draws:
    """A page of the draws that the caller may see; of a subject with its sections, or of all."""
    query = Query(
        subject=Subject(subject) if subject else None, within=True, types=frozenset(DRAWN)
    )
    found = await page_of(
        service,
        query,
        None if after is None else LogIndex(after),
        limit,
        newest_first=True,
        own=True,
    )
    names = Names(service, language)
    rows = (_row(service, names, each) for each in found.items)
    return Draws(tuple(each for each in rows if each is not None), found.reached)


def _row(service: LedgerService, names: Names, shown: Shown) -> DrawRow | None:
    asked = next((ref.record_id for ref in shown.record.refs if ref.relation == "follows"), None)
    if asked is None:
        return None
    is_kept = service.chain.blocks.record_bytes(asked) is not None
    request = at_hand(service, asked)
    if is_kept and request is None:
        return None
    told = {} if request is None else request.fields
    return DrawRow(
        shown.record.subject,
        names.type(shown.record.type),
        names.member(shown.record.issuer),
        shown.stored.entry.block_time_ms,
        shown.stored.record_id.hex(),
        tuple(names.member(str(each)) for each in _listed(told.get("seeders"))),
        _count(told.get("pool_count")),
        _count(told.get("draw_height")),
        tuple(each for each in _listed(shown.record.fields.get("places")) if isinstance(each, int)),
        tuple(each.hex() for each in (asked, *_seeds(service, asked), shown.stored.record_id))
        if is_kept
        else (),
    )


def _seeds(service: LedgerService, request: RecordId) -> Iterator[RecordId]:
    head = service.chain.head
    state, as_of = State(Overlay(service.chain.state)), Times(head.log_size, head.time_ms)
    for kind in (COMMITTED, REVEALED):
        for index in sorted(state.cited_at(request, kind, as_of))[:_SEEDS_MAX]:
            found = service.chain.lookup.at(LogIndex(index))
            if found is not None:
                yield found.record_id


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
