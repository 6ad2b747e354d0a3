"""HttpPost: one request to a body outside the network, under caps on time and on bytes."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from ssl import SSLContext
from typing import Final, Protocol

import httpx

from api.client.https import trusting
from api.client.plain import AsyncPlain
from api.outbound.answer import ANSWER_BYTES_MAX, Answer
from api.outbound.guarded import GuardedTransport, Network

CONNECT_S: Final = 5.0
WHOLE_S: Final = 15.0
"""From the first byte sent to the last one read, whatever trickles in between."""
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
RETRY_S_MAX: Final = 3_600
STAMP_QUERY: Final = "application/timestamp-query"
_HEADERS: Final = {
    # What is read is counted as it comes, so nothing may unfold afterwards.
    "Accept-Encoding": "identity",
}
_NONE: Final[Mapping[str, str]] = {}
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
        private: Sequence[Network] | None = None,
    ) -> None:
        """Args:
        url: where requests are posted to.
        certificate: PEM of its server's for HTTPS, or of who issued it, read here.
        media_type: of the requests.
        answer_bytes_max: of an answer.
        private: networks that are not public and may be reached; None: any address may.

        Raises:
            FormatError: `tls.file`.
        """
        self._url = url
        self._headers = {**_HEADERS, "Content-Type": media_type}
        self._answer_bytes_max = answer_bytes_max
        line = _line(trusting(certificate), private)
        self._client = httpx.AsyncClient(
            transport=AsyncPlain(line),
            timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, body: bytes, headers: Mapping[str, str] = _NONE) -> Answer:
        """The answer to one request; raises `Unanswered`."""
        sent = {**self._headers, **headers}
        try:
            async with (
                asyncio.timeout(WHOLE_S),
                self._client.stream("POST", self._url, content=body, headers=sent) as answer,
            ):
                read = b""
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) > self._answer_bytes_max:
                        raise Unanswered(f"HTTP {answer.status_code}: > {self._answer_bytes_max} B")
                return Answer(answer.status_code, read, _retry_after_s(answer))
        except TimeoutError as problem:
            raise Unanswered(f"> {WHOLE_S:.0f} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, *_FOREIGN) as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from problem

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


def _line(verify: SSLContext | bool, private: Sequence[Network] | None) -> httpx.AsyncHTTPTransport:
    if private is not None:
        return GuardedTransport(verify, private)
    limits = httpx.Limits(max_connections=1)
    return httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False)


def _retry_after_s(answer: httpx.Response) -> int:
    asked = answer.headers.get("Retry-After", "")
    return min(int(asked[:6]), RETRY_S_MAX) if asked.isdecimal() and asked.isascii() else 0
