"""Nodes: one request to whichever of several nodes answers, and its problems as exceptions.

A node that is down, stopped or without quorum is passed over; what a node refuses is not asked of
another one, because the rules are the same everywhere.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from ledger.codes import Code
from ledger.errors import DetailValue, LedgerError

CONNECT_S: Final = 5.0
READ_MARGIN_S: Final = 30.0
"""Beyond the time that the node was asked to wait."""
PAUSE_S: Final = 0.5
"""Between two rounds over all nodes."""
_TRY_ANOTHER: Final = frozenset({429, 500, 502, 503, 504})
_CODES: Final = {code.value: code for code in Code}


class ClientError(LedgerError):
    """A node refused, with its code; or no node could be asked."""


class Pending(LedgerError):  # noqa: N818 - a state to wait out, not a mistake
    """Not refused, and not provable yet: ask again. Nothing is lost."""


class Nodes:
    """The nodes that a client knows, asked in turn until one answers."""

    def __init__(self, urls: Sequence[str], transport: httpx.BaseTransport | None = None) -> None:
        """`urls` are base URLs, the preferred one first; `transport` is for tests."""
        if not urls:
            raise ClientError(Code.NODE_UNREACHABLE, url="–", reason="–")
        self._urls = tuple(url.rstrip("/") for url in urls)
        timeout = httpx.Timeout(READ_MARGIN_S, connect=CONNECT_S)
        self._http = httpx.Client(timeout=timeout, transport=transport, trust_env=False)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

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

        Raises:
            ClientError: `node.unreachable` with every node's reason, or what a node refused.
        """
        until = time.monotonic() + patience_s
        while True:
            reasons: list[str] = []
            refused: ClientError | None = None
            for url in self._urls:
                try:
                    answer = self._once(method, url + path, params, content, headers, taken)
                except httpx.HTTPError as problem:
                    reasons.append(str(problem) or type(problem).__name__)
                    continue
                if answer.status_code not in _TRY_ANOTHER:
                    return _checked(answer, url)
                refused = problem_of(answer, url)
            if time.monotonic() >= until:
                raise refused or ClientError(
                    Code.NODE_UNREACHABLE, url=", ".join(self._urls), reason=", ".join(reasons)
                )
            time.sleep(PAUSE_S)

    def json(self, path: str, **params: str | int | float | bool) -> Any:
        """The JSON body of a GET; raises as `request`."""
        answer = self.request("GET", path, params=params)
        return _json(answer)

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
        with self._http.stream(
            method, url, params=params, content=content, headers=headers, timeout=timeout
        ) as answer:
            parts: list[bytes] = []
            for part in answer.iter_bytes():
                parts.append(part)
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
    body = _json(answer)
    code = _CODES.get(str(body.get("code"))) if isinstance(body, dict) else None
    if code is None:
        what = f"HTTP {answer.status_code}"
        return ClientError(Code.API_ANSWER, node=node, what=what)
    facts = body.get("facts", {})
    detail: dict[str, DetailValue] = {
        name: value for name, value in facts.items() if isinstance(value, str | int)
    }
    return ClientError(code, **detail)


def _checked(answer: httpx.Response, node: str) -> httpx.Response:
    if answer.is_success:
        return answer
    raise problem_of(answer, node)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except json.JSONDecodeError as problem:
        node = str(answer.request.url)
        what = f"HTTP {answer.status_code}, not JSON"
        raise ClientError(Code.API_ANSWER, node=node, what=what) from problem
