"""TimeAuthority: one time stamping authority, asked once in a period for the published head.

One request at a time, for the newest head only: whoever stamped that one stamped all before. Its
verified token is durable before anything else is done with it. Spec: RFC 3161,
``docs/spec/time_stamps.md``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbits

import structlog

from api.outbound.attempts import Attempts
from api.outbound.line import keep_going
from api.outbound.post import Post, Unanswered
from api.outbound.stamp_answer import Asked, NoStamp, StampFault, StampReply, judge_stamp
from api.outbound.time_target import TimeTarget
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.core.time_stamp import NONCE_BYTES, decode_token, encode_request
from ledger.time_stamps import imprint_of


@dataclass(frozen=True, slots=True)
class StampStanding:
    """How one authority does, as this node knows it."""

    name: str
    size: int
    """Leaves of the newest head whose token is kept here; 0 before the first."""
    time_ms: int | None
    """When it stamped that head, at the latest, by its own clock."""
    period_ms: int
    failed_count: int
    """Attempts that failed since this node was started."""
    lacking_since_ms: int | None
    """Since when a newer head waits for its stamp and is due; None where none is."""
    reason: str
    """Why the last attempt failed; empty where it did not."""
    fault: StampFault | None
    """What was wrong with its last answer."""


class TimeAuthority:
    """The line to one authority, and what came of it."""

    def __init__(
        self,
        target: TimeTarget,
        post: Post,
        chain: Chain,
        attempts: Attempts,
        now_ms: Callable[[], int],
    ) -> None:
        """Take up what the chain keeps of this authority.

        Args:
            target: by the settings of this node.
            post: the way to it.
            chain: keeps its tokens.
            attempts: its own.
            now_ms: the clock, ms since the epoch.
        """
        self.name = target.authority.name
        self._target = target
        self._post = post
        self._chain = chain
        self._attempts = attempts
        self._now_ms = now_ms
        self._log = structlog.get_logger("outbound").bind(authority=self.name)
        self._wanted: Height | None = None
        self._woken = asyncio.Event()
        self._fault: StampFault | None = None
        self._height, self._time_ms = Height(0), 0
        self._due_since_ms: int | None = None
        newest = chain.stamps.newest(self.name)
        if newest is not None:
            info = decode_token(newest[1]).info
            self._height, self._time_ms = newest[0], info.time_ms + info.accuracy_ms

    @property
    def standing(self) -> StampStanding:
        """How it does."""
        height = self._height
        return StampStanding(
            name=self.name,
            size=self._chain.stamps.checkpoint(height).size if height else 0,
            time_ms=self._time_ms if height else None,
            period_ms=self._period_ms,
            failed_count=self._attempts.failed_count,
            lacking_since_ms=self._due_since_ms,
            reason=self._attempts.reason,
            fault=self._fault,
        )

    def offer(self, height: Height) -> None:
        """Ask for the head at `height` once a stamp is due, and for no earlier one."""
        if height > self._height:
            self._wanted = height
            self._woken.set()

    async def run(self) -> None:
        """Ask whenever a stamp is due, until cancelled.

        Raises:
            StoreError: a token could not be made durable.
        """
        await keep_going(self.step, self._woken, self._post)

    async def step(self) -> int | None:
        """Make an attempt if one is due.

        Returns:
            How long to rest, ms; None where there is nothing to ask until the next `offer`.

        Raises:
            StoreError: a token could not be made durable.
        """
        wanted = self._wanted
        if wanted is not None and not self._left_ms():
            if self._due_since_ms is None:
                self._due_since_ms = self._now_ms()
            await self._attempt(wanted)
        return None if self._wanted is None else self._left_ms()

    @property
    def _period_ms(self) -> int:
        return self._target.period_s * 1_000

    def _left_ms(self) -> int:
        """Until the period is over, or the pause after a failure.

        A clock that was set back waits for one period at most.
        """
        since_ms = self._now_ms() - self._time_ms
        period_ms = min(self._period_ms - since_ms, self._period_ms) if self._height else 0
        return max(0, period_ms, self._attempts.left_ms(self._now_ms()))

    async def _attempt(self, height: Height) -> None:
        reply = await self._ask(height)
        if isinstance(reply, NoStamp):
            if not self._attempts.reason or reply.fault is not self._fault:
                self._log.warning("stamp.failed", reason=reply.reason, fault=str(reply.fault))
            self._attempts.failed(self._now_ms(), reply.reason)
            self._fault = reply.fault
            return
        self._chain.stamps.keep(self.name, height, reply.token)
        self._attempts.worked()
        self._height, self._time_ms = height, reply.time_ms
        self._due_since_ms, self._fault = None, None
        if self._wanted == height:
            self._wanted = None
        self._log.debug("stamp.kept", height=height)

    async def _ask(self, height: Height) -> StampReply:
        asked = Asked(self._chain.stamps.checkpoint(height), randbits(8 * NONCE_BYTES))
        try:
            answer = await self._post.send(encode_request(imprint_of(asked.head), asked.nonce))
        except Unanswered as problem:
            return NoStamp(str(problem))
        return judge_stamp(answer, asked, self._target.authority, self._now_ms())
