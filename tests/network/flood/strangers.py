"""Strangers at the HTTP interface: connections that are held, and words that are no requests."""

import asyncio
import random
from itertools import count
from typing import ClassVar

from tests.network.flood.hostility import Hostility, Line, answered

_HEAD = b"GET /v1/network HTTP/1.1\r\nHost: x\r\n"
_SLOWLY_S = 1.0
_MIB = 1 << 20


class SilentConnections(Hostility):
    """Two thousand connections that say nothing, made anew where they are closed."""

    does = "2,000 connections of 16 addresses, held and silent"
    at_once: ClassVar[int] = 2_000

    async def talk(self, line: Line) -> None:
        await line.until_closed()
        self.counts["closed by the node"] += 1


class SlowHeaders(Hostility):
    """Slow-loris: a request whose head never ends."""

    does = "2,000 requests whose head comes a line a second"
    at_once: ClassVar[int] = 2_000

    async def talk(self, line: Line) -> None:
        await line.say(_HEAD)
        for number in count():
            await asyncio.sleep(_SLOWLY_S)
            await line.say(f"X-{number}: 1\r\n".encode())


class SlowBodies(Hostility):
    """A submission whose body never comes."""

    does = "1,000 submissions whose body comes a byte a second"
    at_once: ClassVar[int] = 1_000

    async def talk(self, line: Line) -> None:
        await line.say(
            b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
            b"Content-Length: 1000000\r\n\r\n"
        )
        while True:
            await line.say(b"\x00")
            await asyncio.sleep(_SLOWLY_S)


class MalformedHttp(Hostility):
    """Whatever is no request, at the rate at which it is refused."""

    does = "heads, lengths, chunks and TLS that are no HTTP, on 64 lines at line rate"
    _NONSENSE = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n" * 2_000,
    )

    async def talk(self, line: Line) -> None:
        await line.say(random.choice(self._NONSENSE))
        line.writer.write_eof()
        await line.until_closed()
        self.counts["refused"] += 1


class OversizedBodies(Hostility):
    """Bodies beyond every cap, with and without a length that says so."""

    does = "bodies beyond the cap, in chunks or with a length of 10 GB, on 16 lines"
    at_once: ClassVar[int] = 16

    async def talk(self, line: Line) -> None:
        chunked = random.random() < 0.8
        length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 10000000000"
        await line.say(
            b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
            + length
            + b"\r\n\r\n"
        )
        part = b"%x\r\n" % _MIB + bytes(_MIB) + b"\r\n" if chunked else bytes(_MIB)
        for _ in range(64):
            await line.say(part)
            self.counts["MiB sent"] += 1


class Churn(Hostility):
    """Connections that are made, and ended at once."""

    does = "connections made and ended at once, on 128 lines at line rate"
    at_once: ClassVar[int] = 128

    async def talk(self, line: Line) -> None:
        pass


class LongWaits(Hostility):
    """Streams of events that are asked for and held: whole requests, so no deadline ends them."""

    does = "1,000 event streams of 16 addresses, held"
    at_once: ClassVar[int] = 1_000

    async def talk(self, line: Line) -> None:
        await line.say(b"GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        head = await line.reader.readuntil(b"\r\n\r\n")
        self.counts[head.split(b" ", 2)[1].decode()] += 1
        await line.until_closed()


class UnreadAnswers(Hostility):
    """Large answers, asked for again and again on one line, that nobody reads."""

    does = "lists asked for on 256 lines, and not read"
    at_once: ClassVar[int] = 256

    async def talk(self, line: Line) -> None:
        line.reader._transport.pause_reading()  # type: ignore[attr-defined]
        asked = b"GET /v1/records?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n"
        for _ in range(1_000):
            await line.say(asked)
            self.counts["asked"] += 1
            await asyncio.sleep(0.05)


class ManyQuestions(Hostility):
    """True questions at line rate, of many addresses."""

    does = "true questions on 256 lines of 16 addresses at line rate"
    at_once: ClassVar[int] = 256

    async def talk(self, line: Line) -> None:
        while True:
            await line.say(b"GET /v1/network HTTP/1.1\r\nHost: x\r\n\r\n")
            self.counts[str(await answered(line))] += 1
