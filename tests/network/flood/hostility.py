"""Hostility: one way of harming a node from outside, in a process of its own, until it is told to end.

Strangers have addresses of their own (127.0.0.0/8 is all loopback), so that what is fair between
addresses is tried too; none of them is the one of the honest clients.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

STRANGERS = tuple(f"127.0.0.{number}" for number in range(16, 32))
_AGAIN_S = 0.01


@dataclass(frozen=True, slots=True)
class Target:
    """The node that is attacked, and what a hostile member of its network has."""

    api: tuple[str, int]
    consensus: tuple[str, int]
    folder: Path
    """Of the network: the member's key and the trust root."""


@dataclass(slots=True)
class Line:
    """One connection of a stranger."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        """Write, and wait until there is room for more."""
        self.writer.write(data)
        await self.writer.drain()

    async def until_closed(self) -> None:
        """Wait for the other end to hang up; what it says is thrown away."""
        while await self.reader.read(1 << 16):
            pass


class Hostility:
    """What one kind of attacker does."""

    does: ClassVar[str]
    at_once: ClassVar[int] = 64
    """Connections held or used at a time, by all addresses together."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.counts: Counter[str] = Counter()

    async def attack(self) -> None:
        """Go on until cancelled."""
        self.prepare()
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.at_once):
                tasks.create_task(self._one(STRANGERS[number % len(STRANGERS)]))

    def prepare(self) -> None:
        """Make beforehand what is sent again and again."""

    @property
    def where(self) -> tuple[str, int]:
        """The port that is attacked."""
        return self.target.api

    async def talk(self, line: Line) -> None:
        """What is done on one connection; it is made anew afterwards."""

    async def _one(self, address: str) -> None:
        """One connection after the other."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                reader, writer = await asyncio.open_connection(
                    *self.where, local_addr=(address, 0), limit=1 << 20
                )
                self.counts["connections"] += 1
                try:
                    await self.talk(Line(reader, writer))
                finally:
                    writer.transport.abort()
            await asyncio.sleep(_AGAIN_S)


async def answered(line: Line) -> int:
    """Read one answer of HTTP whose length is told, and return its status; 0 where none came."""
    head = await line.reader.readuntil(b"\r\n\r\n")
    for each in head.lower().split(b"\r\n"):
        if each.startswith(b"content-length:"):
            await line.reader.readexactly(int(each.split(b":")[1]))
    return int(head.split(b" ", 2)[1])
