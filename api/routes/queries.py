"""``/v1/records``, ``/v1/export/…`` and the named questions: docs/spec/queries.md."""

from typing import Annotated, Final, Literal, TypeAlias

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi import Query as Parameter
from fastapi.responses import JSONResponse

from api.access import ID_PATTERN, PAGE_MAX, Service
from api.engines.query import Query, types_of
from api.forms import Json
from api.kept import heights_kept
from api.listing import shown_forms
from api.openapi import Responses, answer, bytes_answer, problems
from api.queries.asking import (
    Answer,
    page_of,
    require_kept,
    require_known,
)
from api.queries.block_table import WantedBlocks, blocks_as_table
from api.queries.cursor import PATTERN, cursor_at, index_of
from api.queries.exporting import EXPORT_MAX, Wanted, as_lines, as_table
from api.queries.questions import acted_for, overdue_forms, projects_in, refunds_overdue
from api.service import LedgerService
from api.streams import PacedResponse, holder_of
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, HeaderHash, Height, LogIndex, MemberId, Subject
from ledger.core.record import SUBJECT_BYTES_MAX

JSON_LINES: Final = "application/jsonl"
CSV: Final = "text/csv; charset=utf-8"
_TIME_MAX: Final = 1 << 53

router = APIRouter(tags=["queries"])

_UNCHANGED: Final[Responses] = {304: {"description": "As `If-None-Match` has it: nothing is new"}}
_MEMBER: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
_Amendment: TypeAlias = Literal["any", "amends", "replaces", "voids"]
_Time: TypeAlias = Annotated[int | None, Parameter(ge=0, le=_TIME_MAX)]


def asked(
    service: Service,
    subject: Annotated[
        str | None,
        Parameter(min_length=1, max_length=SUBJECT_BYTES_MAX, examples=["兰州-2026-001"]),
    ] = None,
    within: Annotated[bool, Parameter(description="The subject's sections as well")] = False,
    member: Annotated[
        str | None, Parameter(pattern=_MEMBER, description="Who issued it", examples=["centre"])
    ] = None,
    type: Annotated[
        str | None,
        Parameter(max_length=64, description="Key or code of a type", examples=["T09"]),
    ] = None,
    stage: Annotated[
        str | None, Parameter(max_length=32, description="Of the catalogue", examples=["notice"])
    ] = None,
    digest: Annotated[
        str | None, Parameter(pattern=ID_PATTERN, description="SHA-256 or SM3 of a document")
    ] = None,
    from_ms: Annotated[_Time, Parameter(description="Block time, at the earliest")] = None,
    to_ms: Annotated[_Time, Parameter(description="Block time, before this")] = None,
    since: Annotated[
        int | None, Parameter(ge=0, le=_TIME_MAX, description="`height` of an earlier answer")
    ] = None,
    alert: Annotated[str | None, Parameter(pattern=r"^AL\d{2}$", examples=["AL02"])] = None,
    severity: Annotated[Literal["notice", "warning", "serious"] | None, Parameter()] = None,
    about: Annotated[
        str | None, Parameter(max_length=64, description="Alerts about this type")
    ] = None,
    amendment: Annotated[_Amendment | None, Parameter(description="Changes another one")] = None,
) -> Query:
    """What is asked for; each part narrows it."""
    kind = None if about is None else service.catalogue.type(about)
    return Query(
        subject=None if subject is None else Subject(subject),
        within=within,
        member=None if member is None else MemberId(member),
        types=types_of(service.catalogue, type, stage),
        digest=None if digest is None else Digest(bytes.fromhex(digest)),
        from_ms=from_ms,
        to_ms=to_ms,
        above=None if since is None else Height(since),
        alert=alert,
        severity=severity,
        about=about if kind is None else kind.key,
        amendment=amendment,
    )


Asked: TypeAlias = Annotated[Query, Depends(asked)]
CursorParameter: TypeAlias = Annotated[
    str | None, Parameter(pattern=PATTERN, description="`cursor` of the page before")
]
Limit: TypeAlias = Annotated[int, Parameter(ge=1, le=PAGE_MAX, description="Items on a page")]


@router.get(
    "/v1/records",
    summary="Records by what they say, and when",
    responses={
        200: answer("A page of records", "QueryPageJson"),
        **_UNCHANGED,
        **problems(421),
    },
)
async def records(
    request: Request,
    service: Service,
    query: Asked,
    limit: Limit = 100,
    cursor: CursorParameter = None,
    newest_first: Annotated[bool, Parameter(description="Against the log's order")] = False,
) -> Response:
    """In the log's order. All parts that are given must fit.

    `height` is the newest block that the answer knows: as `since` of a later question it asks for
    what is new. A page may end early where a question is costly; it ends the list only where
    `cursor` is null.
    """
    # The tag is bound to the head by which the caller's rights were found out.
    head = service.chain.head.header_hash
    if "if-none-match" in request.headers:
        tag = _tag(request, service, head, await service.engine.height())
        if _has(request, tag):
            return Response(status_code=304, headers=_kept(tag))
    after = None if cursor is None else index_of(cursor, query, newest_first=newest_first)
    found = await page_of(service, query, after, limit, newest_first=newest_first)
    items = shown_forms(service, found.items)
    body = _page(items, found, query, newest_first=newest_first)
    return JSONResponse(body, headers=_kept(_tag(request, service, head, found.height)))


