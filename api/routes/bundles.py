"""``/v1/bundles``: submit a signed bundle, and ask what became of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.access import ID_PATTERN, DigestPath, Service, digest
from api.bodies import bundle_in
from api.errors import PROBLEM_TYPE, RETRY_AFTER_S, problem
from api.examples import JSON
from api.forms import Json, acknowledgement_form, refusal_form
from api.openapi import BUNDLE_BODY, Responses, answer, bytes_answer, later, one_of, problems
from api.outcomes import WAIT_MS_MAX, Done, NotTaken, Waiting
from api.service import LedgerService
from api.standing import number_of
from api.submissions import faults_form, said_of, state_of
from consensus.fates import Committed, Pending
from ledger.core.identifiers import RecordId
from ledger.core.receipt import MEDIA_TYPE

RECEIPTS_MAX: Final = 100
"""Receipts inside one JSON answer; more are linked as JSON Lines."""
JSON_LINES: Final = "application/jsonl"
_LINES_AT_ONCE: Final = 16
"""Consensus runs in the same loop and must not wait for ten thousand receipts."""

router = APIRouter(tags=["bundles"])

_SUBMIT_ANSWERS: Final[Responses] = {
    201: answer("Committed, with receipts", "SubmittedJson", JSON, JSON_LINES),
    202: later(answer("Acknowledged and pending, or its receipt is", "WaitingJson")),
    **problems(413, 415, 422, 429, 503),
    422: answer("Refused by the rules, or wrongly signed", "RefusedBundleJson", PROBLEM_TYPE),
}
_FATE_ANSWERS: Final[Responses] = {
    200: one_of("Committed, or refused after it was acknowledged", "CommittedJson", "RefusedJson"),
    202: later(one_of("Pending, or its receipts are", "PendingJson", "ReceiptPendingJson")),
    **problems(404),
}
_LINES_ANSWERS: Final[Responses] = {
    200: bytes_answer("One receipt on each line, in the bundle's order", JSON_LINES),
    202: later(answer("Not cosigned yet", "ProblemJson", PROBLEM_TYPE)),
    **problems(403, 404),
}


@router.post(
    "/v1/bundles",
    status_code=201,
    openapi_extra=BUNDLE_BODY,
    summary="Submit a signed bundle",
    responses=_SUBMIT_ANSWERS,
)
async def submit(
    request: Request,
    service: Service,
    wait: Annotated[
        float, Query(ge=0, le=WAIT_MS_MAX / 1000, description="Seconds to wait for receipts")
    ] = 0,
    receipts: Annotated[
        Literal["all", "none"], Query(description="Whether the answer carries receipts")
    ] = "all",
) -> Response:
    """Take in a bundle, as JSON or as msgpack (the canonical bytes).

    201: every record is committed and has its receipt; 202: acknowledged and pending, or committed
    with the receipt pending. The same bundle may be sent again: the answer is the same.
    """
    bundle = await bundle_in(request, service.chain.genesis.parameters)
    outcome = await service.submit(bundle, int(wait * 1000))
    match outcome:
        case NotTaken(verdict, signed, faults):
            at = request.url.path
            refusal = problem(verdict.code, verdict.detail, at, more=faults_form(faults))
            if signed is not None:
                refusal.headers["Bidwitness-Refusal"] = signed.signature.hex()
            return refusal
        case Waiting():
            return _waiting(outcome, bundle.record_ids)
        case Done(record_ids):
            if JSON_LINES in request.headers.get("accept", ""):
                return _lines(service, record_ids, 201)
            return _done(service, record_ids, with_receipts=receipts == "all")


@router.get("/v1/bundles/{bundle}", summary="What became of a bundle", responses=_FATE_ANSWERS)
async def fate(
    bundle: DigestPath,
    service: Service,
    record: Annotated[
        str | None,
        Query(pattern=ID_PATTERN, description="One of its records: any node finds it by that"),
    ] = None,
) -> Response:
    """By pool key: the hash of header and signature, as the acknowledgement names it.

    A refusal is kept for a day. What a node has forgotten of the committed is found by `record`.
    """
    pool_key = digest(bundle)
    found = state_of(service, pool_key, None if record is None else RecordId(digest(record)))
    if isinstance(found, Pending):
        body: dict[str, Json] = {"status": "pending", "received_at_ms": found.received_at_ms}
        return JSONResponse(body, 202, {"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(found, Committed):
        committed: dict[str, Json] = {"status": "committed", "height": found.height}
        if found.height > service.chain.cosigned_height:
            committed["status"] = "committed, receipt pending"
            return JSONResponse(committed, 202, {"Retry-After": str(RETRY_AFTER_S)})
        if record_ids := service.records_of(pool_key, found.height):
            committed["receipts_url"] = _receipts_url(record_ids)
            committed["records"] = [_place(service, each) for each in record_ids[:RECEIPTS_MAX]]
        return JSONResponse(committed)
    signed = refusal_form(found.signed)
    return JSONResponse({"status": "refused", **said_of(found.verdict), "refusal": signed})


@router.get(
    "/v1/records/{record}/bundle/receipts",
    summary="Receipts of a whole bundle",
    responses=_LINES_ANSWERS,
)
async def bundle_receipts(record: DigestPath, service: Service) -> Response:
    """The receipts of all records that came in one bundle with this one, as JSON Lines."""
    record_ids = service.bundle_of(RecordId(digest(record)))
    stored = [service.stored(each) for each in record_ids]
    for each in stored:
        service.viewer.require(service.decoded(each))
    # Whether the newest has its receipt is asked before the first line is sent.
    service.receipt_of(max(stored, key=lambda each: each.place.height).record_id)
    return _lines(service, record_ids, 200)


def _done(
    service: LedgerService, record_ids: tuple[RecordId, ...], *, with_receipts: bool
) -> Response:
    """Committed: places of the records, and their receipts or a link to them."""
    records = [_place(service, each) for each in record_ids]
    body: dict[str, Json] = {"status": "committed", "records": records}
    if with_receipts and len(record_ids) <= RECEIPTS_MAX:
        body["receipts"] = [service.receipt_of(each).value() for each in record_ids]
    elif with_receipts:
        body["receipts_url"] = _receipts_url(record_ids)
    return JSONResponse(body, 201)


def _place(service: LedgerService, record_id: RecordId) -> dict[str, Json]:
    """Where a record stands, its number for people, and where its certificate is made."""
    stored = service.stored(record_id)
    return {
        "record_id": record_id.hex(),
        "height": stored.place.height,
        "index": stored.place.index,
        "certificate_number": number_of(service, stored),
        "certificate_url": f"/v1/records/{record_id.hex()}/certificate.pdf",
    }


def _waiting(outcome: Waiting, record_ids: tuple[RecordId, ...]) -> Response:
    """Pending, with the node's promise; or committed, with the receipt still pending."""
    acknowledged = outcome.acknowledgement
    body: dict[str, Json] = {
        "status": "pending" if outcome.height is None else "committed, receipt pending",
        "height": outcome.height,
        "bundle": outcome.pool_key.hex(),
        "acknowledgement": None if acknowledged is None else acknowledgement_form(acknowledged),
    }
    # The last record is new where any is: known ones are sent along to be cited, and come first.
    location = f"/v1/bundles/{outcome.pool_key.hex()}?record={record_ids[-1].hex()}"
    return JSONResponse(body, 202, {"Location": location, "Retry-After": str(RETRY_AFTER_S)})


def _receipts_url(record_ids: tuple[RecordId, ...]) -> str:
    """Found by any of its records, so it outlives whatever the node remembers of bundles."""
    return f"/v1/records/{record_ids[0].hex()}/bundle/receipts"


def _lines(service: LedgerService, record_ids: tuple[RecordId, ...], status: int) -> Response:
    """One receipt on each line, in the bundle's order."""
    headers = {"X-Item-Media-Type": MEDIA_TYPE}
    return StreamingResponse(_each_line(service, record_ids), status, headers, JSON_LINES)


async def _each_line(
    service: LedgerService, record_ids: tuple[RecordId, ...]
) -> AsyncIterator[bytes]:
    for start in range(0, len(record_ids), _LINES_AT_ONCE):
        some = record_ids[start : start + _LINES_AT_ONCE]
        yield b"".join(_line(service, each) for each in some)
        await asyncio.sleep(0)


def _line(service: LedgerService, record_id: RecordId) -> bytes:
    """A receipt file is indented for people; here the newline belongs to the list."""
    value = service.receipt_of(record_id).value()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
