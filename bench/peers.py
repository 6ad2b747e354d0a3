"""Owns what a user would pick instead: etcd, and PostgreSQL with a hash chain, beside the nodes.

Both keep what they acknowledge on the disk first, as the nodes do. Neither checks a signature or
can prove anything to somebody outside.
"""

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from bench.measures.http import Caller
from bench.measures.spent import with_children
from tests.postgres import programs_found, server

MEMBERS = 3
START_S = 30
LINKED = """
WITH linked AS (UPDATE head SET hash = sha256(hash || %(payload)s) RETURNING hash)
INSERT INTO record (payload, hash) SELECT %(payload)s, hash FROM linked RETURNING number, hash
"""
"""Each row is chained to the one before it: whoever changes a row changes all that follow."""

Put = Callable[[bytes], Awaitable[None]]
"""Return once the payload is kept."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that runs."""

    name: str
    version: str
    connect: Callable[[int], Awaitable[tuple[Put, Callable[[], Awaitable[None]]]]]
    """For the client of a number: how it puts, and how it takes its leave."""
    pids: Callable[[], Sequence[int]]


@contextmanager
def peers(folder: Path) -> Iterator[list[Peer]]:
    """Those that are installed here, in a folder on the disk that is measured."""
    with ExitStack() as stack:
        found = []
        if shutil.which("etcd"):
            found.append(stack.enter_context(_etcd(folder / "etcd")))
        if programs_found() is not None:
            found.append(stack.enter_context(_postgres()))
        yield found


@contextmanager
def _etcd(folder: Path) -> Iterator[Peer]:
    ports = _free_ports(2 * MEMBERS)
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    clients, among = urls[:MEMBERS], urls[MEMBERS:]
    cluster = ",".join(f"m{number}={url}" for number, url in enumerate(among))
    processes = []
    folder.mkdir()
    with (folder / "output").open("wb") as output:
        for number in range(MEMBERS):
            words: list[str | Path] = [
                "etcd",
                "--name",
                f"m{number}",
                "--data-dir",
                folder / f"m{number}",
            ]
            words += ["--listen-client-urls", clients[number]]
            words += ["--advertise-client-urls", clients[number]]
            words += ["--listen-peer-urls", among[number]]
            words += ["--initial-advertise-peer-urls", among[number]]
            words += ["--initial-cluster", cluster, "--logger", "zap", "--log-level", "error"]
            processes.append(subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT))
    try:
        _wait_healthy(clients)

        async def connect(number: int) -> tuple[Put, Callable[[], Awaitable[None]]]:
            caller = Caller(clients[number % MEMBERS])

            async def put(payload: bytes) -> None:
                key, value = (base64.b64encode(x).decode() for x in (os.urandom(16), payload))
                body = f'{{"key":"{key}","value":"{value}"}}'.encode()
                status, answer = await caller.post("/v3/kv/put", body)
                if status != httpx.codes.OK:
                    raise RuntimeError(f"etcd: {status}: {answer[:300]!r}")

            async def leave() -> None:
                caller.close()

            return put, leave

        told = subprocess.run(["etcd", "--version"], capture_output=True, text=True, check=True)
        version = told.stdout.splitlines()[0].rpartition(" ")[2]
        yield Peer("etcd", version, connect, lambda: [each.pid for each in processes])
    finally:
        for each in processes:
            each.kill()
            each.wait()


def _wait_healthy(urls: Sequence[str]) -> None:
    until = time.monotonic() + START_S
    for url in urls:
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{url}/health", timeout=2).is_success:
                    break
            if time.monotonic() > until:
                raise RuntimeError(f"etcd at {url} is not healthy after {START_S} s")
            time.sleep(0.1)


@contextmanager
def _postgres() -> Iterator[Peer]:
    with server(fsync=True) as running:
        url = running.new_database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE head (hash bytea NOT NULL)")
            connection.execute("INSERT INTO head VALUES (sha256(''))")
            connection.execute(
                "CREATE TABLE record (number bigserial PRIMARY KEY, payload bytea, hash bytea)"
            )
            version = str(connection.info.server_version // 10_000)

        async def connect(_number: int) -> tuple[Put, Callable[[], Awaitable[None]]]:
            own = await psycopg.AsyncConnection.connect(url, autocommit=True)
            await own.execute("SET synchronous_commit = on")

            async def put(payload: bytes) -> None:
                await own.execute(LINKED, {"payload": payload})

            return put, own.close

        yield Peer("PostgreSQL", version, connect, lambda: with_children(running.pid))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
