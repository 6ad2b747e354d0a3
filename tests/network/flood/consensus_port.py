"""Strangers at the port where the nodes talk to each other."""

import random
import ssl
from typing import ClassVar

from tests.network.flood.hostility import Hostility, Line


class _AtConsensus(Hostility):
    @property
    def where(self) -> tuple[str, int]:
        return self.target.consensus


class HalfHandshakes(_AtConsensus):
    """Connections that never begin their handshake."""

    does = "1,000 connections of 16 addresses to the consensus port that never begin a handshake"
    at_once: ClassVar[int] = 1_000

    async def talk(self, line: Line) -> None:
        await line.until_closed()
        self.counts["closed by the node"] += 1


class MalformedTls(_AtConsensus):
    """What is no handshake, or one of somebody unknown."""

    does = (
        "bytes that are no handshake, old TLS, no certificate: consensus port, 32 lines, line rate"
    )
    at_once: ClassVar[int] = 32

    def prepare(self) -> None:
        self._contexts = [_anonymous(ssl.TLSVersion.TLSv1_2), _anonymous(ssl.TLSVersion.TLSv1_3)]

    async def talk(self, line: Line) -> None:
        if random.random() < 0.5:
            head = random.choice((b"\x16\x03\x01", b"GET / HTTP/1.1", b"", b"\x15\x03\x03"))
            await line.say(head + random.randbytes(random.randint(1, 2_000)))
        else:
            await line.writer.start_tls(random.choice(self._contexts), server_hostname="")
        await line.until_closed()
        self.counts["refused"] += 1


def _anonymous(newest: ssl.TLSVersion) -> ssl.SSLContext:
    """Believes anybody, and proves nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest
    return context
