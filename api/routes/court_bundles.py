"""``…/bundle.zip``: everything that proves a record or a subject's records, for a court."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from api.access import DigestPath, Service, digest
from api.documents.court_bundle import bundle_size, written
from api.documents.court_desk import CourtDesk, Packed
from api.errors import PROBLEM_TYPE
from api.fairness import address_of
from api.openapi import answer, bytes_answer, later, problems
from ledger.carriers.court_zip import MEDIA_TYPE
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import SUBJECT_BYTES_MAX

router = APIRouter(tags=["records"])


def desk_of(request: Request) -> CourtDesk:
    """The desk that `api.app.create_app` made."""
    desk: CourtDesk = request.app.state.court
    return desk


Desk: TypeAlias = Annotated[CourtDesk, Depends(desk_of)]
_BUNDLE = bytes_answer("The evidence package: docs/spec/court_bundle.md", MEDIA_TYPE)
_PENDING = later(answer("Not cosigned yet", "ProblemJson", PROBLEM_TYPE))


@router.get(
    "/v1/records/{record}/bundle.zip",
    summary="A record's evidence package",
    responses={200: _BUNDLE, 202: _PENDING, **problems(403, 404, 421, 429)},
)
async def record_bundle(
    request: Request, record: DigestPath, service: Service, desk: Desk
) -> StreamingResponse:
    """Receipt, proofs, certificate and time stamps, with a page that says how to verify them."""
    with desk.shares.share(address_of(request)):
        return _sent(await desk.of_record(service, RecordId(digest(record))))


@router.get(
    "/v1/subjects/bundle.zip",
    summary="The evidence package of a subject",
    responses={200: _BUNDLE, 202: _PENDING, **problems(404, 413, 421, 429)},
)
async def subject_bundle(
    request: Request,
    service: Service,
    desk: Desk,
    key: Annotated[str, Query(min_length=1, max_length=SUBJECT_BYTES_MAX)],
) -> StreamingResponse:
    """The same of every record about it that is shown to the caller, up to 200."""
    with desk.shares.share(address_of(request)):
        return _sent(await desk.of_subject(service, Subject(key)))


def _sent(packed: Packed) -> StreamingResponse:
    def pieces() -> Iterator[bytes]:
        yield from written(packed.parts)

    headers = {
        # The time of making is in it.
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{packed.name}"',
        "Content-Length": str(bundle_size(packed.parts)),
    }
    return StreamingResponse(pieces(), media_type=MEDIA_TYPE, headers=headers)
