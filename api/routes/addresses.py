"""``/v1/addresses/lookups``: which certificates an address has, or the addresses of an owner."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.addresses import look_up
from api.bodies import read_capped
from api.clock import now_ms
from api.identity import Identified
from api.openapi import DEPOSIT_BODY, MEMBERS_ONLY, answer, problems
from ledger.codes import Code

router = APIRouter(tags=["addresses"])

QUESTION_BYTES_MAX = 64 * 1024


@router.post(
    "/v1/addresses/lookups",
    summary="A recorded question about addresses, answered",
    openapi_extra={**DEPOSIT_BODY, **MEMBERS_ONLY},
    responses={
        200: answer("What stands at this node's head", "AddressAnswerJson"),
        **problems(400, 401, 404, 413, 422),
    },
)
async def lookups(request: Request, service: Service, caller: Identified) -> Response:
    """Send the openings file of a record `address.looked_up` of your own, of the last ten minutes.

    The question is on record before it is answered, and what it was about is not.
    """
    data = await read_capped(request, QUESTION_BYTES_MAX, Code.FORMAT_TOO_LARGE)
    found = await asyncio.to_thread(look_up, service, caller.member_id, data, now_ms())
    return JSONResponse(found, headers={"Cache-Control": "no-store"})
