"""``/v1/alerts``: what the rules concluded, in both languages."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi import Query as Parameter
from fastapi.responses import JSONResponse

from api.access import PageTurn, Service, page
from api.alerts import alert_form
from api.engines.query import ALERT_TYPE, Query
from api.openapi import answer, problems
from api.queries.asking import page_of
from ledger.core.identifiers import Subject

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/alerts",
    summary="Alerts",
    responses={200: answer("A page of alerts", "AlertPageJson"), **problems(421)},
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
    # This page names no height, so it is as new as the node's own rows.
    found = await page_of(
        service, query, turn.after, turn.limit, newest_first=turn.newest_first, own=True
    )
    items = [alert_form(each.stored, each.record, service.catalogue) for each in found.items]
    return JSONResponse(page(items, found.reached))
