"""Security headers on every answer; a page may loosen its own policy, never another's. No answer to
one caller may be kept for another.

Everything that a browser loads comes from this host, because the intranets that this runs in reach
nothing else. Written as plain ASGI: what is streamed passes through untouched.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


_HSTS: Final = "max-age=31536000"


class SecurityHeaders:
    """Adds what a route has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        proved = any(name == b"authorization" for name, _ in scope.get("headers", ()))
        strict = _is_a_sites_own(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if strict:
                    headers.setdefault("Strict-Transport-Security", _HSTS)
                if "immutable" not in headers.get("Cache-Control", ""):
                    headers.add_vary_header("Authorization")
                if proved:
                    # What one member is shown is kept by nobody on the way.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, sending)


def _is_a_sites_own(scope: Scope) -> bool:
    """Whether this is HTTPS at the port that a name has by itself.

    Browsers hold a host to HTTPS at all of its ports: a node at a port of its own may not decide
    that for what else answers there.
    """
    if scope["type"] != "http" or scope.get("scheme") != "https":
        return False
    _, _, port = Headers(scope=scope).get("host", "").rpartition("]")[2].partition(":")
    return port in ("", "443")
