"""Calls that end: whoever answers one byte at a time does not hold up whoever asked.

A limit on each read is none on a call: a node that sends a byte before each limit is reached keeps
a client waiting for years. Here a call has a time for its whole, and more only for what it brings.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, Final

import httpcore
import httpx

CALL_S: Final = 60.0
"""Of a whole call, beyond the time that the node was asked to wait."""
BYTES_PER_S_LEAST: Final = 16 << 10
"""Slower than the slowest line that a client is used on: a longer answer gets so much more time."""


@dataclass(slots=True)
class _Patience:
    """How long one call may still take."""

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
    """httpx's own transport over lines that look at the patience of the call they serve."""

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
    """One line; it serves one call at a time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes; each of them buys a little time."""
        patience = _patience.get()
        if patience is None:
            return self._inner.read(max_bytes, timeout)
        data = self._inner.read(max_bytes, patience.left_s(timeout))
        patience.until += len(data) / BYTES_PER_S_LEAST
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it, or the patience ends; what is sent buys time like what comes."""
        patience = _patience.get()
        if patience is None:
            return self._inner.write(buffer, timeout)
        patience.until += len(buffer) / BYTES_PER_S_LEAST
        return self._inner.write(buffer, patience.left_s(timeout))

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
