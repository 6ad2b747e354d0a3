"""RequestLog: every request has an id and is counted; what is out of the ordinary has a log line.

The id is in `X-Request-Id`, in problem documents, and in every line that is logged meanwhile, so
that a person's complaint leads to the line. No line holds a path, a query, a header or a body: they
may name what somebody looks for, or carry a token. Written as plain ASGI: what is streamed passes
untouched.
"""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, get_contextvars

from api.request_metrics import RequestMetrics

HEADER: Final = "X-Request-Id"
NO_ROUTE: Final = "none"
"""Of a request that no route took."""
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""An id that a proxy or a client gave is kept, where it is no more than an id."""
_NAME: Final = "request"
_OUR_MISTAKE: Final = 500
_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = _LOOKS | {"POST", "PUT", "PATCH", "DELETE"}
_log = structlog.get_logger("api")


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(get_contextvars().get(_NAME, ""))


class RequestLog:
    """Serves what is inside, and keeps count."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        own = given if _GIVEN.fullmatch(given) else uuid4().hex
        # Each request runs in a task of its own, so this ends with it.
        bind_contextvars(**{_NAME: own})
        began, status = time.monotonic(), _OUR_MISTAKE

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = own
                self._metrics.answered(_route(scope), time.monotonic() - began)
            await send(message)

        self._metrics.open.inc()
        try:
            await self._app(scope, receive, sending)
        finally:
            self._metrics.open.dec()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count(method, _route(scope), status)
            took_ms = round(1000 * (time.monotonic() - began))
            told = {"method": method, "route": _route(scope), "status": status, "took_ms": took_ms}
            if status == _OUR_MISTAKE:
                _log.warning("request.answered", **told)
            elif method in _LOOKS:
                _log.debug("request.answered", **told)
            else:
                _log.info("request.answered", **told)


def _route(scope: Scope) -> str:
    """The path of the route that took it, with the names of its parts: few, whatever is asked."""
    route = scope.get("route")
    path = getattr(route, "path", "") if isinstance(route, BaseRoute) else ""
    return str(path) or NO_ROUTE
