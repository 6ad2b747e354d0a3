"""The asyncio shell of an observer: asks upstreams in turn, takes in what holds, wakes who waits.

It has a node's face (`api.node.Node` by shape) and none of a node's part: no vote, no pool, no key
of the committee. What `Follower` cannot blame an upstream for is fatal, as in `consensus.runner`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from typing import Final, NoReturn, Protocol

import structlog

from consensus.application import Application
from consensus.errands import Errand, Errands
from consensus.evidence import Evidence, EvidenceInMemory
from consensus.fates import Fate, Unknown
from consensus.follower import Follower, Unfit
from consensus.observed import status_of
from consensus.status import NodeStatus
from consensus.upstreams import REST_MS, Fault, Upstreams, bounded
from consensus.watching import Watching
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.errors import (
    FormatError,
    InvariantBroken,
    LedgerError,
    Rejected,
    StoreError,
    VerificationError,
)
from ledger.follow import Chunk

WAIT_S: Final = 20
"""So long an upstream may hold a request open while it has nothing new."""
ASK_S_MAX: Final = 120
"""From asking to the last byte: an answer that trickles is none."""
BEYOND: Final = Height(1 << 62)
"""Above every block: asked from there, an upstream says where it stands and no more."""
ERRAND_S: Final = 1.0
"""So long those who are asked beside the one that is followed are waited for at once."""
PROBE_MS: Final = 20_000
"""The longest time without comparing whom we follow with another: it may give little by little."""


class _Came(Enum):
    """What became of one request."""

    NEWS = auto()
    NOTHING = auto()
    """A good answer without anything new."""
    FAULT = auto()


class Upstream(Protocol):
    """One node that may be followed; `api.client.upstream.HttpUpstream` fits by shape."""

    @property
    def url(self) -> str:
        """Where it is asked, for people."""
        ...

    async def ask(self, from_height: Height, noted: Height, wait_s: int) -> Chunk:
        """One chunk, decoded and not judged.

        Raises:
            FormatError: the answer is no chunk, or has no end.
            LedgerError: `node.unreachable`, or what the node refuses.
        """
        ...


class FollowingNode:
    """An observer's node in one event loop. Make it, then `run` it; the rest may be called."""

    def __init__(
        self,
        own: NodeId,
        application: Application,
        follower: Follower,
        upstreams: Mapping[NodeId, Upstream],
        *,
        evidence: Evidence | None = None,
        poll_ms: int = REST_MS,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """An observer that has not asked anybody yet.

        Args:
            own: its name, for people and for tokens; no node of the committee's.
            application: judges and appends.
            follower: over the same application.
            upstreams: whom it may follow, in the order of preference.
            evidence: where Faults are kept that shown heads prove; None: in memory.
            poll_ms: least time between two answers without news.
            clock: ms since the epoch.
        """
        self._own = own
        self._application = application
        self._follower = follower
        self._asked = dict(upstreams)
        self._evidence = evidence or EvidenceInMemory()
        self._poll_ms = poll_ms
        self._clock = clock
        self._upstreams = Upstreams({name: each.url for name, each in upstreams.items()})
        self._errands = Errands()
        self._probed_ms = 0
        self._watching = Watching()
        self._failure: Exception | None = None
        self._now_ms = clock()
        self._log = structlog.get_logger("follower").bind(node=own)

    async def run(self) -> NoReturn:
        """Follow until cancelled.

        Raises:
            Unfit, StoreError, InvariantBroken: what ended it; nothing was done after it.
        """
        try:
            while True:
                await self._round()
        except (Unfit, StoreError, InvariantBroken) as problem:
            self._failure = problem
            self._watching.rouse()
            raise
        finally:
            await self._errands.cancel()

    async def moved(self, timeout_s: float) -> None:
        """Wait for the next block or cosigned head, but not longer."""
        await self._watching.moved(timeout_s)

    def submit(self, bundle: Bundle) -> NoReturn:
        """Refuse, naming the nodes that take it in.

        Raises:
            LedgerError: `observer.submission`.
        """
        urls = self._upstreams.following.urls
        known = (f"{node} ({urls[node]})" if node in urls else node for node in self._committee)
        raise LedgerError(Code.OBSERVER_SUBMISSION, nodes=", ".join(known))

    def fate(self, pool_key: Digest) -> Fate:
        """Nothing: an observer takes no bundles in."""
        return Unknown()

    @property
    def failure(self) -> Exception | None:
        """What ended the observer; None while it works."""
        return self._failure

    @property
    def status(self) -> NodeStatus:
        """Where the observer stands, in facts; what only a committee's node has is empty."""
        return status_of(
            self._own,
            self._application,
            self._follower.progress[1],
            self._upstreams.following,
            self._evidence.faults,
            self._tick(),
        )

    async def _round(self) -> None:
        """Ask whom we follow; where it has nothing new, see whether somebody else has."""
        began_ms = self._tick()
        name = self._upstreams.choose(began_ms)
        if name is None:
            await asyncio.sleep(self._upstreams.rested_in_ms(began_ms) / 1000)
            return
        came = await self._ask(name, WAIT_S)
        now_ms = self._tick()
        for unsettled in self._upstreams.unsettled(now_ms):
            self._send(unsettled, takes=False)
        compares = not 0 <= now_ms - self._probed_ms < PROBE_MS
        other = self._upstreams.probe(now_ms) if came is _Came.NOTHING or compares else None
        if other is not None:
            self._probed_ms = now_ms
            self._send(other, takes=True)
        news = await self._settle(0 if other is None else ERRAND_S)
        if came is not _Came.NOTHING:
            return
        if news is _Came.NEWS:
            # Blocks are the same whoever gives them. Who has them too was only asked too early.
            await self._ask(name, 0)
            return
        spent_ms = self._tick() - began_ms
        await asyncio.sleep(max(0, self._poll_ms - spent_ms) / 1000)

    def _send(self, name: NodeId, *, takes: bool) -> None:
        """Ask an upstream beside the one that is followed, and do not wait for it."""
        own = self._follower.progress
        asked = (Height(own[0] + 1), own[1]) if takes else (BEYOND, BEYOND)
        self._errands.send(name, own, self._chunk(name, *asked, 0), takes=takes)

    async def _settle(self, wait_s: float) -> _Came:
        """What those brought who are back by then."""
        before = self._follower.progress
        for errand in await self._errands.back(wait_s):
            await self._answer(errand.name, self._returned(errand), errand.progress[0])
        return _Came.NEWS if self._follower.progress != before else _Came.NOTHING

    async def _returned(self, errand: Errand) -> Chunk:
        chunk = errand.task.result()
        if errand.takes and errand.progress == self._follower.progress:
            await self._take(chunk)
        else:
            # Of what came meanwhile nothing is missing; it only says where the upstream stands.
            self._follower.check_network(chunk)
        return chunk

    async def _ask(self, name: NodeId, wait_s: int) -> _Came:
        """What an upstream brought; what is wrong with it is noted."""
        before = self._follower.progress
        came = await self._answer(name, self._request(name, Height(before[0] + 1), wait_s))
        return _Came.NEWS if self._follower.progress != before else came

    async def _request(self, name: NodeId, from_height: Height, wait_s: int) -> Chunk:
        chunk = await self._chunk(name, from_height, self._follower.progress[1], wait_s)
        await self._take(chunk)
        return chunk

    async def _chunk(self, name: NodeId, from_height: Height, noted: Height, wait_s: int) -> Chunk:
        # Only the answer is timed: judging it again takes as long as it takes.
        async with asyncio.timeout(ASK_S_MAX):
            return await self._asked[name].ask(from_height, noted, wait_s)

    async def _answer(
        self, name: NodeId, asked: Awaitable[Chunk], least: Height | None = None
    ) -> _Came:
        """An upstream's answer, or what is wrong with it; `least` is where it should stand."""
        try:
            chunk = await asked
        except TimeoutError:
            reason = {"url": self._asked[name].url, "reason": f"> {ASK_S_MAX} s"}
            self._fail(name, Fault.MUTE, Rejected(Code.NODE_UNREACHABLE, reason))
        except (FormatError, VerificationError) as problem:
            self._fail(name, Fault.LIES, problem.rejected())
        except (Unfit, StoreError):
            raise
        except LedgerError as problem:
            mute = problem.code is Code.NODE_UNREACHABLE
            self._fail(name, Fault.MUTE if mute else Fault.REFUSES, problem.rejected())
        else:
            return _Came.NOTHING if self._heard(name, chunk.head, least) else _Came.FAULT
        return _Came.FAULT

    async def _take(self, chunk: Chunk) -> None:
        try:
            for _ in self._follower.take(chunk):
                # Requests get their turn between two blocks.
                await asyncio.sleep(0)
        except Unfit as problem:
            block = problem.block
            evidence = {"header": block.header.hex(), "certificate": block.certificate.hex()}
            self._log.critical("follow.unfit", **problem.detail, **evidence)
            raise
        finally:
            for fault in self._follower.take_faults():
                kept = self._evidence.keep(fault)
                told = {"node": fault.node, "fault": fault.kind.value, "file": kept}
                self._log.warning("fault.found", **told)
            self._watching.rouse()

    def _heard(self, name: NodeId, height: Height, least: Height | None) -> bool:
        """A good answer, unless it is behind us and has nothing for us."""
        now_ms, own = self._tick(), self._application.head.height if least is None else least
        if height < own:
            self._fail(
                name, Fault.BEHIND, Rejected(Code.BLOCK_UNKNOWN, {"height": own, "head": height})
            )
            return False
        if self._upstreams.following.followed != name:
            self._log.info("follow.follows", upstream=name, height=own)
        self._upstreams.answered(name, height, now_ms)
        return True

    def _fail(self, name: NodeId, fault: Fault, reason: Rejected) -> None:
        reason = bounded(reason)
        self._upstreams.failed(name, fault, reason, self._tick())
        told = {"upstream": name, "fault": fault.value, "code": reason.code.value}
        self._log.warning("follow.fault", **told, facts=dict(reason.detail))

    def _tick(self) -> int:
        """The present; where the clock stepped back, nobody is rested for longer by it."""
        now_ms = self._clock()
        if now_ms < self._now_ms:
            self._upstreams.rewind(self._now_ms - now_ms)
        self._now_ms = now_ms
        return now_ms

    @property
    def _committee(self) -> tuple[NodeId, ...]:
        return tuple(self._application.committee)
