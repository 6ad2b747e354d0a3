"""``/v1/status/{row}``: rows of the slow state, such as a seal's status, now and at a time."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.clock import now_ms
from api.errors import ApiError
from api.forms import Json, value_form
from api.openapi import answer, bytes_answer, problems
from api.status_answers import status_answer
from ledger.codes import Code
from ledger.core.canonical import decode
from ledger.core.shapes import TIME_MAX, array
from ledger.core.status import ROW_BYTES_MAX, StatusTree, interval_from
from ledger.core.status_answer import MEDIA_TYPE, ROW_KEY_BYTES_MAX

router = APIRouter(tags=["status"])

ROWS_MAX: Final = 100
"""Rows of one answer: a seal has a few spells, a member a few keys and roles."""


@router.get(
    "/v1/status/{row:path}",
    summary="Status rows of a key",
    responses={200: answer("The row and those below it", "StatusJson"), **problems(404)},
)
async def status(
    service: Service,
    row: Annotated[str, Path(min_length=1, max_length=300, description="seal/SEAL-620100-0001")],
    at: Annotated[
        int | None, Query(ge=0, le=TIME_MAX, description="Asks about this time; else about now")
    ] = None,
) -> Response:
    """Each row with the interval in which it holds, and its path: one row proves one spell.

    Height and time of the newest block are what a seal's use cites as its status answer.
    """
    tree, head = service.chain.status, service.chain.head
    at_ms = head.time_ms if at is None else at
    found = tree.under(row.encode(), ROWS_MAX + 1)
    if not found:
        raise ApiError(Code.API_NOT_FOUND, query=row, searched="status 状态行")
    return JSONResponse(
        {
            "row": row,
            "height": head.height,
            "time_ms": head.time_ms,
            "at_ms": at_ms,
            "status_size": tree.size,
            "status_root": tree.root.hex(),
            "items": [_row(tree, *each, at_ms) for each in found[:ROWS_MAX]],
            "truncated": len(found) > ROWS_MAX,
        }
    )


@router.get(
    "/v1/status-answers/{row:path}",
    summary="A signed answer about a status row",
    responses={
        200: bytes_answer("The answer: docs/spec/status_answer.md", MEDIA_TYPE),
        **problems(400, 404),
    },
)
async def answered(
    service: Service,
    row: Annotated[
        str,
        Path(
            min_length=1,
            max_length=ROW_KEY_BYTES_MAX,
            description="seal/SEAL-620100-0001/, with the slash for the spells of a status",
        ),
    ],
    at: Annotated[
        int | None, Query(ge=0, le=TIME_MAX, description="Asks about this time; else about now")
    ] = None,
) -> Response:
    """One file that proves the row, or that there is none, under the newest cosigned head.

    The node signs that this was its answer. With the statements of f + 1 nodes one at least is
    honest; clients put them together.
    """
    found = status_answer(service, row, at, now_ms())
    return Response(found.encode(), media_type=MEDIA_TYPE)


def _row(tree: StatusTree, index: int, key: bytes, value: bytes, at_ms: int) -> dict[str, Json]:
    """One row in its JSON form."""
    first, *rest = array(decode(value, ROW_BYTES_MAX), "status row")
    interval = interval_from(first)
    return {
        "key": key.decode(),
        "from_index": interval.from_index,
        "from_time_ms": interval.from_time_ms,
        "until_index": interval.until_index,
        "until_time_ms": interval.until_time_ms,
        "in_force": interval.holds_at(at_ms),
        "value": [value_form(each) for each in rest],
        "index": index,
        "path": [each.hex() for each in tree.path(index)],
    }
