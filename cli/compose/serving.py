"""What every process that answers over HTTP needs: a socket, a server, and an orderly end."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from cli.compose.bounded import ADDRESS_MAX, BoundedSocket, connections_max
from cli.compose.deadlines import Deadlines, deadlines_of
from cli.failures import CommandError, Exit
from cli.settings import Address
from ledger.codes import Code
from ledger.errors import StoreError

GOODBYE_S: Final = 3
"""How long open requests have to end after a stop was asked for."""
KEEP_ALIVE_S: Final = 30
"""How long a connection may rest between two requests: longer than clients keep theirs, so that it
is not closed just as the next request is on its way."""
BACKLOG: Final = 256
"""Connections that wait to be accepted."""
HEAD_BYTES_MAX: Final = 16 << 10
"""Of a request: its line and its headers, a token among them."""
PATIENCE_S: Final = 60.0
"""A bundle of the largest size comes in time over a slow line."""


@dataclass(frozen=True, slots=True)
class HttpsFiles:
    """What a server proves itself by, both PEM."""

    certificate: Path
    key: Path


def https_files(
    certificate: Path | None, key: Path | None, settings_file: Path
) -> HttpsFiles | None:
    """The two files of HTTPS that settings name; None for plain HTTP.

    Raises:
        CommandError: `settings.invalid` where one is named without the other.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        name = "api_certificate_file" if certificate is None else "api_key_file"
        path = str(settings_file)
        raise CommandError(Exit.USAGE, Code.SETTINGS_INVALID, path=path, key=name, reason="–")
    return HttpsFiles(certificate, key)


class _Server(uvicorn.Server):
    """Has its application end what would last as long as it waits: streams, and who waits."""

    def __init__(self, config: uvicorn.Config, protocol: type[Deadlines]) -> None:
        super().__init__(config)
        self._protocol = protocol

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; a socket that is bounded learns whose request is being answered."""
        for each in sockets or ():
            if isinstance(each, BoundedSocket):
                each.answers = self._protocol.answers
        await super().serve(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is open, and end."""
        end = getattr(getattr(self.config.app, "state", None), "end", None)
        if end is not None:
            end()
        await super().shutdown(sockets)


def http_server(
    app: FastAPI,
    connections_max: int | None = None,
    https: HttpsFiles | None = None,
    patience_s: float = PATIENCE_S,
) -> uvicorn.Server:
    """A server that leaves signals to whoever runs it.

    Args:
        app: what it serves.
        connections_max: further ones are answered 503; unlimited where None.
        https: plain HTTP where None.
        patience_s: how long a whole request may take to come, and a part of an answer to be read.

    Raises:
        StoreError: `tls.file`.
    """
    protocol = deadlines_of(patience_s)
    config = uvicorn.Config(
        app,
        http=protocol,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        lifespan="on",
        limit_concurrency=connections_max,
        timeout_graceful_shutdown=GOODBYE_S,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        ssl_certfile=None if https is None else https.certificate,
        ssl_keyfile=None if https is None else https.key,
    )
    if https is not None:
        _load(config, https)
    server = _Server(config, protocol)
    # Signals are the process's: it stops the server and all else in one order.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    return server


def _load(config: uvicorn.Config, https: HttpsFiles) -> None:
    """Open the files now: a server that starts without them would say so to its log only."""
    try:
        config.load()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise StoreError(Code.TLS_FILE, path=str(https.certificate), reason=reason) from problem
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2


def listen(
    address: Address, most: int | None = None, address_max: int = ADDRESS_MAX
) -> BoundedSocket:
    """A socket that listens.

    Args:
        address: where.
        most: connections at once; None: as many as leave descriptors for a store.
        address_max: of one address.

    Raises:
        CommandError: `node.port`.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family)
        # asyncio does this only for sockets that name their protocol; without it every small
        # answer waits 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return BoundedSocket(listening, connections_max() if most is None else most, address_max)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise CommandError(
            Exit.UNAVAILABLE, Code.NODE_PORT, address=str(address), reason=reason
        ) from problem


def stop_event(*, stop_with_parent: bool) -> asyncio.Event:
    """Set by SIGTERM, SIGINT, and by the end of standard input where that was asked for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    if stop_with_parent:

        def read() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                stop.set()

        loop.add_reader(sys.stdin.fileno(), read)
    return stop
