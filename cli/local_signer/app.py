"""The signer over HTTP: what pages ask below ``/v1/``, and the desk at which a person decides.

The desk's address holds a secret that is in the terminal and nowhere else, so neither a page nor
another user of the machine can open it. Spec: ``docs/spec/signer.md``.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.bodies import read_capped
from api.errors import on_http_exception, on_unexpected, problem
from api.headers import SecurityHeaders
from api.schemas.wished import read_code, read_wish
from cli.local_signer.counter import Counter, State
from cli.local_signer.counter import Request as Asked
from cli.local_signer.guard import SECRET_HEADER, Guard
from cli.local_signer.pages import HEADERS, decided_in, desk_page, plain_page, style
from cli.local_signer.pairing import Pairings
from ledger.codes import Code
from ledger.errors import LedgerError

BODY_BYTES_MAX: Final = 256 * 1024
FORM_BYTES_MAX: Final = 1_024
_STATUS: Final = {
    Code.SIGNER_REQUEST: 400,
    Code.FORMAT_TOO_LARGE: 413,
    Code.SIGNER_UNPAIRED: 403,
    Code.SIGNER_CODE: 403,
    Code.SIGNER_LOGIN: 403,
    Code.SIGNER_DECLINED: 403,
    Code.SIGNER_EXPIRED: 403,
    Code.SIGNER_TICKET: 404,
    Code.SIGNER_BUSY: 429,
    Code.FILE_UNWRITABLE: 503,
}
_UNFIT: Final = 422
"""Of every other code: the record is not one that could be said."""


@dataclass(frozen=True, slots=True)
class Front:
    """What the routes share."""

    counter: Counter
    pairings: Pairings
    show: Callable[[str, str], None]
    """Shows an origin and its pairing code in the terminal."""
    now_ms: Callable[[], int]
    desk: str = field(default_factory=lambda: secrets.token_hex(16))
    """Secret of the desk's address."""
    opening: list[str] = field(default_factory=lambda: [secrets.token_hex(16)])
    """The link in the terminal, good for once: what stands in a process list for a moment does not
    stay good.
    """


