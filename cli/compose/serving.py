"""What every process that answers over HTTP needs: a socket, a server, and an orderly end."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import nullcontext
from typing import Final

import uvicorn
from fastapi import FastAPI

from cli.failures import CommandError, Exit
from cli.settings import Address
from ledger.codes import Code

GOODBYE_S: Final = 3
"""How long open requests have to end after a stop was asked for."""


def http_server(app: FastAPI, connections_max: int | None = None) -> uvicorn.Server:
    """A server that leaves signals to whoever runs it.

    Args:
        app: what it serves.
        connections_max: further ones are answered 503; unlimited where None.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        limit_concurrency=connections_max,
        timeout_graceful_shutdown=GOODBYE_S,
    )
    server = uvicorn.Server(config)
    # Signals are the process's: it stops the server and all else in one order.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    return server


def listen(address: Address) -> socket.socket:
    """A socket that listens.

    Raises:
        CommandError: `node.port`.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family)
        # asyncio does this only for sockets that name their protocol; without it every small
        # answer waits 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
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
