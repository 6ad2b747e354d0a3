"""``/v1/alerts``: what the rules concluded, in both languages."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi import Query as Parameter
from fastapi.responses import JSONResponse

from api.access import PageTurn, Service, page
from api.alerts import LANGUAGES, alert_sentence
from api.engines.query import ALERT_TYPE, Query
from api.forms import Json, stored_form
from api.listing import Shown
from api.openapi import answer, problems
from api.queries.asking import answer_of
from api.service import LedgerService
from ledger.core.identifiers import Subject

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
        str | None, Parameter(max_length=200, description="A project or section")
    ] = None,
    code: Annotated[str | None, Parameter(pattern=r"^AL\d{2}$")] = None,
    severity: Annotated[Literal["notice", "warning", "serious"] | None, Parameter()] = None,
) -> Response:
    """In the log's order. A project's alerts include those of its sections."""
    query = Query(
        subject=None if subject is None else Subject(subject),
        within=True,
        types=frozenset({ALERT_TYPE}),
        alert=code,
        severity=severity,
    )
    limit, newest_first = turn.limit, turn.newest_first
    found = await answer_of(service, query, turn.after, limit, newest_first=newest_first)
    return JSONResponse(page([alert_form(service, each) for each in found.items], found.reached))


def alert_form(service: LedgerService, shown: Shown) -> Json:
    """An alert, in words."""
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
