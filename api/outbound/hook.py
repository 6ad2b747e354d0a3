"""Hook: one receiver, told each event that its member may see, in the log's order, at least once.

The log is the queue, so nothing piles up here while a receiver is away: its place in the log waits.
An event that the receiver refuses again and again is set aside, for an operator to look at, and the
next one has its turn. Spec: ``docs/spec/webhooks.md``.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from api.event import Event
from api.outbound.attempts import Attempts
from api.outbound.hook_delivery import Delivery, SignedPost
from api.outbound.hook_file import (
    DEAD_MAX,
    NOTES_MAX,
    Dead,
    HookFile,
    HookState,
    taken_again,
)
from api.outbound.hook_standing import Halt, HookStanding, News
from api.outbound.hook_target import HookTarget
from api.outbound.line import keep_going
from ledger.core.identifiers import LogIndex, NetworkId, NodeId
from ledger.errors import StoreError

IDLE_MS: Final = 1_000
"""How often it is looked whether somebody asks for what is dead."""
FRESH_MS: Final = 1_000
"""Rights are asked anew for what was found longer ago."""
KEEP_MS: Final = 10_000
"""A place that moved over what the member may not see is made durable this often."""
RECOUNT_MS: Final = 10_000
AT_ONCE: Final = 16


class Hook:
    """The line to one receiver."""

    def __init__(
        self,
        target: HookTarget,
        whence: tuple[NetworkId, NodeId],
        file: HookFile,
        post: SignedPost,
        attempts: Attempts,
        now_ms: Callable[[], int],
    ) -> None:
        """Args:
        target: by the settings.
        whence: the network and the node that tell.
        file: what is kept of it.
        post: the way to it.
        attempts: its own.
        now_ms: the clock, ms since the epoch.
        """
        self._target, self._file, self._post = target, file, post
        self._attempts, self._now_ms = attempts, now_ms
        self._delivery = Delivery(target, whence, file, post, now_ms)
        self._log = structlog.get_logger("outbound").bind(webhook=target.name)
        self._woken = asyncio.Event()
        self._ready: deque[Event] = deque()
        self._found_ms = self._kept_ms = self._counted_ms = 0
        self._reached = LogIndex(-1)
        self._notes = 0
        self._tries, self._first_ms = 0, 0
        self._waiting_since_ms: int | None = None
        self._halt: Halt | None = None
        self._state: HookState | None = None
        try:
            self._state = file.read()
        except StoreError as problem:
            self._log.error("webhook.state", reason=str(problem))
            self._halt = Halt.STATE

    @property
    def standing(self) -> HookStanding:
        """How it does."""
        state = self._state or HookState(-1)
        return HookStanding(
            name=self._target.name,
            index=state.behind,
            delivered_count=state.delivered_count,
            failed_count=self._attempts.failed_count,
            dead_count=len(state.dead) + len(state.again),
            waiting_since_ms=self._waiting_since_ms,
            reason=self._attempts.reason,
            dead_reason=state.dead[-1].reason if state.dead else "",
            halt=self._halt,
        )

    def wake(self) -> None:
        """There may be something new."""
        self._woken.set()

    async def run(self, news: News) -> None:
        """Deliver whatever is due, until cancelled.

        Raises:
            StoreError: a place or a note could not be made durable.
        """

        async def step() -> int | None:
            return await self.step(news)

        await keep_going(step, self._woken, self._post)

    async def step(self, news: News) -> int:
        """Make an attempt if one is due; returns how long to rest, ms.

        Raises:
            StoreError: a place or a note could not be made durable.
        """
        if self._halt is Halt.STATE:
            return IDLE_MS
        if self._state is None:
            await self._keep(HookState(news.start(self._target)))
        await self._hear()
        self._halt = self._halted(news)
        left_ms = self._attempts.left_ms(self._now_ms())
        if self._halt is not None or left_ms:
            return min(left_ms or IDLE_MS, IDLE_MS)
        if self._now.again:
            await self._once_more(news)
            return 0
        event = await self._next(news)
        if event is None:
            self._waiting_since_ms = None
            return IDLE_MS if self._now.behind >= news.newest() else 0
        await self._deliver(event)
        return 0

    @property
    def _now(self) -> HookState:
        return self._state or HookState(-1)

    async def _keep(self, state: HookState) -> None:
        # In a thread: a slow disk must not hold up consensus, which has the event loop too.
        await asyncio.to_thread(self._file.keep, state)
        self._state, self._kept_ms = state, self._now_ms()

    async def _hear(self) -> None:
        """Take the word of an operator who wants something sent again."""
        asked = self._file.asked_again()
        if asked is None:
            return
        await self._keep(taken_again(self._now, asked))
        self._file.heard()
        self._attempts.worked()

    def _halted(self, news: News) -> Halt | None:
        if self._now.gone:
            return Halt.GONE
        if len(self._now.dead) + len(self._now.again) >= DEAD_MAX:
            return Halt.FULL if not self._now.again else None
        if not news.knows(self._target.member):
            return Halt.MEMBER
        if self._target.notes and self._now_ms() - self._counted_ms >= RECOUNT_MS:
            self._notes, self._counted_ms = self._file.notes_count(), self._now_ms()
        return Halt.NOTES if self._notes >= NOTES_MAX else None

    async def _next(self, news: News) -> Event | None:
        """The event whose turn it is, as its member may see it now."""
        if not self._ready or self._now_ms() - self._found_ms > FRESH_MS:
            await self._find(news)
        return self._ready[0] if self._ready else None

    async def _find(self, news: News) -> None:
        behind, wanted = LogIndex(self._now.behind), self._target.wanted
        reached, events = await news.behind(self._target.member, wanted, behind, AT_ONCE)
        self._found_ms, self._reached = self._now_ms(), reached
        done = frozenset(self._now.done)
        self._ready = deque(e for e in events if self._delivery.identifier(e) not in done)
        if not self._ready and reached > behind:
            moved = replace(self._now, behind=reached, done=())
            if self._now_ms() - self._kept_ms >= KEEP_MS:
                await self._keep(moved)
            self._state = moved

    async def _deliver(self, event: Event) -> None:
        """One attempt for the event whose turn it is, and what follows from it."""
        now_ms = self._now_ms()
        if not self._tries:
            self._first_ms = now_ms
        if self._waiting_since_ms is None:
            self._waiting_since_ms = now_ms
        refusal = await self._delivery.attempt(event)
        if refusal is None:
            self._attempts.worked()
            self._notes += 1
            await self._over(
                event, replace(self._now, delivered_count=self._now.delivered_count + 1)
            )
            self._waiting_since_ms = None
            return
        # Rights may end while it rests.
        self._ready.clear()
        self._attempts.failed(self._now_ms(), refusal.reason, refusal.rest_ms)
        if refusal.gone:
            await self._keep(replace(self._now, gone=True))
        elif refusal.counts:
            self._tries += 1
            if self._tries >= self._target.attempts_max:
                self._log.warning("webhook.dead", index=event.index, reason=refusal.reason)
                dead = self._dead(event, refusal.reason)
                await self._over(event, replace(self._now, dead=(*self._now.dead, dead)))

    async def _over(self, event: Event, state: HookState) -> None:
        """The event had its turn."""
        if self._ready:
            self._ready.popleft()
        self._tries = 0
        identifier = self._delivery.identifier(event)
        # What else stands at its index comes under the same place.
        done = (*state.done, identifier) if event.index == state.behind + 1 else (identifier,)
        await self._keep(replace(state, behind=event.index - 1, done=done))

    def _dead(self, event: Event, reason: str) -> Dead:
        return Dead(
            self._delivery.identifier(event),
            event.kind,
            event.index,
            event.key,
            self._first_ms,
            self._now_ms(),
            self._target.attempts_max,
            reason,
        )

    async def _once_more(self, news: News) -> None:
        """One attempt for what was set aside, if its member may still see it."""
        first, *rest = self._now.again
        behind, wanted = LogIndex(first.index - 1), self._target.wanted
        _, events = await news.behind(self._target.member, wanted, behind, AT_ONCE)
        again = [e for e in events if self._delivery.identifier(e) == first.webhook_id]
        state = replace(self._now, again=tuple(rest))
        refusal = await self._delivery.attempt(again[0]) if again else None
        if refusal is not None:
            last = replace(
                first,
                attempts=first.attempts + 1,
                last_ms=self._now_ms(),
                reason=refusal.reason,
            )
            self._attempts.failed(self._now_ms(), refusal.reason, refusal.rest_ms)
            await self._keep(replace(state, dead=(*state.dead, last), gone=refusal.gone))
            return
        if again:
            self._attempts.worked()
        await self._keep(replace(state, delivered_count=self._now.delivered_count + len(again)))
