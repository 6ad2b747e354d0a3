"""``/v1/deposits``: openings that members encrypted for supervisors, kept by this node."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.access import DigestPath, Service, digest, page
from api.bodies import read_capped
from api.deposit_store import DepositStore, KeptDeposit
from api.deposits import take_in
from api.forms import Json
from api.identity import Identified
from api.openapi import DEPOSIT_BODY, MEMBERS_ONLY, answer, bytes_answer, problems
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.deposit import DEPOSIT_BYTES_MAX
from ledger.errors import LedgerError

router = APIRouter(tags=["deposits"])

MEDIA_TYPE: Final = "application/json"
_PAGE_MAX: Final = 500


@router.post(
    "/v1/deposits",
    status_code=201,
    summary="Keep a deposit",
    openapi_extra=DEPOSIT_BODY,
    responses={
        201: answer("It is on disk", "DepositJson"),
        **problems(401, 404, 413, 422, 429, 503),
    },
)
async def put(request: Request, service: Service) -> Response:
    """Keep the deposit of a record's openings, signed by a key of the record's author.

    Nothing of it is decrypted, and it is not replicated: it lies on this node.
    """
    store = _store(service)
    data = await read_capped(request, DEPOSIT_BYTES_MAX, Code.FORMAT_TOO_LARGE)
    kept = await asyncio.to_thread(take_in, service, store, data)
    return JSONResponse(_form(kept), 201)


@router.get(
    "/v1/deposits",
    summary="Deposits that the caller may fetch",
    openapi_extra=MEMBERS_ONLY,
    responses={200: answer("A page of deposits", "DepositPageJson"), **problems(401, 404)},
)
async def listing(
    service: Service,
    caller: Identified,
    after: Annotated[
        str, Query(pattern="^([0-9a-f]{64})?$", description="`cursor` of the page before")
    ] = "",
) -> Response:
    """Those that the caller deposited or is a recipient of, ascending by digest."""
    found = await asyncio.to_thread(_store(service).of, caller.member_id)
    rest = [each for each in found if each.digest.hex() > after]
    shown = rest[:_PAGE_MAX]
    cursor = shown[-1].digest.hex() if len(rest) > _PAGE_MAX else None
    return JSONResponse({**page([_form(each) for each in shown], None), "cursor": cursor})


@router.get(
    "/v1/deposits/{deposit}",
    summary="A deposit",
    openapi_extra=MEMBERS_ONLY,
    responses={
        200: bytes_answer("The file: docs/spec/deposits.md", MEDIA_TYPE),
        **problems(401, 404, 503),
    },
)
async def fetch(deposit: DigestPath, service: Service, caller: Identified) -> Response:
    """The file, for its depositor and its recipients; for everybody else there is none."""
    store, wanted = _store(service), digest(deposit)
    kept = await asyncio.to_thread(store.get, wanted)
    if kept is None or not kept.is_for(caller.member_id):
        raise LedgerError(Code.API_NOT_FOUND, query=deposit, searched="deposit 寄存")
    data = await asyncio.to_thread(store.read, wanted)
    return Response(data, 200, {"Cache-Control": "no-store"}, MEDIA_TYPE)


def _store(service: LedgerService) -> DepositStore:
    """The node's store.

    Raises:
        LedgerError: `api.not_found` on a node that keeps none, such as an observer.
    """
    if service.deposits is None:
        raise LedgerError(Code.API_NOT_FOUND, query="/v1/deposits", searched="deposits 寄存")
    return service.deposits


def _form(kept: KeptDeposit) -> dict[str, Json]:
    header = kept.header
    return {
        "digest": kept.digest.hex(),
        "size_bytes": kept.size_bytes,
        "record_id": header.record_id.hex(),
        "issuer": header.issuer,
        "names": list(header.names),
        "recipients": [each.member_id for each in header.recipients],
    }
