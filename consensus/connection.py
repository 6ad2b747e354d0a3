"""One TLS connection to a known peer as a stream of frames, with what its sender may spend.

A length is compared with the cap of its kind before memory is taken, and a peer that sends faster
than its budget is read more slowly: it is never queued. Spec: ``docs/spec/wire.md``.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

from consensus.tls import peer_of
from consensus.wire import PREFIX_BYTES, prefix, size_of
from ledger.codes import Code
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import VerificationError

HANDSHAKE_S: Final = 5.0
WRITE_S: Final = 30.0
"""A peer that takes nothing for so long is dialled anew."""
BUFFER_BYTES: Final = 256 * 1024
FRAMES_PER_SECOND: Final = 5_000
BYTES_PER_SECOND: Final = 64 << 20


class Connection:
    """A finished handshake with the node `peer`, whose key has the digest `pin`."""

    __slots__ = ("_reader", "_writer", "peer", "pin")

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        peer: NodeId,
        pin: Digest,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.peer = peer
        self.pin = pin

    async def next(self, sizes_max: Mapping[int, int]) -> bytes:
        """The next frame (kind and body), at most as long as `sizes_max` allows its kind.

        Raises:
            FormatError: `format.shape` or `format.too_large`; nothing was allocated for it.
            EOFError, OSError: the connection ended.
        """
        head = await self._reader.readexactly(PREFIX_BYTES)
        size = size_of(head, sizes_max)
        return head[-1:] + await self._reader.readexactly(size)

    async def write(self, frame: bytes) -> None:
        """Send a frame; returns once the buffer below has room for more.

        Raises:
            OSError: the connection ended, or the peer took nothing for `WRITE_S`.
        """
        self._writer.write(prefix(frame))
        self._writer.write(frame)
        async with asyncio.timeout(WRITE_S):
            await self._writer.drain()

    async def ended(self) -> None:
        """Wait until the peer closes, or says something where it has nothing to say."""
        await self._reader.read(1)

    def close(self) -> None:
        """Let go of the connection; what is still in its buffer may be lost."""
        self._writer.transport.abort()


class Budget:
    """What one peer may send in a second; who exceeds it is read again when the second is over."""

    __slots__ = ("_bytes", "_frames", "_second")

    def __init__(self) -> None:
        self._second = 0.0
        self._frames = 0
        self._bytes = 0

    async def admit(self, size_bytes: int) -> None:
        """Count one frame; waits where the budget of this second is spent."""
        clock = asyncio.get_running_loop().time
        if clock() - self._second >= 1:
            self._second, self._frames, self._bytes = clock(), 0, 0
        self._frames += 1
        self._bytes += size_bytes
        spent = self._frames > FRAMES_PER_SECOND or self._bytes > BYTES_PER_SECOND
        # Yielding after each frame lets the other peers' frames in between.
        await asyncio.sleep(max(0.0, self._second + 1 - clock()) if spent else 0)


def streams() -> tuple[asyncio.StreamReader, asyncio.StreamReaderProtocol]:
    """The two halves that a connection is read through."""
    reader = asyncio.StreamReader(limit=BUFFER_BYTES)
    return reader, asyncio.StreamReaderProtocol(reader)


def opened(
    transport: asyncio.Transport,
    protocol: asyncio.StreamReaderProtocol,
    reader: asyncio.StreamReader,
    pinned: Mapping[Digest, NodeId],
) -> Connection:
    """The connection that a finished handshake makes.

    Raises:
        VerificationError: `peer.refused` where the key at the other end is not pinned.
    """
    end = transport.get_extra_info("ssl_object")
    try:
        if not isinstance(end, ssl.SSLObject):
            raise VerificationError(Code.PEER_REFUSED, address="", reason="no TLS")
        peer, pin = peer_of(end.getpeercert(binary_form=True), pinned)
    except VerificationError:
        transport.abort()
        raise
    loop = asyncio.get_running_loop()
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    return Connection(reader, writer, peer, pin)


def reason_of(problem: Exception) -> str:
    """The cause in one line, for a log."""
    if isinstance(problem, ssl.SSLError):
        return str(getattr(problem, "reason", None) or problem)
    if isinstance(problem, VerificationError):
        return str(problem.detail.get("reason", problem))
    return str(problem) or type(problem).__name__
