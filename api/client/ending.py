"""Steps that end: whoever answers one byte at a time does not hold up whoever asked.

A limit on each read is none on a step: a node that sends a byte of a head before each limit is
reached keeps a client waiting for years. Here a step has a time for its whole. In an event loop
`asyncio.timeout` does the same.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httpcore
import httpx


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long one step may still take."""

    until: float
    """By the monotonic clock."""

    def left_s(self, most: float | None) -> float:
        """What is left, and no more than the limit of one read or write."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole call took too long")
        return left if most is None else min(left, most)


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)


@contextmanager
def ending(seconds: float) -> Iterator[None]:
    """Inside, all that goes over an `EndingTransport` ends within so many seconds."""
    token = _patience.set(_Patience(time.monotonic() + seconds))
    try:
        yield
    finally:
        _patience.reset(token)


class EndingTransport(httpx.HTTPTransport):
    """httpx's own transport over lines that look at the patience of the step they serve."""

    def __init__(self, verify: SSLContext | bool) -> None:
        """As httpx, with no word from the environment."""
        super().__init__(verify=verify, trust_env=False)
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend())


class _Backend(httpcore.SyncBackend):
    """Opens lines of that kind."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A line to a host."""
        line = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Line(line)


class _Line(httpcore.NetworkStream):
    """One line; it serves one step at a time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes."""
        return self._inner.read(max_bytes, _left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it, or the patience ends."""
        return self._inner.write(buffer, _left_s(timeout))

    def close(self) -> None:
        """Close the line."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same over TLS."""
        return _Line(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What the line below says of itself."""
        return self._inner.get_extra_info(info)


def _left_s(timeout: float | None) -> float | None:
    patience = _patience.get()
    return timeout if patience is None else patience.left_s(timeout)
