"""Hooks: all the receivers that a node tells what is new, and their run beside consensus."""

import asyncio
from collections.abc import Sequence
from typing import Final

from api.node import Node
from api.outbound.hook import Hook
from api.outbound.hook_standing import HookStanding, News
from ledger.errors import InvariantBroken, StoreError

IDLE_S: Final = 1.0


class Hooks:
    """The webhooks of one node."""

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        """`hooks` have distinct names."""
        self._hooks = tuple(hooks)

    @property
    def standings(self) -> tuple[HookStanding, ...]:
        """How each does, in the order of the settings."""
        return tuple(each.standing for each in self._hooks)

    async def run(self, node: Node, news: News) -> None:
        """Tell receivers what is new until cancelled.

        Args:
            node: tells when there may be something new.
            news: where it is found.

        Raises:
            StoreError: a place could not be made durable.
            InvariantBroken: our own fault.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in self._hooks:
                    tasks.create_task(each.run(news))
                tasks.create_task(self._wake(node))
        except* (StoreError, InvariantBroken) as problems:
            raise problems.exceptions[0] from problems

    async def _wake(self, node: Node) -> None:
        while True:
            await node.moved(IDLE_S)
            for each in self._hooks:
                each.wake()
