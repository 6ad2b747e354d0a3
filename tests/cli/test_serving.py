"""The server of every process: it waits for an application, and not for ever for a stranger."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from fastapi import FastAPI, Request, Response

from cli.compose.bounded import ADDRESS_MAX, BoundedSocket
from cli.compose.serving import HEAD_BYTES_MAX, http_server, listen
from cli.settings import Address

PATIENCE_S = 0.2
LIMIT_S = 20
LARGE = bytes(16 << 20)
HEAD = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


def application() -> FastAPI:
    app = FastAPI()

    @app.post("/slow")
    async def slow(request: Request) -> Response:
        body = await request.body()
        await asyncio.sleep(5 * PATIENCE_S)
        return Response(body)

    @app.get("/large")
    async def large() -> Response:
        return Response(LARGE)

    return app


@asynccontextmanager
async def served(
    patience_s: float = PATIENCE_S, most: int | None = None, address_max: int = ADDRESS_MAX
) -> AsyncIterator[BoundedSocket]:
    """A server with little patience."""
    server = http_server(application(), connections_max=8, patience_s=patience_s)
    with listen(Address("127.0.0.1", 0), most, address_max) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening
        finally:
            server.should_exit = True
            await serving


def told(story: Callable[[int], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(LIMIT_S), served() as listening:
            await story(listening.getsockname()[1])

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD, HEAD + b"abc"], ids=len)
def test_who_never_finishes_asking_is_cut_off(sent: bytes) -> None:
    """A few silent connections once took the place of everybody else, for ever."""

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()

    told(story)


def test_a_head_without_end_is_refused_long_before_it_costs_memory() -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + bytes(HEAD_BYTES_MAX).hex().encode()
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()

    told(story)


def test_who_hands_in_nonsense_after_a_good_beginning_leaves_no_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each once left two traces of ten kilobytes, as if the mistake were ours."""

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head + b"ZZ\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()

    told(story)
    assert not [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]


def test_silent_strangers_take_the_place_of_nobody_for_long() -> None:
    async def story(port: int) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        answer = b""
        while not answer.startswith(b"HTTP/1.1 200"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD.replace(b"Host", b"Connection: close\r\nHost") + b"abcd")
            answer = await reader.read()
            writer.close()
        assert answer.endswith(b"abcd")
        for _, writer in silent:
            writer.close()

    told(story)


def test_an_application_may_take_longer_and_the_next_request_has_its_own_time() -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(HEAD + b"abcd")
            assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
        writer.close()

    told(story)


def test_who_does_not_read_its_answer_is_cut_off_and_who_reads_slowly_is_not() -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(10 * PATIENCE_S)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(len(LARGE))
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while part := await reader.read(2 << 20):
            size += len(part)
            await asyncio.sleep(PATIENCE_S / 40)
        assert size > len(LARGE)
        writer.close()

    told(story)


def test_one_who_stays_many_times_leaves_places_for_the_others() -> None:
    async def story() -> None:
        async with asyncio.timeout(LIMIT_S), served(patience_s=LIMIT_S, address_max=3) as listening:
            port = listening.getsockname()[1]
            greedy = [
                await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
                for _ in range(6)
            ]
            for at in ("127.0.0.3", "127.0.0.1"):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(at, 0)
                )
                writer.write(HEAD + b"abcd")
                assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
                writer.close()
            for reader, _ in greedy[3:]:
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            for _, writer in greedy:
                writer.close()

    asyncio.run(story())


def test_strangers_who_stay_leave_descriptors_for_everything_else() -> None:
    """Each took one, to the last, and a store that cannot open a file ends its process."""

    async def story() -> None:
        async with asyncio.timeout(LIMIT_S), served(patience_s=LIMIT_S, most=3) as listening:
            port = listening.getsockname()[1]
            strangers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD + b"abcd")
            await asyncio.sleep(PATIENCE_S)
            assert listening.held_count <= 3
            for _, stranger in strangers:
                stranger.close()
            assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
            writer.close()

    asyncio.run(story())


def test_strangers_of_many_addresses_who_stay_make_way_for_one_who_asks() -> None:
    """They once kept everybody else waiting for as long as they liked to be silent."""

    async def story() -> None:
        async with asyncio.timeout(LIMIT_S), served(patience_s=LIMIT_S, most=6) as listening:
            port = listening.getsockname()[1]
            silent = [
                await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0)
                )
                for number in (3, 4, 5, 3, 4, 5)
            ]
            for at in ("127.0.0.2", "127.0.0.1"):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(at, 0)
                )
                writer.write(HEAD + b"abcd")
                assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
                writer.close()
            # Who holds as many as anybody gets none of another's.
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=("127.0.0.3", 0)
            )
            assert listening.held_count <= 6
            for _, each in ((None, writer), *silent):
                each.close()

    asyncio.run(story())


def test_who_is_being_answered_makes_way_for_nobody() -> None:
    async def story() -> None:
        async with asyncio.timeout(LIMIT_S), served(patience_s=LIMIT_S, most=2) as listening:
            port, asked, said = listening.getsockname()[1], [], []
            asyncio.get_running_loop().set_exception_handler(lambda _, told: said.append(told))
            for number in (3, 4, 5):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0)
                )
                writer.write(HEAD.replace(b"Host", b"Connection: close\r\nHost") + b"abcd")
                asked.append((reader, writer))
            for reader, writer in asked:
                assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
                writer.close()
            assert len(said) <= 2, "asyncio once said a hundred times a second that all was full"

    asyncio.run(story())


def test_who_still_reads_its_answer_makes_way_for_nobody() -> None:
    """All of it is written as far as the application knows, and half of it waits to be read."""

    async def story() -> None:
        async with asyncio.timeout(LIMIT_S), served(patience_s=LIMIT_S, most=2) as listening:
            port = listening.getsockname()[1]
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, limit=1 << 16, local_addr=("127.0.0.3", 0)
            )
            writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            size = len(await reader.readuntil(b"\r\n\r\n"))
            later = []
            for number in (4, 5, 6):
                _, silent = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0)
                )
                later.append(silent)
                await asyncio.sleep(0.05)
            while part := await reader.read(2 << 20):
                size += len(part)
            assert size > len(LARGE)
            for each in (writer, *later):
                each.close()

    asyncio.run(story())
