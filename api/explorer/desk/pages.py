"""Routes of the desk's lists: ``/desk``, ``/desk/projects``, ``/desk/access``.

Each list is shown as a page, and is taken away as JSON or CSV with the same rows and cursors.
"""

from typing import Annotated, Final, Literal, TypeAlias

from fastapi import APIRouter, Query, Request, Response

from api.access import Service
from api.explorer.desk.access import TYPES, AccessRow, accesses, code_uses
from api.explorer.desk.alerts import Feed, FeedRow, Wanted, feed, kinds
from api.explorer.desk.dress import desk_page
from api.explorer.desk.projects import SectionRow, sections
from api.explorer.desk.sheets import ROWS_MAX, Form, as_json, as_table
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.words import named
from api.forms import Json
from api.identity import asking
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.words.moments import beijing_clock

router = APIRouter(include_in_schema=False)

PAGE_ROWS: Final = 25
_INDEX: Final = r"^[0-9]{0,19}$"
_Cursor: TypeAlias = Annotated[str, Query(pattern=_INDEX)]
_ALERT_COLUMNS: Final = (
    *("col_index", "col_code", "col_kind", "col_severity", "col_subject", "col_sentence"),
    *("col_since", "col_record", "col_state", "col_decision", "col_reason", "col_disposed_by"),
    "col_disposed_at",
)


@router.get("/desk")
async def alerts(
    request: Request,
    service: Service,
    code: Annotated[str, Query(pattern=r"^(AL\d{2})?$")] = "",
    severity: Literal["", "notice", "warning", "serious"] = "",
    subject: Annotated[str, Query(max_length=SUBJECT_BYTES_MAX)] = "",
    state: Literal["", "open", "disposed"] = "",
    since: Annotated[str, Query(pattern=_INDEX)] = "",
    cursor: _Cursor = "",
    format: Form = "html",
) -> Response:
    """Alerts, the newest first: which are open, and what became of the others."""
    language = language_of(request)
    wanted = Wanted(code, severity, subject.strip(), state, int(since) if since else None)
    limit = PAGE_ROWS if format == "html" else ROWS_MAX
    found = await feed(service, wanted, int(cursor) if cursor else None, limit, language)
    asked = {"code": code, "severity": severity, "subject": wanted.subject, "state": state}
    asked = {name: value for name, value in {**asked, "since": since}.items() if value}
    if format == "json":
        return as_json("alerts", _feed_form(found))
    if format == "csv":
        rows = [_alert_cells(each, language) for each in found.rows]
        return as_table("alerts", _ALERT_COLUMNS, rows, language, found.cursor)
    values = {"feed": found, "asked": asked, "kinds": list(kinds(service, language))}
    return desk_page(request, service, "desk_alerts.html", values)


@router.get("/desk/projects")
async def projects(
    request: Request,
    service: Service,
    show: Literal["", "all"] = "",
    cursor: Annotated[str, Query(max_length=SUBJECT_BYTES_MAX)] = "",
    format: Form = "html",
) -> Response:
    """Sections that lack what their procedure demands; or all that follow one."""
    language = language_of(request)
    found = await sections(service, cursor or None, language, every=show == "all")
    if format == "json":
        items: list[Json] = [_section_form(each) for each in found.rows]
        return as_json("sections", {"items": items, "cursor": found.cursor})
    if format == "csv":
        columns = ("col_subject", "col_name", "col_profile", "col_state", "col_node", "col_count")
        rows = [cells for each in found.rows for cells in _lack_cells(each, language)]
        return as_table("sections", columns, rows, language, found.cursor)
    return desk_page(request, service, "desk_projects.html", {"found": found, "show": show})


@router.get("/desk/access")
async def access(
    request: Request,
    service: Service,
    member: Annotated[str, Query(pattern=r"^[a-z0-9-]{0,32}$")] = "",
    kind: Literal["", "address.looked_up", "ledger.verified"] = "",
    cursor: _Cursor = "",
    format: Form = "html",
) -> Response:
    """Looks that are on record, and the uses of extraction codes at this node."""
    language = language_of(request)
    after = int(cursor) if cursor else None
    limit = PAGE_ROWS if format == "html" else ROWS_MAX
    found = await accesses(service, member, kind, after, limit, language)
    if format == "json":
        items: list[Json] = [_access_form(each) for each in found.rows]
        return as_json("access", {"items": items, "cursor": found.cursor})
    if format == "csv":
        columns = ("col_index", "col_when", "col_who", "col_kind", "col_subject", "col_said")
        rows = [_access_cells(each) for each in found.rows]
        return as_table("access", columns, rows, language, found.cursor)
    names = Names(service, language)
    values = {
        "found": found,
        "asked": {name: each for name, each in (("member", member), ("kind", kind)) if each},
        "types": [(each, names.type(each)) for each in TYPES],
        "codes": await code_uses(service, request.app.state.codes, asking(request), language),
    }
    return desk_page(request, service, "desk_access.html", values)


def _feed_form(found: Feed) -> dict[str, Json]:
    items: list[Json] = [
        {
            "index": each.index,
            "height": each.height,
            "record_id": each.record_id,
            "alert": each.code,
            "name": each.name,
            "severity": each.severity,
            "subject": each.subject,
            "sentence": each.sentence,
            "since_ms": each.since_ms,
            "disposals": [
                {
                    "record_id": disposal.record_id,
                    "decision": disposal.decision,
                    "reason": disposal.reason,
                    "by": disposal.who,
                    "committed_at_ms": disposal.when_ms,
                }
                for disposal in each.disposals
            ],
        }
        for each in found.rows
    ]
    return {"items": items, "cursor": found.cursor}


def _alert_cells(row: FeedRow, language: str) -> list[str]:
    last = row.disposals[-1] if row.disposals else None
    done = (
        ["", "", "", ""]
        if last is None
        else [
            named(language, "values", last.decision),
            last.reason,
            last.who,
            beijing_clock(last.when_ms),
        ]
    )
    return [
        str(row.index),
        row.code,
        row.name,
        named(language, "severity", row.severity),
        row.subject,
        row.sentence,
        beijing_clock(row.since_ms),
        row.record_id,
        named(language, "desk", "open" if last is None else "disposed"),
        *done,
    ]


def _section_form(row: SectionRow) -> dict[str, Json]:
    return {
        "subject": row.subject,
        "name": row.name,
        "profile": row.profile,
        "lacks": [
            {
                "state": each.state,
                "name": each.name,
                "found_count": each.found_count,
                "wanted_count": each.wanted_count,
            }
            for each in row.lacks
        ],
        "awaited_count": row.awaited_count,
        "certificate": row.certificate or None,
    }


def _lack_cells(row: SectionRow, language: str) -> list[list[str]]:
    start = [row.subject, row.name, row.profile]
    return [
        [
            *start,
            named(language, "states", each.state),
            each.name,
            f"{each.found_count}/{each.wanted_count}",
        ]
        for each in row.lacks
    ] or [[*start, "", "", ""]]


def _access_form(row: AccessRow) -> dict[str, Json]:
    return {
        "index": row.index,
        "record_id": row.record_id,
        "type": row.type,
        "by": row.who,
        "subject": row.subject,
        "committed_at_ms": row.when_ms,
        "said": {each.key: each.value for each in row.facts},
    }


def _access_cells(row: AccessRow) -> list[str]:
    said = "\n".join(f"{each.name}: {each.value}" for each in row.facts)
    return [str(row.index), beijing_clock(row.when_ms), row.who, row.type, row.subject, said]
