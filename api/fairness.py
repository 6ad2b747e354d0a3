"""Fairness between those who ask: so many requests of one address at a time, and 429 for more.

One that asks without end would otherwise take the place of all the others. What comes from this
machine is not counted: it is the operator's own, or a proxy's, behind which everybody has one
address; a proxy is to be fair by itself. Written as plain ASGI: what is streamed passes untouched.
"""

from collections import Counter
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem
from ledger.codes import Code

REQUESTS_PER_ADDRESS: Final = 64
"""Unless the settings say otherwise: far more than a page or a client has open at once."""
_OWN: Final = frozenset({"127.0.0.1", "::1"})


class Fairness:
    """Counts the requests of each address that are being answered."""

    def __init__(self, app: ASGIApp, most: int = REQUESTS_PER_ADDRESS) -> None:
        """Serve `app`, with at most `most` requests of one address at a time; 0 for no limit."""
        self._app = app
        self._most = most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        address = (scope.get("client") or ("",))[0]
        if scope["type"] != "http" or not self._most or not address or address in _OWN:
            await self._app(scope, receive, send)
            return
        if self._open[address] >= self._most:
            path = Request(scope).url.path
            answer = problem(Code.API_BUSY, {"address": address, "limit": self._most}, path)
            await answer(scope, receive, send)
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                # No more is kept than there are requests.
                del self._open[address]
