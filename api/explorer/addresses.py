"""``/addresses/{address}``: a standard address and the standing of its certificates at a time.

Certificates are named by their numbers and nobody by name: who owns or uses an address is not asked
here, but by a recorded question (``/v1/addresses/lookups``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Service
from api.explorer.language import language_of
from api.explorer.moments import TYPED_MAX, asked_ms, typed_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.explorer.rows import PAGE_ROWS, shown_rows
from api.kept import nothing_found
from api.listing import Shown, shown_page
from api.service import LedgerService
from api.standing import number_of
from contracts.address_certificate_rows import CERTIFIED, FACTS, certificate, fact
from contracts.overlay import Overlay
from contracts.state import State
from ledger.core.identifiers import LogIndex, Subject
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.lookup import Turn

router = APIRouter(include_in_schema=False)

_CERTIFICATES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate of an address."""

    record_id: str
    number: str
    kind: str
    """``property`` or ``use``."""
    issued_ms: int
    now: str
    then: str
    """``valid``, ``revoked``, ``fact_ended``, ``expired``; ``awaiting`` before it began."""


@router.get("/addresses/{address:path}")
async def address(
    request: Request,
    service: Service,
    address: Annotated[str, Path(min_length=1, max_length=SUBJECT_BYTES_MAX)],
    at: Annotated[str, Query(max_length=TYPED_MAX)] = "",
    after: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """Its certificates, and its records that the reader may see.

    Raises:
        LedgerError: `api.not_found`, `log.not_kept`.
    """
    turn = Turn(PAGE_ROWS, None if after is None else LogIndex(after))
    about = partial(service.chain.lookup.by_subject, Subject(address))
    found = shown_page(service, about, turn)
    if not found.items and after is None:
        raise nothing_found(service.chain, address[:80], "address 标准地址")
    certified = shown_page(
        service, about, Turn(_CERTIFICATES_MAX), lambda record: record.type in CERTIFIED
    )
    now_ms = service.node.status.now_ms
    at_ms = asked_ms(at, now_ms)
    names = Names(service, language_of(request))
    values = {
        "address": address,
        "certificates": list(_certificates(service, certified.items, now_ms, at_ms)),
        "at_ms": at_ms if at else None,
        "typed": typed_of(at_ms),
        "as_of": service.chain.head,
        "records": list(shown_rows(service, found.items, names)),
        "cursor": found.cursor,
    }
    return page(request, "address.html", values)


def _certificates(
    service: LedgerService, found: tuple[Shown, ...], now_ms: int, at_ms: int
) -> Iterator[CertificateRow]:
    state = State(Overlay(service.chain.state))
    for each in found:
        stands = partial(_stood, state, each)
        yield CertificateRow(
            each.stored.record_id.hex(),
            number_of(service, each.stored),
            "property" if each.record.type == CERTIFIED[0] else "use",
            each.stored.entry.block_time_ms,
            stands(now_ms),
            stands(at_ms),
        )


def _stood(state: State, shown: Shown, at_ms: int) -> str:
    """How a certificate stood after the newest block of at most a time."""
    record_id = shown.stored.record_id
    row = certificate(state, record_id)
    begun = shown.stored.entry.block_time_ms <= at_ms
    if row is None or not begun:
        return "awaiting"
    if not row.interval.holds_at(at_ms):
        return "revoked"
    held = [fact(state, record_id, name) for name in FACTS[row.kind]]
    if not all(each is not None and each[0].holds_at(at_ms) for each in held):
        return "fact_ended"
    return "expired" if row.until_ms is not None and at_ms > row.until_ms else "valid"
