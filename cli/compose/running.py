"""What the processes of nodes and observers share: a trust root, two tasks, last words."""

import asyncio
import gc
import socket
from collections.abc import Coroutine, Iterable
from pathlib import Path

import uvicorn

from cli.compose.serving import GOODBYE_S
from cli.documents import unreadable
from ledger.errors import InvariantBroken, LedgerError
from ledger.reliance import read_trust
from ledger.trust import TrustRoot


def opened_trust(path: Path) -> TrustRoot:
    """The trust root at `path`.

    Raises:
        CommandError: `file.unreadable`.
        LedgerError: it is none.
    """
    try:
        return read_trust(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def told(problem: LedgerError | InvariantBroken) -> dict[str, object]:
    """Why a process failed, for its log: `diagnose` makes a sentence of it."""
    if isinstance(problem, LedgerError):
        facts = {"code": problem.code.value, "facts": dict(problem.detail)}
        return {"reason": str(problem), **facts}
    return {"reason": str(problem)}


async def run_together(
    works: Iterable[Coroutine[object, object, None]],
    server: uvicorn.Server,
    listening: socket.socket,
    *,
    stop: asyncio.Event,
) -> None:
    """Works and HTTP side by side until a stop is asked for, or one of them ends or fails.

    Raises:
        Exception: what ended one of them.
    """
    # Catalogue, words and code live as long as the process: the collector need not walk them again
    # whenever a block has made enough that is new.
    gc.freeze()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    tasks = [*map(asyncio.create_task, works), serving, asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await asyncio.wait({serving}, timeout=2 * GOODBYE_S)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome
