"""Answers without what steers the client that reads them: they lead nowhere and leave nothing.

httpx looks at where an answer would lead it even when it is not to go there, keeps what it is told
to send along the next time, and unfolds a body in as many layers as the answer names. Whoever
answers could so raise what nobody expects, and fill a memory. An answer here is a status, a type
and bytes. Used by whatever asks a body that may lie.
"""

from typing import Final

import httpx

_STEERING: Final = ("location", "set-cookie")
_FOLDED: Final = "content-encoding"
_GZIP: Final = "gzip"


class Plain(httpx.BaseTransport):
    """A way to a node; what it answers may be folded once, by gzip."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        answer = self._inner.handle_request(request)
        # One layer is a thousand times its size at most, and comes in small parts.
        _strip(answer, folded=answer.headers.get(_FOLDED) == _GZIP)
        return answer

    def close(self) -> None:
        """Close what lies below."""
        self._inner.close()


class AsyncPlain(httpx.AsyncBaseTransport):
    """The same in an event loop; nothing is unfolded unless that is wanted."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, unfolds: bool = False) -> None:
        """`unfolds`: whether a body may be folded once, by gzip."""
        self._inner, self._unfolds = inner, unfolds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        answer = await self._inner.handle_async_request(request)
        _strip(answer, folded=self._unfolds and answer.headers.get(_FOLDED) == _GZIP)
        return answer

    async def aclose(self) -> None:
        """Close what lies below."""
        await self._inner.aclose()


def _strip(answer: httpx.Response, *, folded: bool) -> None:
    for name in _STEERING if folded else (*_STEERING, _FOLDED):
        answer.headers.pop(name, None)