@router.get(
    "/v1/export/records",
    summary="Records as a table or as JSON Lines",
    responses={
        200: bytes_answer("Line by line; the last says whether there is more", JSON_LINES, CSV),
        **problems(421, 429),
    },
)
async def export(
    request: Request,
    service: Service,
    query: Asked,
    format: Annotated[Literal["csv", "jsonl"], Parameter()] = "jsonl",
    lang: Annotated[Literal["zh", "en"], Parameter(description="Of a table's headings")] = "zh",
    receipts: Annotated[
        bool, Parameter(description="JSON Lines: each record's receipt beside it")
    ] = False,
    limit: Annotated[int, Parameter(ge=1, le=EXPORT_MAX)] = EXPORT_MAX,
    cursor: CursorParameter = None,
) -> Response:
    """Sent while it is found. Every line has the cursor behind it: whoever was cut off goes on from
    its last whole line. JSON Lines end with `{"end": {"height", "cursor"}}`, a table that was cut
    with a row that begins with `…`.
    """
    after = None if cursor is None else index_of(cursor, query, newest_first=False)
    require_known(service, after, await service.engine.height())
    require_kept(service, query, after)
    wanted = Wanted(query, after, limit, lang, receipts)
    lines = as_table(service, wanted) if format == "csv" else as_lines(service, wanted)
    media_type = CSV if format == "csv" else JSON_LINES
    headers = {"Content-Disposition": f'attachment; filename="records.{format}"'}
    holder = holder_of(request, service.viewer.member)
    return PacedResponse(lines, request.app.state.streams, holder, media_type, headers)


@router.get(
    "/v1/export/blocks",
    summary="Blocks as a table, the newest first",
    responses={
        200: bytes_answer("Row by row; the last says whether there is more", CSV),
        **problems(421, 429),
    },
)
async def export_blocks(
    request: Request,
    service: Service,
    lang: Annotated[Literal["zh", "en"], Parameter(description="Of the headings")] = "zh",
    limit: Annotated[int, Parameter(ge=1, le=EXPORT_MAX)] = EXPORT_MAX,
    below: Annotated[
        int | None, Parameter(ge=1, le=1 << 62, description="Last cell of a table that was cut")
    ] = None,
) -> Response:
    """Sent while it is read. A table that was cut ends with a row that begins with `…`."""
    heights_kept(service.chain, below, limit)
    lines = blocks_as_table(service, WantedBlocks(below, limit, lang))
    headers = {"Content-Disposition": 'attachment; filename="blocks.csv"'}
    holder = holder_of(request, service.viewer.member)
    return PacedResponse(lines, request.app.state.streams, holder, CSV, headers)


@router.get(
    "/v1/members/{member}/projects",
    summary="All projects in which a member acted",
    responses={200: answer("A page of projects", "ProjectPageJson"), **problems(421)},
)
async def projects(
    service: Service,
    member: Annotated[str, Path(pattern=_MEMBER, examples=["agent"])],
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """From the records that it issued and the caller may see: an agent's projects above all.

    `limit` counts records. A project is listed once on a page, with the first record there; it may
    be listed again on a later one.
    """
    query = acted_for(MemberId(member))
    found = await _turned(service, query, limit, cursor)
    return JSONResponse(_page(projects_in(found), found, query))


@router.get(
    "/v1/refunds/overdue",
    summary="Refunds of deposits that were not recorded in time",
    responses={200: answer("A page of alerts", "OverduePageJson"), **problems(421)},
)
async def overdue(
    service: Service,
    subject: Annotated[str | None, Parameter(min_length=1, max_length=SUBJECT_BYTES_MAX)] = None,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 50,
    cursor: CursorParameter = None,
) -> Response:
    """The alerts about them; `refunded` says whether one was recorded since."""
    query = refunds_overdue(None if subject is None else Subject(subject))
    found = await _turned(service, query, limit, cursor)
    items = overdue_forms(service, found)
    return JSONResponse(_page(items, found, query))


async def _turned(service: LedgerService, query: Query, limit: int, cursor: str | None) -> Answer:
    after = None if cursor is None else index_of(cursor, query, newest_first=False)
    return await page_of(service, query, after, limit)


def _page(
    items: list[Json], found: Answer, query: Query, *, newest_first: bool = False
) -> dict[str, Json]:
    """Items, the cursor of the next page, and the height of the newest block that is known."""
    reached: LogIndex | None = found.reached
    cursor = None if reached is None else cursor_at(reached, query, newest_first=newest_first)
    return {"items": items, "cursor": cursor, "height": found.height}


def _tag(request: Request, service: LedgerService, head: HeaderHash, height: Height) -> str:
    """Another head, another caller or another question has another tag; rights are the head's.

    So has an answer that knows another newest block.
    """
    member = service.viewer.member or ""
    known = height.to_bytes(8)
    parts = (head, known, member.encode(), str(request.url.query).encode())
    return f'"{sha256(b"".join(map(sha256, parts))).hex()[:32]}"'


def _has(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return tag in (each.strip().removeprefix("W/") for each in given.split(","))


def _kept(tag: str) -> dict[str, str]:
    """Whoever keeps an answer asks whether it still holds."""
    return {"ETag": tag, "Cache-Control": "no-cache"}
