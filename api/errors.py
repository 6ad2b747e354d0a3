"""Problem documents (RFC 9457): every error that leaves the service has a stable code and words.

The HTTP status of every code is decided here, from one table by prefix and one of exceptions.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import structlog
from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.headers import SECURITY
from api.request_log import HEADER, request_id
from api.rights import NotPublic
from ledger.codes import Code
from ledger.errors import DetailValue, LedgerError
from ledger.words import sentence

PROBLEM_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:bidwitness:problem:"

_UNFIT: Final = frozenset(
    {
        "bundle",
        "record",
        "key",
        "member",
        "role",
        "calendar",
        "signature",
        "block",
        "committee",
        "sealed",
        "seal",
        "list",
        "address",
        "evaluation",
        "draw",
        "auction",
        "fault",
        "clock",
    }
)
"""Prefixes of what the rules or its signature refuse in a well-formed submission: 422."""
_BY_PREFIX: Final[Mapping[str, int]] = {
    "format": 400,
    "identity": 401,
    "store": 503,
    "journal": 503,
    "pool": 429,
} | dict.fromkeys(_UNFIT, 422)
_EXACT: Final[Mapping[Code, int]] = {
    Code.FORMAT_TOO_LARGE: 413,
    Code.BUNDLE_TOO_LARGE: 413,
    Code.RECORD_TOO_LARGE: 413,
    Code.NOTE_INVALID: 422,
    Code.PROOF_CONSISTENCY: 422,
    Code.PROOF_INCLUSION: 422,
    Code.PROOF_NEGATIVE_LIST: 422,
    Code.PROOF_VRF: 422,
    Code.RECORD_UNKNOWN: 404,
    Code.BLOCK_UNKNOWN: 404,
    # Not 404: it exists, and another node has it.
    Code.BLOCK_NOT_KEPT: 421,
    Code.RECORD_NOT_KEPT: 421,
    Code.LOG_NOT_KEPT: 421,
    Code.LOG_WEEK_NOT_KEPT: 421,
    Code.CHECKPOINT_NONE: 404,
    Code.CHECKPOINT_BEYOND: 404,
    Code.TILE_PATH: 404,
    Code.TILE_UNKNOWN: 404,
    Code.RECEIPT_PENDING: 202,
    Code.RECEIPT_UNCOMMITTED: 202,
    Code.API_NOT_FOUND: 404,
    Code.API_ROUTE: 404,
    Code.API_METHOD: 405,
    Code.API_MEDIA_TYPE: 415,
    Code.API_PARAMETER: 400,
    Code.API_PARAMETER_UNKNOWN: 400,
    Code.API_CURSOR: 400,
    # As with what was not kept: another node has it.
    Code.API_BEHIND: 421,
    Code.API_STREAMS: 429,
    Code.API_NOT_PUBLIC: 403,
    Code.IDENTITY_ROLE: 403,
    Code.DEPOSIT_RECORD: 422,
    Code.CATALOGUE_ADOPTED: 422,
    Code.CATALOGUE_VERSIONS: 422,
    Code.CATALOGUE_UNFIT: 422,
    Code.CATALOGUE_UNREAD: 422,
    Code.CATALOGUE_MISSING: 503,
    Code.DEPOSIT_FULL: 429,
    Code.CERTIFICATE_PDF_BUSY: 429,
    Code.COURT_BUNDLE_BUSY: 429,
    Code.COURT_BUNDLE_NOTHING: 404,
    Code.COURT_BUNDLE_TOO_MANY: 413,
    Code.OCDS_BUSY: 429,
    Code.OCDS_NOTHING: 404,
    Code.OCDS_MANY: 413,
    Code.CERTIFICATE_PDF_NUMBER: 400,
    Code.COURT_CODE_TYPED: 400,
    Code.COURT_CODE_NONE: 404,
    Code.COURT_CODE_PACE: 429,
    Code.COURT_CODE_ORDER: 422,
    Code.COURT_CODE_FULL: 429,
    # Not 503: waiting does not help, another server does (RFC 9110 section 15.5.20).
    Code.OBSERVER_SUBMISSION: 421,
    # It has gone on by the time somebody has stopped the other process; others take it now.
    Code.NODE_CLONED: 503,
    Code.API_BUSY: 429,
    Code.API_NO_QUORUM: 503,
    Code.API_STOPPED: 503,
}
OUR_MISTAKE: Final = 500
"""Of every other code: it belongs to a layer that no request should meet."""
_RETRY: Final = frozenset({202, 429, 503})
RETRY_AFTER_S: Final = 1
_UNAUTHORIZED: Final = 401
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_log = structlog.get_logger("api")


class ApiError(LedgerError):
    """What only the HTTP layer refuses: a parameter, a media type, an unknown thing."""


def http_status(code: Code) -> int:
    """The HTTP status under which `code` leaves the service."""
    by_prefix = _BY_PREFIX.get(code.value.partition(".")[0], OUR_MISTAKE)
    return _EXACT.get(code, by_prefix)


def problem(
    code: Code,
    detail: Mapping[str, DetailValue],
    instance: str = "",
    status: int | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
) -> JSONResponse:
    """The problem document of `code`.

    Args:
        code: what happened.
        detail: fills the sentences; also given as members of the document.
        instance: path of the request.
        status: where it differs from the table's.
        more: further members of the document.
    """
    number = http_status(code) if status is None else status
    english = sentence(code, detail, "en")
    body = {
        "type": TYPE_PREFIX + code.value,
        "title": english.split(". ")[0].rstrip("."),
        "status": number,
        "code": code.value,
        "detail": english,
        "detail_zh": sentence(code, detail, "zh"),
        "facts": dict(detail),
        "instance": instance,
        **({"request_id": request_id()} if request_id() else {}),
        **more,
    }
    # What is not here yet may be here in a second: nobody on the way may keep this answer.
    headers = {"Cache-Control": "no-store"}
    if number in _RETRY:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if number == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, number, headers, media_type=PROBLEM_TYPE)


async def on_ledger_error(request: Request, error: Exception) -> JSONResponse:
    """Any `LedgerError`: the outside broke a promise, or asked for what is not there."""
    if not isinstance(error, LedgerError):
        return await on_unexpected(request, error)
    return problem(error.code, error.detail, request.url.path)


async def on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    """A parameter or body that does not have its declared shape."""
    what = "request"
    if isinstance(error, RequestValidationError) and error.errors():
        first = jsonable_encoder(error.errors()[0], custom_encoder={Exception: str})
        what = ".".join(str(part) for part in first["loc"]) + f": {first['msg']}"
    return problem(Code.API_PARAMETER, {"what": what[:300]}, request.url.path)


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses before a route is found."""
    status = error.status_code if isinstance(error, HTTPException) else OUR_MISTAKE
    codes = {404: Code.API_ROUTE, 405: Code.API_METHOD}
    code = codes.get(status, Code.API_PARAMETER)
    facts = {"path": request.url.path, "method": request.method, "what": request.url.path}
    answer = problem(code, facts, request.url.path, status)
    if code is Code.API_METHOD:
        answer.headers["Allow"] = ", ".join(_allowed(request))
    elif isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    return answer


def _allowed(request: Request) -> list[str]:
    """Which methods a path takes, by all of its routes: the framework tells those of the first.

    A path that is spelled out is none of those that a template would take as well.
    """
    described = request.app.openapi()["paths"].get(request.url.path)
    if described is not None:
        return [method.upper() for method in described]
    asked = ({**request.scope, "method": method} for method in _METHODS)
    routes = request.app.routes
    return [
        scope["method"]
        for scope in asked
        if any(route.matches(scope)[0] is Match.FULL for route in routes)
    ]


async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
    """Our own mistake: its trace is for the log, and never for the outside."""
    _log.error("request.failed", path=request.url.path, method=request.method, exc_info=error)
    answer = problem(Code.API_INTERNAL, {"what": type(error).__name__}, request.url.path)
    # This answer is made outside everything that adds headers to the others.
    answer.headers.update({**SECURITY, HEADER: request_id()})
    return answer


HANDLERS: Final = {
    LedgerError: on_ledger_error,
    NotPublic: on_ledger_error,
    RequestValidationError: on_invalid_request,
    HTTPException: on_http_exception,
    Exception: on_unexpected,
}
"""What `api.app` registers."""
