"""What each fault of a link does to a real connection through a proxy."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from cli.settings import Address
from tests.network.nemesis.links import Links, worst
from tests.network.nemesis.proxy import CLEAR, SILENT, Line, Proxy

SHORT_S = 0.3
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A listener that says again what it hears."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def told(story: Callable[[Proxy, Callable[[], Awaitable[Ends]]], Awaitable[None]]) -> None:
    """Play a story between a dialler and an echo, with a proxy between them."""

    async def play() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        proxy = Proxy(("127.0.0.1", 0), server.sockets[0].getsockname()[:2], lambda: 0.5)
        where = await proxy.start()
        dialled: list[asyncio.StreamWriter] = []

        async def dial() -> Ends:
            ends = await asyncio.open_connection(*where)
            dialled.append(ends[1])
            return ends

        try:
            async with asyncio.timeout(20):
                await story(proxy, dial)
        finally:
            for writer in dialled:
                writer.transport.abort()
                with suppress(OSError):
                    await writer.wait_closed()
            await proxy.close()
            server.close()

    asyncio.run(play())


async def hears(ends: Ends, said: bytes = b"hello") -> bool:
    """Whether what is said comes back; a broken connection raises."""
    ends[1].write(said)
    try:
        async with asyncio.timeout(SHORT_S):
            return await ends[0].readexactly(len(said)) == said
    except TimeoutError:
        return False


async def is_broken(ends: Ends) -> bool:
    """Whether the other side has ended it."""
    try:
        return await ends[0].read(1) == b""
    except ConnectionResetError:
        return True


def test_a_clear_link_passes_on_what_is_said() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        ends = await dial()
        assert await hears(ends, b"x" * 200_000)
        assert (proxy.passed, proxy.swallowed) == (200_000, 0)

    told(story)


@pytest.mark.parametrize(
    "line", [SILENT, Line(lost_there=True), Line(lost_back=True)], ids=["both", "there", "back"]
)
def test_what_is_lost_is_lost_without_a_word_until_the_link_heals(line: Line) -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        before = await dial()
        assert await hears(before)
        proxy.become(line)
        assert not await hears(before)
        during = await dial()
        assert not await hears(during)
        assert proxy.swallowed == 10
        proxy.become(CLEAR)
        # A stream with a hole in it cannot go on.
        assert await is_broken(before) and await is_broken(during)
        assert await hears(await dial())

    told(story)


def test_a_cut_link_resets_whoever_speaks_and_whoever_dials() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        before = await dial()
        assert await hears(before)
        proxy.become(Line(refused=True))
        assert await is_broken(before)
        assert await is_broken(await dial())
        proxy.become(CLEAR)
        assert await hears(await dial())

    told(story)


def test_a_reset_breaks_what_is_there_and_nothing_later() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        before = await dial()
        assert await hears(before)
        proxy.reset()
        assert await is_broken(before)
        assert await hears(await dial())

    told(story)


def test_a_delayed_link_is_late_both_ways_and_breaks_nothing() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        ends = await dial()
        proxy.become(Line(delay_s=0.05, jitter_s=0.1))
        began = time.monotonic()
        ends[1].write(b"a")
        assert await ends[0].readexactly(1) == b"a"
        # Twice 50 ms, and half of the jitter each time.
        assert time.monotonic() - began >= 0.2
        proxy.become(CLEAR)
        assert await hears(ends)

    told(story)


def test_a_trickle_lets_so_many_bytes_through_in_a_second() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        proxy.become(Line(bytes_per_s=20_000))
        ends = await dial()
        began = time.monotonic()
        ends[1].write(b"x" * 4_000)
        assert await ends[0].readexactly(4_000)
        assert time.monotonic() - began >= 0.4

    told(story)


def test_a_listener_that_is_not_there_ends_the_connection() -> None:
    async def story(proxy: Proxy, dial: Callable[[], Awaitable[Ends]]) -> None:
        proxy.target = ("127.0.0.1", 1)
        assert await is_broken(await dial())

    told(story)


def test_faults_lie_one_over_the_other_and_are_lifted_one_by_one() -> None:
    async def play() -> None:
        links = Links("127.0.0.1", lambda: 0.5)
        pairs = [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")]
        for pair in pairs:
            await links.open(pair, Address("127.0.0.1", 1))
        assert set(links.around(["a"])) == set(pairs[:4])
        slow = Line(delay_s=0.1)
        links.lay("slow", pairs, slow)
        links.lay("apart", links.around(["a"]), SILENT)
        links.lay("apart too", links.around(["b"]), SILENT)
        between = links.proxies[("a", "b")]
        assert between.line == worst([slow, SILENT])
        links.lift("apart")
        assert between.line == worst([slow, SILENT])
        assert links.proxies[("a", "c")].line == slow
        links.lift("apart too")
        assert between.line == slow
        links.lift("slow")
        assert all(proxy.line == CLEAR for proxy in links.proxies.values())
        await links.close()

    asyncio.run(play())
