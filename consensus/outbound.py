"""The connection that this node dials to one peer and sends on: kept up for ever.

It is dialled again after every break, with backoff and jitter, so that a restarted committee does
not knock in step. Nothing is queued while it is down: what still matters is said again.
"""

import asyncio
import random
import socket
import ssl
from collections.abc import Mapping
from typing import Final

import structlog

from consensus.connection import HANDSHAKE_S, Connection, opened, reason_of, streams
from consensus.depths import QueueDepth
from consensus.send_queue import SendQueue
from consensus.transport import Receiver
from ledger.codes import Code
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import FormatError, VerificationError

FIRST_PAUSE_S: Final = 0.1
PAUSE_MAX_S: Final = 5.0
STEADY_S: Final = 5.0
"""A connection that ends sooner was none that holds: the next one is dialled more slowly."""
SILENCE_MS: Final = 15_000
"""Unacknowledged bytes for so long end the connection (TCP_USER_TIMEOUT)."""

log = structlog.get_logger("consensus.outbound")


class Outbound:
    """Sends to one peer."""

    def __init__(
        self,
        peer: NodeId,
        address: tuple[str, int],
        context: ssl.SSLContext,
        pinned: Mapping[Digest, NodeId],
        sizes_max: Mapping[int, int],
        receiver: Receiver,
    ) -> None:
        self._peer = peer
        self._address = address
        self._context = context
        self._pinned = pinned
        self._sizes_max = sizes_max
        self._receiver = receiver
        self._queue = SendQueue()
        self._filled = asyncio.Event()
        self._up = False
        self._last_reason = ""

    def send(self, frame: bytes) -> None:
        """Queue a frame; dropped where the peer is not connected."""
        if self._up:
            self._queue.put(frame)
            self._filled.set()

    @property
    def depth(self) -> QueueDepth:
        """How much waits to be sent."""
        return self._queue.depth

    async def run(self) -> None:
        """Dial, send, and dial again, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(HANDSHAKE_S):
                    connection = await self._dial()
            except (OSError, EOFError, FormatError, VerificationError) as problem:
                self._failed(problem)
                # Jitter only spreads knocks over time; nothing depends on its quality.
                await asyncio.sleep(pause_s * (0.5 + random.random()))
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
                continue
            began_s = asyncio.get_running_loop().time()
            await self._speak(connection)
            await asyncio.sleep(pause_s)
            lasted_s = asyncio.get_running_loop().time() - began_s
            # Two processes with one key end each other's connections for as long as both run.
            pause_s = FIRST_PAUSE_S if lasted_s > STEADY_S else min(2 * pause_s, PAUSE_MAX_S)

    async def _dial(self) -> Connection:
        """Connect, see who is there, and say hello both ways."""
        host, port = self._address
        reader, protocol = streams()
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: protocol, host, port, ssl=self._context, server_hostname=""
        )
        connection = opened(transport, protocol, reader, self._pinned)
        try:
            if connection.peer != self._peer:
                raise VerificationError(
                    Code.PEER_REFUSED, address=host, reason="another node's key"
                )
            await connection.write(self._receiver.hello(self._peer))
            # In TLS 1.3 only the answer shows that the other side accepted our certificate.
            self._receiver.check_hello(self._peer, await connection.next(self._sizes_max))
        except BaseException:
            connection.close()
            raise
        _notice_silence(transport)
        return connection

    async def _speak(self, connection: Connection) -> None:
        """Send what is queued until the connection ends."""
        log.info("peer.connected", peer=self._peer)
        self._up, self._last_reason = True, ""
        ended = asyncio.ensure_future(connection.ended())
        ended.add_done_callback(lambda _: self._filled.set())
        try:
            self._receiver.connected(self._peer)
            while not ended.done():
                frame = self._queue.take()
                if frame is None:
                    self._filled.clear()
                    await self._filled.wait()
                else:
                    await connection.write(frame)
            ended.result()
        except (OSError, EOFError) as problem:
            log.info("peer.lost", peer=self._peer, reason=reason_of(problem))
        finally:
            ended.cancel()
            connection.close()
            self._up = False
            self._queue.clear()
            self._receiver.disconnected(self._peer)

    def _failed(self, problem: Exception) -> None:
        """Log why the peer cannot be reached: once, until the reason changes."""
        reason = reason_of(problem)
        if reason != self._last_reason:
            self._last_reason = reason
            log.warning("peer.unreachable", peer=self._peer, reason=reason)


def _notice_silence(transport: asyncio.Transport) -> None:
    """Let the kernel end a connection whose other end is gone without a word."""
    end = transport.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
