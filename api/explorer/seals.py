"""``/seals/{seal}``: an electronic seal's status now and at a time; nobody's personal data."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Service
from api.explorer.language import language_of
from api.explorer.moments import TYPED_MAX, asked_ms, typed_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.explorer.rows import PAGE_ROWS, shown_rows
from api.kept import nothing_found
from api.listing import shown_page
from contracts.eseal_rows import made, spells
from contracts.overlay import Overlay
from contracts.state import State
from ledger.core.identifiers import LogIndex, Subject
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.lookup import Turn

router = APIRouter(include_in_schema=False)


@router.get("/seals/{seal:path}")
async def seal(
    request: Request,
    service: Service,
    seal: Annotated[str, Path(min_length=1, max_length=SUBJECT_BYTES_MAX)],
    at: Annotated[str, Query(max_length=TYPED_MAX)] = "",
    after: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """Every spell of its status, and its records.

    Raises:
        LedgerError: `api.not_found`, `log.not_kept`.
    """
    state = State(Overlay(service.chain.state))
    turn = Turn(PAGE_ROWS, None if after is None else LogIndex(after))
    about = partial(service.chain.lookup.by_subject, Subject(seal))
    found, spelled = shown_page(service, about, turn), tuple(spells(state, seal))
    if not (spelled or found.items or made(state, seal)):
        raise nothing_found(service.chain, seal[:80], "seal 电子印章")
    now_ms = service.node.status.now_ms
    at_ms = asked_ms(at, now_ms)
    names = Names(service, language_of(request))
    values = {
        "seal": seal,
        "made": made(state, seal),
        "spells": spelled,
        "now": next((each.status for each in spelled if each.interval.holds_at(now_ms)), ""),
        "then": next((each.status for each in spelled if each.interval.holds_at(at_ms)), ""),
        "at_ms": at_ms if at else None,
        "typed": typed_of(at_ms),
        "as_of": service.chain.head,
        "records": list(shown_rows(service, found.items, names)),
        "cursor": found.cursor,
    }
    return page(request, "seal.html", values)
