"""``/v1/alerts``: what the rules concluded, in both languages."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import PageTurn, Service, page
from api.alerts import LANGUAGES, alert_sentence
from api.forms import Json, stored_form
from api.openapi import answer, problems
from api.rights import ALERT_TYPE
from api.service import LedgerService
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.record import Record
from ledger.lookup import Turn

LOOKED_AT_MAX: Final = 5_000
"""Alerts looked at for one page: a filter that matches nothing still ends."""

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/alerts",
    summary="Alerts",
    responses={200: answer("A page of alerts", "AlertPageJson"), **problems()},
)
async def alerts(
    service: Service,
    turn: PageTurn,
    subject: Annotated[
        str | None, Query(max_length=200, description="A project or section")
    ] = None,
    code: Annotated[str | None, Query(pattern=r"^AL\d{2}$")] = None,
    severity: Annotated[Literal["notice", "warning", "serious"] | None, Query()] = None,
) -> Response:
    """In the log's order. A project's alerts include those of its sections."""
    looked = Turn(LOOKED_AT_MAX, turn.after, turn.newest_first)
    found = service.chain.lookup.by_type(ALERT_TYPE, looked)
    items: list[Json] = []
    for each in found.items:
        record = service.decoded(service.stored(each.record_id))
        shown = service.viewer.may_see(record)
        if shown and _wanted(record, subject, code, severity):
            items.append(_alert(service, each.record_id, record))
        if len(items) == turn.limit:
            last = each is found.items[-1] and found.cursor is None
            return JSONResponse(page(items, None if last else each.index))
    return JSONResponse(page(items, _cursor(found.cursor)))


def _cursor(cursor: LogIndex | None) -> int | None:
    return None if cursor is None else int(cursor)


def _wanted(record: Record, subject: str | None, code: str | None, severity: str | None) -> bool:
    fields = record.fields
    about = subject in (None, record.subject) or record.subject.startswith(f"{subject}/")
    return about and code in (None, fields["alert"]) and severity in (None, fields["severity"])


def _alert(service: LedgerService, record_id: RecordId, record: Record) -> Json:
    catalogue = service.catalogue
    alert = catalogue.alerts.get(str(record.fields["alert"]))
    sentences = {name: alert_sentence(catalogue, record, name) for name in LANGUAGES}
    return {
        **stored_form(service.stored(record_id), record, catalogue),
        "alert": str(record.fields["alert"]),
        "severity": str(record.fields["severity"]),
        "name_zh": alert.zh if alert else "",
        "name_en": alert.en if alert else "",
        "sentence_zh": sentences["zh"],
        "sentence_en": sentences["en"],
    }
