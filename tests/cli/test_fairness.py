"""One who asks without end does not take the place of the others: over real connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from api.begun import WORKED_ON_MAX, Begun, Turn
from api.fairness import Fairness, network_of
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


def test_where_more_is_asked_than_can_be_answered_at_once_the_addresses_take_turns() -> None:
    """One question once waited until all that were asked before it were answered."""
    answered: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0.001)
        answered.append(scope["client"][0])

    async def story() -> None:
        fair = Fairness(app)
        asked = [f"127.0.0.{4 + number % 4}" for number in range(200)] + [MODEST]
        await asyncio.gather(*(_asked(fair, address) for address in asked))

    asyncio.run(story())
    assert len(answered) == 201
    assert answered.index(MODEST) < 20


def test_a_request_that_waits_for_something_else_hands_its_turn_on() -> None:
    async def story() -> None:
        begun = Begun(most=1, work_s=0.01)
        async with asyncio.timeout(LIMIT_S):
            waits = Turn(begun, GREEDY)
            await waits.begin()
            given_up = asyncio.create_task(_turn(begun, GREEDY))
            await asyncio.sleep(0)
            given_up.cancel()
            for address in (GREEDY, MODEST):
                await _turn(begun, address)
        async with asyncio.timeout(LIMIT_S):
            waits.end()
            # No turn was lost, and none was handed on twice.
            mine = Turn(begun, MODEST)
            await mine.begin()
            late = asyncio.create_task(_turn(begun, GREEDY))
            await asyncio.sleep(0)
            assert not late.done()
            mine.end()
            await late

    asyncio.run(story())


def test_who_sends_slowly_what_it_hands_in_takes_nobodys_turn() -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    async def story() -> None:
        fair, never = Fairness(app), asyncio.Event()

        async def slowly() -> Message:
            await never.wait()
            return {"type": "http.request"}

        async def nowhere(_: Message) -> None:
            pass

        scope = {"type": "http", "method": "POST", "client": (GREEDY, 1)}
        held = [asyncio.create_task(fair(scope, slowly, nowhere)) for _ in range(60)]
        await asyncio.sleep(0)
        assert fair.begun.free_count == WORKED_ON_MAX
        never.set()
        await asyncio.gather(*held)
        assert fair.begun.free_count == WORKED_ON_MAX

    asyncio.run(story())


async def _asked(fair: Fairness, address: str) -> None:
    async def bodiless() -> Message:
        return {"type": "http.request"}

    async def nowhere(_: Message) -> None:
        pass

    await fair({"type": "http", "method": "GET", "client": (address, 1)}, bodiless, nowhere)


async def _turn(begun: Begun, address: str) -> None:
    turn = Turn(begun, address)
    await turn.begin()
    turn.end()


def test_requests_that_are_answered_in_one_step_leave_the_loop_to_others_between_turns() -> None:
    async def story() -> None:
        begun, answered, between = Begun(), 0, list[int]()

        async def ask() -> None:
            nonlocal answered
            turn = Turn(begun, GREEDY)
            await turn.begin()
            answered += 1
            turn.end()

        asked = [asyncio.create_task(ask()) for _ in range(10 * WORKED_ON_MAX)]
        while answered < len(asked):
            before = answered
            await asyncio.sleep(0)
            between.append(answered - before)
        assert max(between) == WORKED_ON_MAX

    asyncio.run(story())


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "::1"),
        ("no:address", "no:address"),
        ("", ""),
    ],
)
def test_whoever_has_a_network_of_ipv6_counts_as_one(address: str, counted_as: str) -> None:
    assert network_of(address) == counted_as


@pytest.mark.parametrize(("comes", "answered"), [("http.disconnect", 0), ("http.request", 1)])
def test_whoever_left_before_its_turn_is_not_answered(comes: str, answered: int) -> None:
    worked, statuses, read = list[str](), list[int](), list[Message]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        worked.append(scope["path"])
        read.append(await receive())

    async def receive() -> Message:
        return {"type": comes, "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "GET", "path": "/dear", "client": (GREEDY, 1)}
    asyncio.run(Fairness(app)(scope, receive, send))
    assert worked == ["/dear"] * answered
    assert [each["type"] for each in read] == [comes] * answered
    assert statuses[:1] == ([] if answered else [400])