def create_signer_app(front: Front, hosts: frozenset[str]) -> FastAPI:
    """The application of one signer.

    Args:
        front: what it serves.
        hosts: under which values of Host, with the port.
    """
    app = FastAPI(title="bidwitness signer", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(LedgerError, _on_ledger_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(Exception, on_unexpected)
    app.state.front = front
    for method, path, route in (
        ("GET", "/", _about),
        ("GET", "/style.css", _style),
        ("GET", "/open/{once}", _open),
        ("GET", "/desk/{secret}", _desk),
        ("POST", "/desk/{secret}", _decide),
        ("POST", "/v1/pairing", _ask_pairing),
        ("POST", "/v1/pairing/code", _confirm_pairing),
        ("GET", "/v1/state", _state),
        ("DELETE", "/v1/state", _leave),
        ("POST", "/v1/sign", _sign),
        ("GET", "/v1/sign/{ticket}", _answer),
    ):
        app.add_api_route(path, route, methods=[method], response_model=None)
    app.add_middleware(Guard, hosts=hosts, paired=front.pairings.knows)
    app.add_middleware(SecurityHeaders)
    return app


async def _on_ledger_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, LedgerError):
        return await on_unexpected(request, error)
    return problem(error.code, error.detail, request.url.path, _STATUS.get(error.code, _UNFIT))


# For pages.


async def _ask_pairing(request: Request) -> Response:
    front = _front(request)
    shown = front.pairings.ask(_origin(request), front.now_ms())
    front.show(shown.origin, shown.code)
    return JSONResponse({"shown": True, "until_ms": shown.until_ms}, 202)


async def _confirm_pairing(request: Request) -> Response:
    front = _front(request)
    code = read_code(await read_capped(request, FORM_BYTES_MAX, Code.FORMAT_TOO_LARGE))
    secret = front.pairings.confirm(_origin(request), code, front.now_ms())
    return JSONResponse({"secret": secret})


async def _state(request: Request) -> Response:
    """Whose key it is: for paired pages only."""
    front, _ = _paired(request)
    holder = front.counter.holder
    return JSONResponse(
        {
            "member": holder.member_id,
            "network_id": holder.trust.network_id.hex(),
            "public_key": holder.signer.public_key.hex(),
        }
    )


async def _leave(request: Request) -> Response:
    front, origin = _paired(request)
    front.counter.withdraw(origin, front.now_ms())
    front.pairings.end(origin)
    return Response(status_code=204)


async def _sign(request: Request) -> Response:
    front, origin = _paired(request)
    wish = read_wish(await read_capped(request, BODY_BYTES_MAX, Code.FORMAT_TOO_LARGE))
    return _told(front.counter.lay(origin, wish, front.now_ms()))


async def _answer(request: Request, ticket: str) -> Response:
    front, origin = _paired(request)
    return _told(front.counter.of(ticket, origin, front.now_ms()))


def _told(asked: Asked) -> Response:
    """What became of a request, for its page."""
    body: dict[str, object] = {"ticket": asked.ticket, "state": asked.state.value}
    if asked.state is State.WAITING:
        return JSONResponse({**body, "until_ms": asked.until_ms}, 202)
    if asked.state is State.DECLINED:
        raise LedgerError(Code.SIGNER_DECLINED)
    if asked.state is State.EXPIRED:
        raise LedgerError(Code.SIGNER_EXPIRED)
    told = {
        name: base64.b64encode(each).decode() if isinstance(each, bytes) else each
        for name, each in asked.answer.items()
    }
    return JSONResponse({**body, **told})


# For the person.


async def _about(request: Request) -> Response:
    """For whoever finds this port: that it is a signer, and nothing of whose."""
    return plain_page(request, "about")


async def _style(request: Request) -> Response:
    return Response(style(), 200, HEADERS, "text/css; charset=utf-8")


async def _open(request: Request, once: str) -> Response:
    front = _front(request)
    if not front.opening or not secrets.compare_digest(front.opening[0].encode(), once.encode()):
        return plain_page(request, "used", 404)
    front.opening.clear()
    return RedirectResponse(f"/desk/{front.desk}", 303, HEADERS)


async def _desk(request: Request, secret: str) -> Response:
    front = _front(request)
    if not secrets.compare_digest(front.desk.encode(), secret.encode()):
        return plain_page(request, "used", 404)
    return desk_page(request, front.counter, front.pairings, front.now_ms())


async def _decide(request: Request, secret: str) -> Response:
    front, now = _front(request), _front(request).now_ms()
    if not secrets.compare_digest(front.desk.encode(), secret.encode()):
        return plain_page(request, "used", 404)
    if "origin" not in request.headers:
        raise LedgerError(Code.SIGNER_ORIGIN, found="–")
    form = decided_in(await read_capped(request, FORM_BYTES_MAX, Code.FORMAT_TOO_LARGE))
    if form.end_origin:
        front.counter.withdraw(form.end_origin, now)
        front.pairings.end(form.end_origin)
    else:
        front.counter.decide(form.ticket, now, consent=form.consent)
    return RedirectResponse(f"/desk/{front.desk}", 303, HEADERS)


def _front(request: Request) -> Front:
    front: Front = request.app.state.front
    return front


def _origin(request: Request) -> str:
    """As `Guard` let it pass."""
    return request.headers["origin"]


def _paired(request: Request) -> tuple[Front, str]:
    """The front and the origin of a page that shows its secret.

    Raises:
        LedgerError: `signer.unpaired`.
    """
    front, origin = _front(request), _origin(request)
    front.pairings.require(origin, request.headers.get(SECRET_HEADER, "")[:128])
    return front, origin
