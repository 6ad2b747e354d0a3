"""Who may speak to the signer at all: by Host, by Origin, and by what a browser asks beforehand.

A name that was made to point here (DNS rebinding) has another Host. A page that is not paired gets
no CORS header but where it asks to be paired, so its script reads nothing, and every request that
could do something needs a header for which a browser asks first. Plain ASGI.
"""

import re
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from ledger.codes import Code

API: Final = "/v1/"
PAIRING: Final = "/v1/pairing"
"""Below it a page that is not paired yet may ask."""
SECRET_HEADER: Final = "Bidwitness-Pairing"
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,45}\])(?::[0-9]{1,5})?"
)
_METHODS: Final = "GET, POST, DELETE"
_FORBIDDEN: Final = 403
_NO_CONTENT: Final = 204


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers spell it; ``null``, of a sandbox, is none."""
    return _ORIGIN.fullmatch(text) is not None


class Guard:
    """Refuses whoever has no business here, and tells browsers whom an answer is for."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], paired: Callable[[str], bool]) -> None:
        """Guard `app`.

        Args:
            app: what is guarded.
            hosts: the values of Host under which it answers, with the port.
            paired: whether an origin is paired.
        """
        self._app = app
        self._hosts = hosts
        self._own = frozenset(f"http://{host}" for host in hosts)
        self._paired = paired

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        origin = headers.get("origin", "")
        refusal = self._refusal(headers, path, origin)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif not path.startswith(API):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            answer = Response(status_code=_NO_CONTENT, headers=_foreseen(headers, origin))
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send, origin))

    def _refusal(self, headers: Headers, path: str, origin: str) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _refused(Code.SIGNER_HOST, path, found=",".join(hosts)[:100])
        origins = headers.getlist("origin")
        if path.startswith(API):
            if len(origins) != 1 or not is_origin(origin):
                return _refused(Code.SIGNER_ORIGIN, path, found=origin[:100])
            # Of a page that is not paired, not even the reason of a refusal is for its script.
            if not path.startswith(PAIRING) and not self._paired(origin):
                return _refused(Code.SIGNER_UNPAIRED, path, origin=origin)
        elif origins and origin not in self._own:
            # The person's own pages: no other page posts a form to them.
            return _refused(Code.SIGNER_ORIGIN, path, found=origin[:100])
        return None


def _refused(code: Code, path: str, **facts: str) -> Response:
    return problem(code, facts, path, _FORBIDDEN)


def _foreseen(headers: Headers, origin: str) -> dict[str, str]:
    """What a browser is told before it sends a request for a page."""
    told = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": f"content-type, {SECRET_HEADER.lower()}",
        "Access-Control-Max-Age": "0",
        "Vary": "Origin",
    }
    for name in ("Private", "Local"):
        if headers.get(f"access-control-request-{name.lower()}-network") == "true":
            told[f"Access-Control-Allow-{name}-Network"] = "true"
    return told


def _telling(send: Send, origin: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Cache-Control"] = "no-store"
            headers.add_vary_header("Origin")
        await send(message)

    return sending
