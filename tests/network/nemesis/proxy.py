"""One TCP proxy for one directed link: what one node says to another goes through here.

A node dials each peer and speaks on what it dialled, so a link has one direction that matters; the
answers of the handshake come back on the same connection. What a fault has swallowed is lost, so every
connection that it touched is broken when the link heals, as a stream with a hole in it would be.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

CHUNK_BYTES: Final = 1 << 16
AHEAD_MAX: Final = 64
"""Chunks in flight in one direction; the sender is read again when there is room."""
CONNECT_S: Final = 5.0
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a RST."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a link is like; nothing wrong with it by itself."""

    refused: bool = False
    """Connections are reset, and so is everybody who dials."""
    lost_there: bool = False
    """What the dialler says vanishes, without a word."""
    lost_back: bool = False
    """What it is answered vanishes."""
    delay_s: float = 0.0
    """One way."""
    jitter_s: float = 0.0
    """Up to so much more; the order stays."""
    bytes_per_s: int = 0
    """0 for as many as come."""


CLEAR: Final = Line()
SILENT: Final = Line(lost_there=True, lost_back=True)


@dataclass(slots=True)
class _Way:
    """Bytes on their way in one direction, each chunk with the time at which it is due."""

    chunks: deque[tuple[float, bytes]]
    filled: asyncio.Event
    taken: asyncio.Event
    due_s: float = 0.0


class Proxy:
    """Listens for one dialler and passes on to one listener; `Line` says how."""

    def __init__(
        self, listen: tuple[str, int], target: tuple[str, int], chance: Callable[[], float]
    ) -> None:
        """`chance` gives numbers from 0 to 1; port 0 lets the system choose."""
        self._listen, self.target, self._chance = listen, target, chance
        self._line = CLEAR
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.passed = 0
        """Bytes that the dialler said and that were passed on."""
        self.swallowed = 0
        """Bytes of either side that were not."""

    async def start(self) -> tuple[str, int]:
        """Listen; returns where."""
        self._server = await asyncio.start_server(self._serve, *self._listen)
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    @property
    def line(self) -> Line:
        return self._line

    def become(self, line: Line) -> None:
        """The link is like this from now on; a stream that has a hole, or will have, breaks."""
        before, self._line = self._line, line
        holes = before.lost_there or before.lost_back
        if line.refused or (holes and before != line):
            self.reset()

    def reset(self) -> None:
        """Break every connection with a RST to both sides."""
        for writer in tuple(self._open):
            _break(writer)

    async def close(self) -> None:
        """Stop listening and end everything."""
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            if self._line.refused:
                return
            # Who dials into silence is accepted by nobody, and hears nothing.
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    there = await asyncio.open_connection(*self.target)
                await self._pass_on((reader, writer), there)
        except asyncio.CancelledError:
            # The server's own bookkeeping would log a task that ends cancelled as an error.
            pass
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            _break(writer)

    async def _pass_on(
        self,
        here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Both directions, until one of them ends."""
        self._open.add(there[1])
        ways = [
            asyncio.ensure_future(each)
            for out, source, sink in ((True, here[0], there[1]), (False, there[0], here[1]))
            for way in [_Way(deque(), asyncio.Event(), asyncio.Event())]
            for each in (self._take(source, way, out=out), self._give(sink, way))
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open.discard(there[1])
            _break(there[1])

    async def _take(self, reader: asyncio.StreamReader, way: _Way, *, out: bool) -> None:
        """Read what one side says, and let go of it or of nothing."""
        while data := await reader.read(CHUNK_BYTES):
            line = self._line
            if line.lost_there if out else line.lost_back:
                self.swallowed += len(data)
                continue
            self.passed += len(data) if out else 0
            now = asyncio.get_running_loop().time()
            late = line.delay_s + line.jitter_s * (self._chance() if line.jitter_s else 0)
            way.due_s = max(way.due_s, now + late)
            if line.bytes_per_s:
                way.due_s += len(data) / line.bytes_per_s
            way.chunks.append((way.due_s, data))
            way.filled.set()
            while len(way.chunks) >= AHEAD_MAX:
                way.taken.clear()
                await way.taken.wait()

    async def _give(self, writer: asyncio.StreamWriter, way: _Way) -> None:
        """Say it to the other side when it is due."""
        loop = asyncio.get_running_loop()
        while True:
            while not way.chunks:
                way.filled.clear()
                await way.filled.wait()
            due_s, data = way.chunks[0]
            if (rest_s := due_s - loop.time()) > 0:
                await asyncio.sleep(rest_s)
            way.chunks.popleft()
            way.taken.set()
            writer.write(data)
            await writer.drain()


def _break(writer: asyncio.StreamWriter) -> None:
    """Close with a RST, so that nobody takes what has come so far for the whole."""
    held = writer.get_extra_info("socket")
    with suppress(OSError):
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
