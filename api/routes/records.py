"""``/v1/records`` and ``/v1/subjects``: what was said, where it stands, and its receipt."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import DigestPath, PageTurn, Service, digest
from api.engines.query import Query as Sought
from api.errors import PROBLEM_TYPE
from api.examples import JSON
from api.forms import stored_form
from api.listing import page_form, shown_page
from api.openapi import answer, bytes_answer, later, problems
from api.queries.asking import reached_of, require_kept, require_known
from api.trace import trace_form
from ledger.core.identifiers import RecordId, Subject
from ledger.core.receipt import MEDIA_TYPE
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.core.tlog_proof import MEDIA_TYPE as PROOF_TYPE

router = APIRouter(tags=["records"])

RAW: Final = "application/msgpack"


@router.get(
    "/v1/records/{record}",
    summary="A record",
    responses={
        200: answer("The record", "StoredRecordJson", JSON, RAW),
        **problems(403, 404, 421),
    },
)
async def record(
    record: DigestPath,
    service: Service,
    raw: Annotated[bool, Query(description="The canonical bytes instead of JSON")] = False,
) -> Response:
    """What the member said, and where it stands in the log."""
    stored = service.stored(RecordId(digest(record)))
    said = service.viewer.require(service.decoded(stored))
    if raw:
        return Response(stored.data, media_type=RAW)
    return JSONResponse(stored_form(stored, said, service.catalogue))


@router.get(
    "/v1/records/{record}/receipt",
    summary="A record's receipt",
    responses={
        200: bytes_answer("The receipt: docs/spec/receipt.md", MEDIA_TYPE),
        202: later(answer("Not cosigned yet", "ProblemJson", PROBLEM_TYPE)),
        **problems(403, 404, 421),
    },
)
async def receipt(record: DigestPath, service: Service) -> Response:
    """One file that proves the record without this service; always the same one.

    202 with `receipt.pending` while fewer than a quorum of nodes have cosigned.
    """
    found = service.receipt(RecordId(digest(record)))
    name = f'attachment; filename="{record[:16]}.receipt.json"'
    return Response(found.encode(), media_type=MEDIA_TYPE, headers={"Content-Disposition": name})


@router.get(
    "/v1/records/{record}/tlog-proof",
    summary="A record's receipt as a C2SP proof",
    responses={
        200: bytes_answer("The proof: docs/spec/tlog_proof.md", PROOF_TYPE),
        202: later(answer("Not cosigned yet", "ProblemJson", PROBLEM_TYPE)),
        **problems(403, 404, 421),
    },
)
async def tlog_proof(record: DigestPath, service: Service) -> Response:
    """The receipt for tools of other people, signed by this node's log key as well."""
    found = service.tlog_proof(RecordId(digest(record)))
    name = f'attachment; filename="{record[:16]}.tlog-proof"'
    return Response(found.format(), 200, {"Content-Disposition": name}, PROOF_TYPE)


@router.get(
    "/v1/records/{record}/trace",
    summary="A record's amendment trace",
    responses={200: answer("Who changed which field when", "TraceJson"), **problems(403, 404, 421)},
)
async def trace(record: DigestPath, service: Service) -> Response:
    """Everything that amends, replaces or voids it, with its public fields before and after.

    Of private fields it says that they were committed anew: values are for whoever holds the
    openings, and `bidwitness trace` puts both together.
    """
    return JSONResponse(trace_form(service, RecordId(digest(record))))


@router.get(
    "/v1/subjects",
    summary="All records about a subject",
    responses={200: answer("A page of records", "RecordPageJson"), **problems(421)},
)
async def subject(
    service: Service,
    turn: PageTurn,
    key: Annotated[str, Query(min_length=1, max_length=SUBJECT_BYTES_MAX)],
) -> Response:
    """In the log's order: a project's or section's track."""
    require_known(service, turn.after, service.chain.head.height)
    require_kept(service, Sought(), turn.after, newest_first=turn.newest_first)
    about = partial(service.chain.lookup.by_subject, Subject(key))
    found = shown_page(service, about, turn)
    cursor = reached_of(service, Sought(), found.cursor, newest_first=turn.newest_first)
    return JSONResponse(page_form(service, replace(found, cursor=cursor)))
