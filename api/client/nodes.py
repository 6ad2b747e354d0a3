"""Nodes: one question to whichever of several nodes answers, for code that waits.

What is asked next, and for how long, is `asking`'s; here the steps are taken.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from api.client.asking import (
    NO_HEADERS,
    NO_PARAMS,
    Asking,
    HeaderFor,
    Question,
    nobody_looks,
)
from api.client.driving import CONNECT_S, Driver
from api.client.ending import EndingTransport
from api.client.flow import Flow, Items, Params
from api.client.https import trusting
from api.client.plain import Plain
from api.client.problems import ClientError, Pending, facts_of, json_of, problem_of

__all__ = ["CONNECT_S", "ClientError", "Nodes", "Pending", "facts_of", "json_of", "problem_of"]
T = TypeVar("T")


class Nodes:
    """The nodes that a client knows, asked in turn until one answers."""

    def __init__(
        self,
        urls: Sequence[str] | Asking,
        transport: httpx.BaseTransport | None = None,
        certificate_file: Path | None = None,
    ) -> None:
        """Nodes that were not asked yet.

        Args:
            urls: base URLs, the preferred one first; or what is known of nodes already.
            transport: for tests, and for lines of another kind.
            certificate_file: PEM of the nodes' own certificates, or of who issued them.

        Raises:
            ClientError: `node.unreachable` for no nodes.
            FormatError: `tls.file`.
        """
        self.asking = urls if isinstance(urls, Asking) else Asking(urls)
        line = transport or EndingTransport(trusting(certificate_file))
        self._driver = Driver(httpx.Client(transport=Plain(line), trust_env=False))

    @property
    def urls(self) -> tuple[str, ...]:
        """Their base URLs, the preferred one first."""
        return self.asking.urls

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def finish(self, flow: Flow[T]) -> T:
        """The answer of a call that asks these nodes."""
        return self._driver.finish(flow)

    def iterate(self, flow: Items[T]) -> Iterator[T]:
        """The answers of a call that asks these nodes, as they come."""
        return self._driver.each(flow)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params = NO_PARAMS,
        content: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        patience_s: float = 0.0,
        taken: Callable[[int], object] = nobody_looks,
        header_for: HeaderFor | None = None,
    ) -> httpx.Response:
        """The first answer that is not "try another node"; as `Asking.judged`."""
        question = Question(path, method, params, content, headers, header_for=header_for)
        return self.finish(
            self.asking.judged(lambda each: each, question, patience_s=patience_s, taken=taken)
        )

    def each(self, path: str, **params: str | int | float | bool) -> Iterator[httpx.Response]:
        """What each node that can be asked answers to a GET, without those that refuse."""
        until, question = self.asking.until(), Question(path, params=params, as_public=True)
        for url in self.urls:
            answer = self.finish(self.asking.answered(url, question, until))
            if answer is not None:
                yield answer

    def json(self, path: str, **params: str | int | float | bool) -> Any:
        """The JSON body of a GET; raises as `request`."""
        return self.finish(self.asking.json(path, **params))
