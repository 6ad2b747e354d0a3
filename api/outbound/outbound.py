"""Outbound: shows each head to the witnesses, then publishes it, and has it stamped at times.

Runs beside consensus in the node's event loop and waits for nobody longer than a moment: a witness
that is away delays no head by more than the patience, and no block at all. Spec:
``docs/spec/checkpoint.md``.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from api.node import Node
from api.outbound.time_stamp import StampStanding, TimeAuthority
from api.outbound.witness import OutsideWitness, WitnessStanding
from api.published import INTERVAL_MS, Published
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.core.note import NoteKey
from ledger.errors import InvariantBroken, StoreError

PATIENCE_MS: Final = 1_000
"""How long a head waits for the lines of witnesses before it is published without them."""
IDLE_S: Final = 1.0


class Outbound:
    """The witnesses and the time stamping authorities of one node."""

    def __init__(
        self,
        chain: Chain,
        published: Published,
        witnesses: Sequence[OutsideWitness],
        now_ms: Callable[[], int],
        authorities: Sequence[TimeAuthority] = (),
    ) -> None:
        """Args:
        chain: whose heads.
        published: what is shown to the outside; only this object moves it on.
        witnesses: of distinct keys.
        now_ms: the clock, ms since the epoch.
        authorities: who stamp time, of distinct names; no head waits for them.
        """
        self.published = published
        self._chain = chain
        self._witnesses = witnesses
        self._now_ms = now_ms
        self._authorities = authorities
        self._moved = asyncio.Event()

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """Of the witnesses, in the order of the settings."""
        return tuple(each.key for each in self._witnesses)

    @property
    def standings(self) -> tuple[WitnessStanding, ...]:
        """How each witness does."""
        return tuple(each.standing for each in self._witnesses)

    @property
    def stamping(self) -> tuple[StampStanding, ...]:
        """How each time stamping authority does."""
        return tuple(each.standing for each in self._authorities)

    @property
    def authorities(self) -> tuple[str, ...]:
        """Their names, in the order of the settings."""
        return tuple(each.name for each in self._authorities)

    async def run(self, node: Node) -> None:
        """Show and publish heads until cancelled.

        Args:
            node: tells when there is a new head.

        Raises:
            StoreError: a witness's line or a time stamp could not be made durable.
            InvariantBroken: our own fault.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in self._witnesses:
                    tasks.create_task(each.run(self._moved.set))
                for authority in self._authorities:
                    tasks.create_task(authority.run())
                tasks.create_task(self._publish(node))
        except* (StoreError, InvariantBroken) as problems:
            raise problems.exceptions[0] from problems

    async def _publish(self, node: Node) -> None:
        shown = Height(0)
        while True:
            newest = self._chain.cosigned_height
            if newest == shown:
                await node.moved(IDLE_S)
                continue
            began_ms = self._now_ms()
            for each in self._witnesses:
                each.offer(newest)
            await self._patience(newest)
            self.published.publish(newest)
            for authority in self._authorities:
                authority.offer(newest)
            shown = newest
            # At most one new head a second; a clock that was set back holds nothing up.
            left_ms = INTERVAL_MS - (self._now_ms() - began_ms)
            await asyncio.sleep(min(max(left_ms, 0), INTERVAL_MS) / 1_000)

    async def _patience(self, height: Height) -> None:
        """Wait until every witness answered for a head, but not longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_MS / 1_000):
                while not all(each.settled(height) for each in self._witnesses):
                    self._moved.clear()
                    await self._moved.wait()
