"""Routes of ``/desk/draws`` and ``/desk/week``: draws to recompute, and a week to print."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from api.access import Service
from api.errors import ApiError
from api.explorer.desk.calendar_week import FIRST_YEAR, LAST_YEAR, week_at, week_named
from api.explorer.desk.draws import DrawRow, draws
from api.explorer.desk.dress import desk_page
from api.explorer.desk.sheets import ROWS_MAX, Form, as_json, as_table
from api.explorer.desk.week import report, report_form
from api.explorer.language import language_of
from api.forms import Json
from api.queries.questions import LATE
from ledger.codes import Code
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.words.moments import beijing_clock

router = APIRouter(include_in_schema=False)

PAGE_DRAWS: Final = 10
_COLUMNS: Final = (
    *("col_when", "col_subject", "col_kind", "col_who", "draw_pool_size", "draw_places"),
    *("draw_seeders", "draw_block", "col_record"),
)


@router.get("/desk/draws")
async def drawn(
    request: Request,
    service: Service,
    subject: Annotated[str, Query(max_length=SUBJECT_BYTES_MAX)] = "",
    cursor: Annotated[str, Query(pattern=r"^[0-9]{0,19}$")] = "",
    format: Form = "html",
) -> Response:
    """Draws that were made, the newest first, each with what it is recomputed from."""
    language = language_of(request)
    limit = PAGE_DRAWS if format == "html" else ROWS_MAX
    after = int(cursor) if cursor else None
    found = await draws(service, subject.strip(), after, limit, language)
    if format == "json":
        items: list[Json] = [_draw_form(each) for each in found.rows]
        return as_json("draws", {"items": items, "cursor": found.cursor})
    if format == "csv":
        rows = [_draw_cells(each) for each in found.rows]
        return as_table("draws", _COLUMNS, rows, language, found.cursor)
    asked = {"subject": subject.strip()} if subject.strip() else {}
    return desk_page(request, service, "desk_draws.html", {"found": found, "asked": asked})


@router.get("/desk/week")
async def week(
    request: Request,
    service: Service,
    week: Annotated[str, Query(max_length=8)] = "",
    format: Literal["html", "json"] = "html",
) -> Response:
    """The report of a week; of the one that the ledger is in where none is named.

    Raises:
        ApiError: `api.parameter` for what names no week.
    """
    chosen = week_named(week) if week else week_at(service.chain.head.time_ms)
    if chosen is None:
        what = f"week: {week} ({FIRST_YEAR}-W01 … {LAST_YEAR}-W53)"
        raise ApiError(Code.API_PARAMETER, what=what)
    made = await report(service, chosen, language_of(request))
    if format == "json":
        return as_json(f"week-{chosen.name}", report_form(made))
    return desk_page(request, service, "desk_week.html", {"report": made, "late_code": LATE})


def _draw_form(row: DrawRow) -> dict[str, Json]:
    return {
        "subject": row.subject,
        "type": row.type,
        "record_id": row.record_id,
        "by": row.who,
        "committed_at_ms": row.when_ms,
        "seeders": list(row.seeders),
        "pool_count": row.pool_count,
        "draw_height": row.draw_height,
        "places": list(row.places),
        "receipts": list(row.receipts),
    }


def _draw_cells(row: DrawRow) -> list[str]:
    return [
        beijing_clock(row.when_ms),
        row.subject,
        row.type,
        row.who,
        _number(row.pool_count),
        " ".join(map(str, row.places)),
        ", ".join(row.seeders),
        _number(row.draw_height),
        row.record_id,
    ]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
