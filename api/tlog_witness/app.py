"""create_witness_app: the HTTP interface of a witness, with the statuses of C2SP tlog-witness.

Who may ask is decided by the signatures in the request alone. Spec:
``docs/spec/witness_server.md``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from api.bodies import read_capped
from api.errors import on_http_exception, on_unexpected, problem
from api.headers import SecurityHeaders
from api.tlog_witness.service import Witness
from ledger.codes import Code
from ledger.core.add_checkpoint import BODY_BYTES_MAX
from ledger.errors import LedgerError

NOTE_TYPE: Final = "text/plain; charset=utf-8"
SIZE_TYPE: Final = "text/x.tlog.size"
STATUS: Final[Mapping[Code, int]] = {
    Code.WITNESS_REQUEST: 400,
    Code.NOTE_INVALID: 400,
    Code.FORMAT_TOO_LARGE: 413,
    Code.WITNESS_LOG: 404,
    Code.CHECKPOINT_NONE: 404,
    Code.NOTE_SIGNATURE: 403,
    Code.NOTE_UNKNOWN_KEY: 403,
    Code.RECEIPT_QUORUM: 403,
    Code.WITNESS_EPOCH: 403,
    Code.WITNESS_SIZE: 409,
    Code.WITNESS_EMPTY: 422,
    Code.CHECKPOINT_CONFLICT: 422,
    Code.WITNESS_AHEAD: 503,
    Code.PROOF_CONSISTENCY: 422,
    Code.STORE_DISK_FULL: 503,
    Code.STORE_IO: 503,
}
"""Every code that a request can meet here, and its status."""

router = APIRouter()


Look: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Raises for a request that the witness is not to be asked."""


async def _any(body: bytes) -> None:
    """A witness that is nothing else believes the quorum."""


def create_witness_app(witness: Witness, look: Look = _any) -> FastAPI:
    """The application of one witness.

    Args:
        witness: answers.
        look: is asked before it.
    """
    app = FastAPI(title="bidwitness witness", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.witness = witness
    app.state.look = look
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(LedgerError, _on_refusal)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(Exception, on_unexpected)
    app.include_router(router)
    return app


def _witness(request: Request) -> Witness:
    found: Witness = request.app.state.witness
    return found


Asked = Annotated[Witness, Depends(_witness)]


@router.post("/add-checkpoint")
async def add_checkpoint(witness: Asked, request: Request) -> Response:
    """Cosign a head that continues the last one."""
    body = await read_capped(request, BODY_BYTES_MAX, Code.FORMAT_TOO_LARGE)
    await request.app.state.look(body)
    # Signatures and fsync take their time, and others are asking as well.
    line = await asyncio.to_thread(witness.add_checkpoint, body)
    return Response(line, 200, {"Cache-Control": "no-store"}, NOTE_TYPE)


@router.get("/{hashed}/checkpoint")
async def checkpoint(witness: Asked, hashed: str) -> Response:
    """The last cosigned head of one log, for monitors."""
    return Response(witness.checkpoint(hashed), 200, {"Cache-Control": "no-cache"}, NOTE_TYPE)


@router.get("/healthz")
async def healthz() -> Response:
    """The process lives."""
    return Response(b"ok\n", media_type=NOTE_TYPE)


async def _on_refusal(request: Request, error: Exception) -> Response:
    """A refusal under the status that tlog-witness gives it."""
    if not isinstance(error, LedgerError) or error.code not in STATUS:
        return await on_unexpected(request, error)
    if error.code is Code.WITNESS_SIZE:
        # Given as a header: of a text the framework would name the charset, which is not to be.
        headers = {"Cache-Control": "no-store", "Content-Type": SIZE_TYPE}
        return Response(f"{error.detail['size']}\n", 409, headers)
    return problem(error.code, error.detail, request.url.path, STATUS[error.code])
