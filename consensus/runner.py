"""The asyncio shell of one node: feeds the driver with frames and time, wakes whoever waits.

Everything that decides is in the driver; here are the clock, the tasks and the log. What the driver
raises is fatal: no further step is taken, `run` ends with it, the process stops with a sentence.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, TypeVar

from consensus.bundle_desk import Answer
from consensus.depths import QueueDepth
from consensus.driver import HOUSEKEEPING_MS, Driver
from consensus.event_log import EventLog
from consensus.fates import Fate
from consensus.status import NodeStatus
from consensus.transport import Receiver, Transport
from consensus.watching import Watching
from consensus.wire import Codec
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import InvariantBroken, StoreError

Result = TypeVar("Result")


class Line(Transport, Protocol):
    """A transport that has a life of its own (`consensus.tcp.TcpTransport`)."""

    async def run(self) -> None:
        """Connect, serve, and call the receiver until cancelled."""
        ...

    @property
    def depths(self) -> Mapping[NodeId, QueueDepth]:
        """What waits to be sent, by peer."""
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
        self._failure: Exception | None = None
        self._woken = asyncio.Event()
        self._asleep_until_ms = 0
        self._progress = self._driver.progress
        self._watching = Watching()

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

    async def moved(self, timeout_s: float) -> None:
        """Wait for the next commit, settled bundle or cosigned head, but not longer."""
        await self._watching.moved(timeout_s)

    def fate(self, pool_key: Digest) -> Fate:
        """What became of a bundle, as far as this node remembers."""
        return self._driver.fate(pool_key)

    @property
    def status(self) -> NodeStatus:
        """Where the node stands, in facts."""
        return replace(self._driver.status, queues=self.line.depths)

    @property
    def has_whole_snapshot(self) -> bool:
        """Whether a snapshot was fetched: the node is to begin anew with it."""
        return self._driver.snapshots.finished

    @property
    def snapshot_liars(self) -> tuple[NodeId, ...]:
        """Who gave a snapshot that does not hold."""
        progress = self._driver.snapshots.progress
        return () if progress is None else progress.liars

    @property
    def failure(self) -> Exception | None:
        """What ended the node; None while it works."""
        return self._failure

    def hello(self, peer: NodeId) -> bytes:
        """See `Receiver.hello`."""
        return self._codec.encode(self._driver.hello(peer))

    def check_hello(self, peer: NodeId, frame: bytes) -> None:
        """See `Receiver.check_hello`."""
        hello = self._codec.check_hello(peer, frame)
        self._step(lambda now_ms: self._driver.greeted(peer, hello, now_ms))

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
        """Tick at every deadline; what comes in may bring the deadline forward.

        A deadline that is further away than any can be is one of a clock that has stepped back.
        """
        while self._failure is None:
            wait_ms = self._driver.deadline_ms - now_ms()
            if 0 < wait_ms <= HOUSEKEEPING_MS:
                self._asleep_until_ms = self._driver.deadline_ms
                self._woken.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_ms / 1000):
                        await self._woken.wait()
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
            result = step(now_ms())
        except (StoreError, InvariantBroken) as problem:
            self._failure = problem
            self._woken.set()
            self._watching.rouse()
            raise
        finally:
            self._log.write(self._driver.take_events())
        self._wake()
        if self._driver.deadline_ms < self._asleep_until_ms:
            self._woken.set()
        return result

    def _wake(self) -> None:
        """Let those look again who wait for a commit, a fate or a cosigned head."""
        progress = self._driver.progress
        if progress != self._progress:
            self._progress = progress
            self._watching.rouse()


def now_ms() -> int:
    """The clock that consensus uses, ms since the epoch."""
    return time.time_ns() // 1_000_000


def _first(problems: BaseExceptionGroup[StoreError | InvariantBroken]) -> Exception:
    """The first failure in a group of groups."""
    inner: BaseException = problems
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    if isinstance(inner, Exception):
        return inner
    raise inner
