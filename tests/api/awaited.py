"""Awaited: the client in an event loop, asked by tests as they ask the one that blocks.

Every call is run to its end in a loop of its own kind, and an answer that is iterated over is
fetched one by one, so one test says what both clients do.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self, TypeAlias, cast

from api.client import AsyncClient, Client


class Awaited:
    """An `AsyncClient` and its event loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loop = asyncio.Runner()
        self.client = AsyncClient(*args, **kwargs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self.client.aclose())
        self._loop.close()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not inspect.ismethod(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            told = found(*args, **kwargs)
            if inspect.isasyncgen(told):
                return self._each(told)
            return self._loop.run(told) if inspect.iscoroutine(told) else told

        return call

    def _each(self, told: AsyncIterator[Any]) -> Iterator[Any]:
        nothing = object()

        async def following() -> Any:
            return await anext(told, nothing)

        while (item := self._loop.run(following())) is not nothing:
            yield item


Opening: TypeAlias = Callable[..., Client]
"""`Client`, or `awaited`."""


def awaited(*args: Any, **kwargs: Any) -> Client:
    """The client in an event loop, in the clothes of the other one."""
    return cast(Client, Awaited(*args, **kwargs))
