"""Streams: how many long answers a node gives at a time, and that none of them waits for a reader
who does not read.

A request that is answered for hours would take the place of all the others, and one that nobody
reads would keep its buffers for ever.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.errors import ApiError
from ledger.codes import Code

STREAMS_MAX: Final = 128
"""Of all who ask together."""
HOLDER_MAX: Final = 8
"""Of one member, or of one address without a token."""
READ_S: Final = 30.0
"""Who takes nothing for so long is cut off; an event stream goes on from its last id."""


class Streams:
    """The places for long answers."""

    __slots__ = ("_closing", "_count", "_holder_max", "_holders", "_most")

    def __init__(self, most: int = STREAMS_MAX, holder_max: int = HOLDER_MAX) -> None:
        self._most, self._holder_max = most, holder_max
        self._holders: Counter[str] = Counter()
        self._count = 0
        self._closing = asyncio.Event()

    @property
    def count(self) -> int:
        """Places that are taken."""
        return self._count

    def close(self) -> None:
        """The node stops: every stream ends behind what was sent last."""
        self._closing.set()

    async def until_closed(self, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """`content`, as far as it comes before the end."""
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            while not self._closing.is_set():
                part = asyncio.ensure_future(anext(content, None))
                try:
                    await asyncio.wait({part, closing}, return_when=asyncio.FIRST_COMPLETED)
                    found = await part if part.done() else None
                finally:
                    part.cancel()
                if found is None:
                    return
                yield found
        finally:
            closing.cancel()

    def check(self, holder: str) -> None:
        """Refuse before an answer is begun.

        Raises:
            ApiError: `api.streams`.
        """
        if self._count >= self._most or self._holders[holder] >= self._holder_max:
            limit = self._most if self._count >= self._most else self._holder_max
            raise ApiError(Code.API_STREAMS, limit=limit)

    @contextmanager
    def place(self, holder: str) -> Iterator[None]:
        """Held until the answer ends, however it ends.

        Raises:
            ApiError: `api.streams`.
        """
        self.check(holder)
        self._count += 1
        self._holders[holder] += 1
        try:
            yield
        finally:
            self._count -= 1
            self._holders[holder] -= 1
            if not self._holders[holder]:
                del self._holders[holder]


def holder_of(request: Request, member: str | None) -> str:
    """Who holds a place: the member that asks, or else the address it asks from."""
    client = request.client
    return f"member {member}" if member else f"address {client.host if client else ''}"


class PacedResponse(StreamingResponse):
    """A stream that ends where its reader does not read."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        streams: Streams,
        holder: str,
        media_type: str,
        headers: dict[str, str],
        read_s: float = READ_S,
    ) -> None:
        """Answer 200 with what `content` yields.

        Raises:
            ApiError: `api.streams`.
        """
        streams.check(holder)
        super().__init__(streams.until_closed(content), 200, headers, media_type)
        self._streams, self._holder, self._read_s = streams, holder, read_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, part by part."""

        async def paced(message: dict[str, object]) -> None:
            async with asyncio.timeout(self._read_s):
                await send(message)

        try:
            with self._streams.place(self._holder):
                await super().__call__(scope, receive, paced)  # type: ignore[arg-type]
        except (TimeoutError, ClientDisconnect):
            # The headers are gone already: what is left is to hang up, and the server does.
            return
