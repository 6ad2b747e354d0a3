"""``/alerts`` and ``/alerts/{code}``: what the rules concluded, the newest first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Service
from api.engines.query import ALERT_TYPE
from api.engines.query import Query as Wanted
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.network_view import alert_row
from api.explorer.rendering import page
from api.explorer.rows import PAGE_ROWS
from api.queries.asking import page_of
from ledger.core.identifiers import LogIndex

router = APIRouter(include_in_schema=False)

_Severity = Annotated[Literal["", "notice", "warning", "serious"], Query()]
_After = Annotated[int | None, Query(ge=0, le=1 << 62)]


@router.get("/alerts")
async def alerts(
    request: Request, service: Service, severity: _Severity = "", after: _After = None
) -> Response:
    """Alerts of all kinds."""
    return await _listed(request, service, "", severity, after)


@router.get("/alerts/{code}")
async def of_kind(
    request: Request,
    service: Service,
    code: Annotated[str, Path(pattern=r"^AL\d{2}$")],
    severity: _Severity = "",
    after: _After = None,
) -> Response:
    """Alerts of one kind."""
    return await _listed(request, service, code, severity, after)


async def _listed(
    request: Request, service: Service, code: str, severity: str, after: int | None
) -> Response:
    language = language_of(request)
    wanted = Wanted(types=frozenset({ALERT_TYPE}), alert=code or None, severity=severity or None)
    place = None if after is None else LogIndex(after)
    found = await page_of(service, wanted, place, PAGE_ROWS, newest_first=True)
    names = Names(service, language)
    values = {
        "code": code,
        "name": names.alert(code) if code else "",
        "severity": severity,
        "kinds": [(each, names.alert(each)) for each in service.catalogue.alerts],
        "alerts": [
            alert_row(service, each.stored.record_id.hex(), each.record, language)
            for each in found.items
        ],
        "cursor": found.reached,
        "first": after is None,
    }
    return page(request, "alerts.html", values)
