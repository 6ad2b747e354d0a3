"""HttpPost: one request to a body outside the network, under caps on time and on bytes."""

import asyncio
from pathlib import Path
from typing import Final, Protocol

import httpx

from api.client.https import trusting
from api.client.plain import AsyncPlain
from api.outbound.answer import ANSWER_BYTES_MAX, Answer

CONNECT_S: Final = 5.0
WHOLE_S: Final = 15.0
"""From the first byte sent to the last one read, whatever trickles in between."""
TEXT: Final = "text/plain; charset=utf-8"
STAMP_QUERY: Final = "application/timestamp-query"
_HEADERS: Final = {
    # What is read is counted as it comes, so nothing may unfold afterwards.
    "Accept-Encoding": "identity",
}
_FOREIGN: Final = (OSError, ValueError)
"""What the libraries below raise besides, about bytes that they did not expect."""


class Unanswered(Exception):  # noqa: N818 - a state to wait out, not a mistake
    """No whole answer came, and why."""


class Post(Protocol):
    """The way to a body outside."""

    async def send(self, body: bytes) -> Answer:
        """The answer to one request; raises `Unanswered`."""
        ...

    async def close(self) -> None:
        """Nothing is sent any more."""
        ...


class HttpPost:
    """The line to one body. Opened at its first use; `close` it in the same event loop."""

    __slots__ = ("_answer_bytes_max", "_client", "_headers", "_url")

    def __init__(
        self,
        url: str,
        certificate: Path | None,
        *,
        media_type: str = TEXT,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        """Args:
        url: where requests are posted to.
        certificate: PEM of its server's for HTTPS, or of who issued it, read here.
        media_type: of the requests.
        answer_bytes_max: of an answer.

        Raises:
            FormatError: `tls.file`.
        """
        self._url = url
        self._headers = {**_HEADERS, "Content-Type": media_type}
        self._answer_bytes_max = answer_bytes_max
        line = httpx.AsyncHTTPTransport(
            verify=trusting(certificate),
            limits=httpx.Limits(max_connections=1),
            trust_env=False,
        )
        self._client = httpx.AsyncClient(
            transport=AsyncPlain(line),
            timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, body: bytes) -> Answer:
        """The answer to one request; raises `Unanswered`."""
        try:
            async with (
                asyncio.timeout(WHOLE_S),
                self._client.stream(
                    "POST", self._url, content=body, headers=self._headers
                ) as answer,
            ):
                read = b""
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) > self._answer_bytes_max:
                        raise Unanswered(f"HTTP {answer.status_code}: > {self._answer_bytes_max} B")
                return Answer(answer.status_code, read)
        except TimeoutError as problem:
            raise Unanswered(f"> {WHOLE_S:.0f} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, *_FOREIGN) as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from problem

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
