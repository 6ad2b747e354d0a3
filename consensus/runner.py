"""The asyncio shell of one node: feeds the driver with frames and time, wakes whoever waits.

Everything that decides is in the driver; here are the clock, the tasks and the log. What the driver
raises is fatal: no further step is taken, `run` ends with it, the process stops with a sentence.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from consensus.bundle_desk import Answer
from consensus.driver import Driver
from consensus.event_log import EventLog
from consensus.fates import Fate, Pending
from consensus.status import NodeStatus
from consensus.transport import Receiver, Transport
from consensus.wire import Codec, Hello
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.errors import InvariantBroken, StoreError

Result = TypeVar("Result")


class Line(Transport, Protocol):
    """A transport that has a life of its own (`consensus.tcp.TcpTransport`)."""

    async def run(self) -> None:
        """Connect, serve, and call the receiver until cancelled."""
        ...


class Runner:
    """One node in one event loop. Make it, then `run` it; the rest may be called meanwhile."""

    def __init__(
        self,
        codec: Codec,
        make_line: Callable[[Receiver], Line],
        make_driver: Callable[[Transport], Driver],
    ) -> None:
        """`make_line` gets this runner as its receiver; `make_driver` gets the line."""
        self._codec = codec
        self.line = make_line(self)
        self._driver = make_driver(self.line)
        self._log = EventLog(codec.config.node_id)
        self._moved = asyncio.Event()
        self._asleep_until_ms = 0
        self._failure: Exception | None = None
        self._settling: dict[Digest, list[asyncio.Future[None]]] = {}
        self._cosigning: list[tuple[Height, asyncio.Future[None]]] = []
        self._watching: set[asyncio.Future[None]] = set()
        self._seen = (Height(0), Height(0))

    async def run(self) -> None:
        """Run the node until cancelled.

        Raises:
            StoreError, InvariantBroken: what ended it; nothing was done after it.
        """
        self._step(self._driver.start)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.line.run())
                tasks.create_task(self._clock())
        except* (StoreError, InvariantBroken) as problems:
            raise _first(problems) from problems

    def submit(self, bundle: Bundle) -> Answer:
        """Take in a bundle; see `Driver.submit`."""
        return self._step(lambda now_ms: self._driver.submit(bundle, now_ms))

    async def settled(self, pool_key: Digest, timeout_s: float) -> Fate:
        """Wait until a bundle is no longer pending, or the time is over; its fate then."""
        if isinstance(self._driver.fate(pool_key), Pending):
            future = asyncio.get_running_loop().create_future()
            waiting = self._settling.setdefault(pool_key, [])
            waiting.append(future)
            try:
                await asyncio.wait([future], timeout=timeout_s)
            finally:
                waiting.remove(future)
                if not waiting:
                    self._settling.pop(pool_key, None)
        return self._driver.fate(pool_key)

    async def cosigned(self, height: Height, timeout_s: float) -> bool:
        """Wait until a head at or above `height` has q cosignatures; whether it has."""
        if self._driver.cosigned_height < height:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiter = (height, future)
            self._cosigning.append(waiter)
            try:
                await asyncio.wait([future], timeout=timeout_s)
            finally:
                self._cosigning.remove(waiter)
        return self._driver.cosigned_height >= height

    async def moved(self, timeout_s: float) -> None:
        """Wait for the next commit, settled bundle or cosigned head, but not longer."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watching.add(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            self._watching.discard(future)

    @property
    def failure(self) -> Exception | None:
        """What ended the node; None while it works."""
        return self._failure

    @property
    def status(self) -> NodeStatus:
        """Where the node stands, in facts."""
        return self._driver.status

    def fate(self, pool_key: Digest) -> Fate:
        """What became of a bundle, as far as this node remembers."""
        return self._driver.fate(pool_key)

    def hello(self) -> bytes:
        """See `Receiver.hello`."""
        config, height = self._codec.config, self._driver.status.head.height
        return self._codec.encode(Hello(config.network_id, config.node_id, height))

    def check_hello(self, peer: NodeId, frame: bytes) -> None:
        """See `Receiver.check_hello`."""
        self._codec.check_hello(peer, frame)

    def connected(self, peer: NodeId) -> None:
        """See `Receiver.connected`."""
        self._step(lambda now_ms: self._driver.connected(peer, now_ms))

    def disconnected(self, peer: NodeId) -> None:
        """See `Receiver.disconnected`."""
        self._driver.disconnected(peer)

    def received(self, peer: NodeId, frame: bytes) -> None:
        """See `Receiver.received`."""
        self._step(lambda now_ms: self._driver.received(peer, frame, now_ms))

    async def _clock(self) -> None:
        """Tick at every deadline; what comes in may bring the deadline forward."""
        while self._failure is None:
            wait_ms = self._driver.deadline_ms - _now_ms()
            if wait_ms > 0:
                self._asleep_until_ms = self._driver.deadline_ms
                self._moved.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_ms / 1000):
                        await self._moved.wait()
            else:
                self._step(self._driver.tick)
                # Frames and requests get their turn between two steps.
                await asyncio.sleep(0)
        raise self._failure

    def _step(self, step: Callable[[int], Result]) -> Result:
        """One input of the driver, and what it means for those who wait."""
        if self._failure is not None:
            raise self._failure
        try:
            result = step(_now_ms())
        except (StoreError, InvariantBroken) as problem:
            self._failure = problem
            self._moved.set()
            raise
        finally:
            self._log.write(self._driver.take_events())
        self._wake()
        if self._driver.deadline_ms < self._asleep_until_ms:
            self._moved.set()
        return result

    def _wake(self) -> None:
        """Let those go on whose bundle is settled or whose head is cosigned."""
        settled = self._driver.take_settled()
        for pool_key in settled:
            _finish(self._settling.get(pool_key, ()))
        if self._cosigning:
            height = self._driver.cosigned_height
            _finish([future for wanted, future in self._cosigning if wanted <= height])
        seen = (self._driver.head_height, self._driver.cosigned_height)
        if settled or seen != self._seen:
            self._seen = seen
            _finish(tuple(self._watching))


def _finish(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def _first(problems: BaseExceptionGroup[StoreError | InvariantBroken]) -> Exception:
    """The first failure in a group of groups."""
    inner: BaseException = problems
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    if isinstance(inner, Exception):
        return inner
    raise inner


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
