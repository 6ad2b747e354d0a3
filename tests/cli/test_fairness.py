"""One who asks without end does not take the place of the others: over real connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from api.fairness import Fairness
from cli.compose.serving import http_server, listen
from cli.settings import Address

LIMIT_S = 20
GREEDY, MODEST, OWN = "127.0.0.2", "127.0.0.3", "127.0.0.1"
"""Addresses of this machine's loopback; only the last one is taken for the operator's own."""
MOST = 2


class Hall:
    """A server whose requests are held until they are let go."""

    def __init__(self) -> None:
        self.port = 0
        self.let_go = asyncio.Event()
        self.arrived: asyncio.Queue[None] = asyncio.Queue()
        self.lines: list[asyncio.StreamWriter] = []

    async def ask(self, address: str, path: str = "/held") -> asyncio.StreamReader:
        """A request from an address, sent."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(address, 0)
        )
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        self.lines.append(writer)
        return reader

    async def answer(self, address: str) -> tuple[int, bytes]:
        """Status and the whole answer of a request that nobody holds."""
        said = await (await self.ask(address, "/quick")).read()
        return int(said.split(b" ", 2)[1]), said

    async def held(self, address: str, count: int) -> list[asyncio.StreamReader]:
        """So many requests of an address, each of which is being answered."""
        asked = [await self.ask(address) for _ in range(count)]
        for _ in range(count):
            await self.arrived.get()
        return asked


@asynccontextmanager
async def opened(most: int) -> AsyncIterator[Hall]:
    hall, app = Hall(), FastAPI()

    @app.get("/held")
    async def held() -> str:
        hall.arrived.put_nowait(None)
        await hall.let_go.wait()
        return "held"

    @app.get("/quick")
    async def quick() -> str:
        return "quick"

    app.add_middleware(Fairness, most=most)
    server = http_server(app)
    with listen(Address("127.0.0.1", 0)) as listening:
        hall.port = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield hall
        finally:
            hall.let_go.set()
            for line in hall.lines:
                line.close()
            server.should_exit = True
            await serving


def told(story: Callable[[Hall], Awaitable[None]], most: int = MOST) -> None:
    async def run() -> None:
        async with asyncio.timeout(LIMIT_S), opened(most) as hall:
            await story(hall)

    asyncio.run(run())


def test_an_address_that_asks_for_more_is_told_so_and_others_are_answered() -> None:
    async def story(hall: Hall) -> None:
        asked = await hall.held(GREEDY, MOST)
        status, said = await hall.answer(GREEDY)
        assert status == 429
        head, _, body = said.partition(b"\r\n\r\n")
        assert b"retry-after: " in head.lower()
        document = json.loads(body)
        assert document["code"] == "api.busy"
        assert document["facts"] == {"address": GREEDY, "limit": MOST}
        assert (await hall.answer(MODEST))[0] == 200
        # Whoever was answered makes room.
        hall.let_go.set()
        for reader in asked:
            assert b"held" in await reader.read()
        assert (await hall.answer(GREEDY))[0] == 200

    told(story)


@pytest.mark.parametrize(("address", "most"), [(OWN, MOST), (GREEDY, 0)])
def test_what_is_not_counted_is_answered(address: str, most: int) -> None:
    async def story(hall: Hall) -> None:
        await hall.held(address, MOST + 1)
        assert (await hall.answer(address))[0] == 200

    told(story, most)
