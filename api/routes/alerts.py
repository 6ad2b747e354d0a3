"""``/v1/alerts``: what the rules concluded, in both languages."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import PageTurn, Service, page
from api.alerts import LANGUAGES, alert_sentence
from api.forms import Json, stored_form
from api.listing import Shown, shown_page
from api.openapi import answer, problems
from api.rights import ALERT_TYPE
from api.service import LedgerService
from ledger.core.record import Record

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
    found = shown_page(
        service,
        partial(service.chain.lookup.by_type, ALERT_TYPE),
        turn,
        lambda record: _wanted(record, subject, code, severity),
    )
    return JSONResponse(page([_alert(service, each) for each in found.items], found.cursor))


def _wanted(record: Record, subject: str | None, code: str | None, severity: str | None) -> bool:
    fields = record.fields
    about = subject in (None, record.subject) or record.subject.startswith(f"{subject}/")
    return about and code in (None, fields["alert"]) and severity in (None, fields["severity"])


def _alert(service: LedgerService, shown: Shown) -> Json:
    catalogue, record = service.catalogue, shown.record
    alert = catalogue.alerts.get(str(record.fields["alert"]))
    sentences = {name: alert_sentence(catalogue, record, name) for name in LANGUAGES}
    return {
        **stored_form(shown.stored, record, catalogue),
        "alert": str(record.fields["alert"]),
        "severity": str(record.fields["severity"]),
        "name_zh": alert.zh if alert else "",
        "name_en": alert.en if alert else "",
        "sentence_zh": sentences["zh"],
        "sentence_en": sentences["en"],
    }
