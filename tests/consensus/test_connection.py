"""What one peer may spend: beyond its budget it is read more slowly, and nothing is queued."""

import asyncio
import ssl

import pytest

from consensus import connection
from consensus.connection import Budget, Connection, reason_of
from consensus.wire import Kind, prefix
from ledger.codes import Code
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import FormatError, VerificationError

PEER = NodeId("node-peer")
SIZES: dict[int, int] = {Kind.MESSAGE: 100}


class Closed(asyncio.Transport):
    """Nothing can be sent on it."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        """It is."""


def reading(data: bytes, *, ends: bool = True) -> Connection:
    """A connection on which `data` has arrived."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if ends:
        reader.feed_eof()
    transport = Closed()
    writer = asyncio.StreamWriter(
        transport, asyncio.StreamReaderProtocol(reader), reader, asyncio.get_running_loop()
    )
    return Connection(reader, writer, PEER, Digest(bytes(32)))


def framed(body: bytes) -> bytes:
    frame = bytes((Kind.MESSAGE,)) + body
    return prefix(frame) + frame


def test_frames_are_cut_out_of_the_stream_byte_by_byte() -> None:
    async def story() -> None:
        frames = [b"", b"one", b"x" * 99]
        arrived = reading(b"".join(map(framed, frames)))
        for body in frames:
            assert await arrived.next(SIZES) == bytes((Kind.MESSAGE,)) + body
        with pytest.raises(EOFError):
            await arrived.next(SIZES)

    asyncio.run(story())


@pytest.mark.parametrize(
    "head",
    [
        (101).to_bytes(4) + bytes((Kind.MESSAGE,)),
        (0).to_bytes(4) + bytes((Kind.MESSAGE,)),
        (10).to_bytes(4) + bytes((Kind.BUNDLE,)),
    ],
    ids=["over the cap", "empty", "a kind that is not expected"],
)
def test_a_head_that_does_not_hold_ends_the_reading(head: bytes) -> None:
    async def story() -> None:
        with pytest.raises(FormatError):
            await reading(head + bytes(200), ends=False).next(SIZES)

    asyncio.run(story())


@pytest.mark.parametrize(("frames", "size"), [(25, 1), (5, 450)])
def test_a_peer_over_its_budget_waits_for_the_next_second(
    frames: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FRAMES_PER_SECOND", 10)
    monkeypatch.setattr(connection, "BYTES_PER_SECOND", 1_000)

    async def story() -> float:
        loop = asyncio.get_running_loop()
        start, budget = loop.time(), Budget()
        for _ in range(frames):
            await budget.admit(size)
        return loop.time() - start

    assert asyncio.run(story()) >= 1.0


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (VerificationError(Code.PEER_REFUSED, address="", reason="key not pinned"), "not pinned"),
        (ConnectionResetError(104, "Connection reset by peer"), "reset by peer"),
        (TimeoutError(), "TimeoutError"),
        (ssl.SSLError(1, "[SSL: HTTP_REQUEST] http request"), "HTTP"),
    ],
)
def test_every_reason_is_one_readable_line(problem: Exception, reason: str) -> None:
    assert reason in reason_of(problem)
    assert "\n" not in reason_of(problem)
