"""HttpPost: one request to a body outside the network, under caps on time and on bytes."""

import asyncio
from typing import Final, Protocol

import httpx

from api.client.https import trusting
from api.client.plain import AsyncPlain
from api.outbound.answer import ANSWER_BYTES_MAX, Answer
from api.outbound.target import WitnessTarget

CONNECT_S: Final = 5.0
WHOLE_S: Final = 15.0
"""From the first byte sent to the last one read, whatever trickles in between."""
_HEADERS: Final = {
    "Content-Type": "text/plain; charset=utf-8",
    # What is read is counted as it comes, so nothing may unfold afterwards.
    "Accept-Encoding": "identity",
}
_FOREIGN: Final = (OSError, ValueError)
"""What the libraries below raise besides, about bytes that they did not expect."""


class Unanswered(Exception):  # noqa: N818 - a state to wait out, not a mistake
    """No whole answer came, and why."""


class Post(Protocol):
    """The way to a witness."""

    async def send(self, body: bytes) -> Answer:
        """The answer to one request; raises `Unanswered`."""
        ...

    async def close(self) -> None:
        """Nothing is sent any more."""
        ...


class HttpPost:
    """The line to one witness. Opened at its first use; `close` it in the same event loop."""

    __slots__ = ("_client", "_url")

    def __init__(self, target: WitnessTarget) -> None:
        """Args:
        target: its certificate file is read here.

        Raises:
            FormatError: `tls.file`.
        """
        self._url = f"{target.url}/add-checkpoint"
        line = httpx.AsyncHTTPTransport(
            verify=trusting(target.certificate),
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
                self._client.stream("POST", self._url, content=body, headers=_HEADERS) as answer,
            ):
                read = b""
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) > ANSWER_BYTES_MAX:
                        raise Unanswered(f"HTTP {answer.status_code}: > {ANSWER_BYTES_MAX} B")
                return Answer(answer.status_code, read)
        except TimeoutError as problem:
            raise Unanswered(f"> {WHOLE_S:.0f} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, *_FOREIGN) as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from problem

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
