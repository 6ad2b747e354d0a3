"""``/v1/court-codes``: codes that open one evidence package each, and what became of them."""

from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.access import DigestPath, digest, page
from api.bodies import read_capped
from api.court_code_rows import CodeRow
from api.court_codes import CourtCodes
from api.extraction import TYPED_BYTES_MAX, Extraction, extracts_of, sent
from api.fairness import address_of
from api.forms import Json
from api.identity import Identified
from api.openapi import COURT_CODE_BODY, COURT_ORDER_BODY, MEMBERS_ONLY, answer, bytes_answer
from api.openapi import problems as problems_of
from ledger.carriers.court_zip import MEDIA_TYPE
from ledger.codes import Code
from ledger.core import strict_json
from ledger.core.court_code import ORDER_FILE_BYTES_MAX, TYPED_MAX, decode_order

router = APIRouter(tags=["records"])

_PRIVATE: Final = {"Cache-Control": "no-store"}


def codes_of(request: Request) -> CourtCodes:
    """The codes of this node; raises as `extracts_of`."""
    extracts_of(request)
    codes: CourtCodes = request.app.state.codes
    return codes


Codes: TypeAlias = Annotated[CourtCodes, Depends(codes_of)]


@router.post(
    "/v1/court-codes",
    summary="Make or end an extraction code",
    openapi_extra=COURT_ORDER_BODY,
    responses={
        200: answer("The code, without the code", "CourtCodeJson"),
        **problems_of(401, 403, 404, 413, 422, 429, 503),
    },
)
async def order(request: Request, codes: Codes) -> Response:
    """Keep the package of a record or a subject under a code, or open it no more.

    Signed by a key of the member; the code itself is not sent, only its hash.
    """
    signed = decode_order(await read_capped(request, ORDER_FILE_BYTES_MAX, Code.FORMAT_TOO_LARGE))
    return JSONResponse(_form(await codes.obey(signed)), headers=_PRIVATE)


@router.get(
    "/v1/court-codes",
    summary="Extraction codes",
    openapi_extra=MEMBERS_ONLY,
    responses={200: answer("The newest first", "CourtCodePageJson"), **problems_of(401, 404)},
)
async def listing(codes: Codes, caller: Identified) -> Response:
    """Those that the caller made; all of them for a supervisor."""
    rows = await codes.rows_for(caller)
    return JSONResponse(page([_form(each) for each in rows], None), headers=_PRIVATE)


@router.get("/v1/court-codes/package", include_in_schema=False)
async def not_asked_by_get() -> Response:
    """The template behind this would take the word for a hash: say what the path takes instead."""
    raise HTTPException(405)


@router.get(
    "/v1/court-codes/{code}",
    summary="An extraction code and its uses",
    openapi_extra=MEMBERS_ONLY,
    responses={200: answer("With each use", "CourtCodeUsesJson"), **problems_of(401, 404)},
)
async def uses(code: DigestPath, codes: Codes, caller: Identified) -> Response:
    """By the code's hash: for its maker and for supervisors; for everybody else there is none."""
    row = await codes.row_for(caller, digest(code))
    told: list[Json] = [
        {"at_ms": each.at_ms, "place": each.place, "outcome": each.outcome.value}
        for each in row.uses
    ]
    return JSONResponse(_form(row) | {"uses": told}, headers=_PRIVATE)


@router.post(
    "/v1/court-codes/package",
    summary="The evidence package of a code",
    openapi_extra=COURT_CODE_BODY,
    responses={
        200: bytes_answer("The evidence package: docs/spec/court_bundle.md", MEDIA_TYPE),
        **problems_of(404, 413, 429, 503),
    },
)
async def package(request: Request, codes: Extraction) -> Response:
    """For whoever has the code; a code that opens nothing is not told from one that never was."""
    data = await read_capped(request, TYPED_BYTES_MAX, Code.FORMAT_TOO_LARGE)
    said = strict_json.table(strict_json.load(data, TYPED_BYTES_MAX), "code", ("code",))
    typed = strict_json.text(said["code"], "code", 4 * TYPED_MAX)
    return sent(await codes.extract(typed, address_of(request)))


def _form(row: CodeRow) -> dict[str, Json]:
    return {
        "code_hash": row.code_hash.hex(),
        "member": row.member,
        "about": row.about,
        "records_count": len(row.record_ids),
        "package_sha256": row.package_sha256.hex(),
        "package_bytes": row.package_bytes,
        "made_at_ms": row.made_at_ms,
        "expires_at_ms": row.expires_at_ms,
        "ended_at_ms": row.ended_at_ms,
        "revoked": row.revoked,
        "given_count": row.given_count,
        "refused_count": len(row.uses) - row.given_count,
    }
