"""Nodes: one request to whichever of several nodes answers, and its problems as exceptions.

A node that is down, stopped, without quorum or an observer is passed over; what a node refuses is
not asked of another one, because the rules are the same everywhere.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx

from api.client.ending import CALL_S, EndingTransport, ending
from api.client.https import trusting
from api.client.plain import Plain
from ledger.codes import Code
from ledger.errors import DetailValue, LedgerError

CONNECT_S: Final = 5.0
READ_MARGIN_S: Final = 30.0
"""Beyond the time that the node was asked to wait."""
PAUSE_S: Final = 0.5
"""Between two rounds over all nodes, unless a node asked for more in `Retry-After`."""
PAUSE_S_MAX: Final = 10.0
ANSWER_BYTES_MAX: Final = 256 << 20
"""No answer is longer: ten thousand receipts are a quarter of it."""
_TRY_ANOTHER: Final = frozenset({421, 429, 500, 502, 503, 504})
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CODES: Final = {code.value: code for code in Code}

HeaderFor: TypeAlias = Callable[[str], Mapping[str, str]]
"""The header of a request to the node at a base URL."""


class ClientError(LedgerError):
    """A node refused, with its code; or no node could be asked."""


class Pending(LedgerError):  # noqa: N818 - a state to wait out, not a mistake
    """Not refused, and not provable yet: ask again. Nothing is lost."""


class Nodes:
    """The nodes that a client knows, asked in turn until one answers."""

    def __init__(
        self,
        urls: Sequence[str],
        transport: httpx.BaseTransport | None = None,
        certificate_file: Path | None = None,
    ) -> None:
        """Nodes that were not asked yet.

        Args:
            urls: base URLs, the preferred one first.
            transport: for tests.
            certificate_file: PEM of the nodes' own certificates, or of who issued them.

        Raises:
            FormatError: `tls.file`.
        """
        if not urls:
            raise ClientError(Code.NODE_UNREACHABLE, url="–", reason="–")
        self._urls = tuple(url.rstrip("/") for url in urls)
        timeout = httpx.Timeout(READ_MARGIN_S, connect=CONNECT_S)
        line = transport or EndingTransport(trusting(certificate_file))
        self._http = httpx.Client(transport=Plain(line), timeout=timeout, trust_env=False)
        self._header_for: HeaderFor = lambda _: {}

    @property
    def urls(self) -> tuple[str, ...]:
        """Their base URLs, the preferred one first."""
        return self._urls

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def prove(self, header_for: HeaderFor) -> None:
        """Have every later `request` prove who asks.

        Args:
            header_for: the header of a request to the node at a base URL.
        """
        self._header_for = header_for

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | float | bool] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float = 0.0,
        taken: Callable[[int], object] = lambda _: None,
        header_for: HeaderFor | None = None,
    ) -> httpx.Response:
        """The first answer that is not "try another node".

        Args:
            method: HTTP method; requests must be safe to repeat.
            path: from the base URL on.
            params: query.
            content: body.
            headers: of the request.
            patience_s: how long to go on asking while no node can answer.
            taken: is told the number of bytes of each part of the answer.
            header_for: proves who asks by this request, whatever `prove` was told.

        Raises:
            ClientError: `node.unreachable` with every node's reason, or what a node refused.
        """
        until = time.monotonic() + patience_s
        while True:
            reasons: list[str] = []
            refused: ClientError | None = None
            pause_s = PAUSE_S
            for url in self._urls:
                try:
                    shown = {**(header_for or self._header_for)(url), **(headers or {})}
                    answer = self._once(method, url + path, params, content, shown, taken)
                except httpx.HTTPError as problem:
                    reasons.append(str(problem) or type(problem).__name__)
                    continue
                if answer.status_code not in _TRY_ANOTHER:
                    return _checked(answer, url)
                refused = problem_of(answer, url)
                pause_s = max(pause_s, _retry_after_s(answer))
            if time.monotonic() >= until:
                raise refused or ClientError(
                    Code.NODE_UNREACHABLE, url=", ".join(self._urls), reason=", ".join(reasons)
                )
            time.sleep(min(pause_s, max(0.0, until - time.monotonic())))

    def ask_one(self, url: str, path: str) -> httpx.Response:
        """What the node at one base URL answers to a GET of the public, whatever that is.

        Raises:
            ClientError: `api.answer` for more than anybody reads.
            httpx.HTTPError: it could not be asked.
        """
        return self._once("GET", url + path, None, None, None, lambda _: None)

    def each(self, path: str, **params: str | int | float | bool) -> Iterator[httpx.Response]:
        """What each node that can be asked answers to a GET, without those that refuse."""
        for url in self._urls:
            try:
                answer = self._once("GET", url + path, params, None, None, lambda _: None)
            except (httpx.HTTPError, ClientError):
                # Away, or more than anybody reads: the others may still answer.
                continue
            if answer.status_code == httpx.codes.OK:
                yield answer

    def json(self, path: str, **params: str | int | float | bool) -> Any:
        """The JSON body of a GET; raises as `request`."""
        return json_of(self.request("GET", path, params=params))

    def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int | float | bool] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        taken: Callable[[int], object],
    ) -> httpx.Response:
        """One request to one node, read whole."""
        wait_s = float((params or {}).get("wait", 0))
        timeout = httpx.Timeout(wait_s + READ_MARGIN_S, connect=CONNECT_S)
        stream = self._http.stream(
            method, url, params=params, content=content, headers=headers, timeout=timeout
        )
        with ending(wait_s + CALL_S), stream as answer:
            parts: list[bytes] = []
            size = 0
            for part in answer.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > ANSWER_BYTES_MAX:
                    raise ClientError(Code.API_ANSWER, node=url, what=f"> {ANSWER_BYTES_MAX} B")
                taken(len(part))
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name not in {"content-encoding", "content-length"}
            }
            return httpx.Response(
                answer.status_code, headers=kept, content=b"".join(parts), request=answer.request
            )


def problem_of(answer: httpx.Response, node: str) -> ClientError:
    """The problem document of an answer as an exception with the node's code."""
    try:
        body = json_of(answer)
    except ClientError as unreadable:
        return unreadable
    code = str(body.get("code")) if isinstance(body, dict) else ""
    if code not in _CODES:
        return ClientError(Code.API_ANSWER, node=node, what=f"HTTP {answer.status_code}")
    return ClientError(_CODES[code], **facts_of(body))


def facts_of(body: Mapping[str, Any]) -> dict[str, DetailValue]:
    """What fills a problem's sentence; whatever cannot be that is left out."""
    facts = body.get("facts")
    if not isinstance(facts, dict):
        return {}
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, str | int)
        and name not in {"self", "code"}
        # A half of a surrogate pair is JSON, and in no text that can be shown or sent on.
        and not _SURROGATE.search(f"{name}{value}")
    }


def json_of(answer: httpx.Response) -> Any:
    """The JSON body of an answer.

    Raises:
        ClientError: `api.answer` where it is not JSON.
    """
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as problem:
        node, what = str(answer.request.url), f"HTTP {answer.status_code}, not JSON"
        raise ClientError(Code.API_ANSWER, node=node, what=what) from problem


def _checked(answer: httpx.Response, node: str) -> httpx.Response:
    if answer.is_success:
        return answer
    raise problem_of(answer, node)


def _retry_after_s(answer: httpx.Response) -> float:
    """How long the node asks to be left alone."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), PAUSE_S_MAX) if asked.isdecimal() else 0.0
