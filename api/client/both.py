"""Both: one call of the SDK as a method of the client that blocks and of the one in an event loop.

A call is written once, as a flow over `Core`. As an attribute of a class from which both clients
inherit it is a method of either: it waits in the one, and is awaited in the other. So neither can
have a call, a parameter or a word of documentation that the other lacks.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from api.client.core import Core
from api.client.driving import AsyncDriver
from api.client.flow import Flow, Items
from api.client.nodes import Nodes

P = ParamSpec("P")
T = TypeVar("T")


class Waiting:
    """A client whose calls block."""

    core: Core
    nodes: Nodes


class Awaiting:
    """A client whose calls are awaited."""

    core: Core
    _driver: AsyncDriver


class Call(Generic[P, T]):
    """A call with one answer."""

    def __init__(self, flow: Callable[Concatenate[Core, P], Flow[T]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, client: Waiting, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Waiting | Awaiting | None, owner: type) -> Callable[..., Any]:
        """The method of a client."""
        flow = self._flow

        def call(client: Waiting | Awaiting, *args: P.args, **kwargs: P.kwargs) -> Any:
            steps = flow(client.core, *args, **kwargs)
            if isinstance(client, Waiting):
                return client.nodes.finish(steps)
            return client._driver.finish(steps)

        return _method(call, flow, client)


class CallForEach(Generic[P, T]):
    """A call with many answers: an iterator in the one client, an async iterator in the other."""

    def __init__(self, flow: Callable[Concatenate[Core, P], Items[T]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, client: Waiting, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Waiting | Awaiting | None, owner: type) -> Callable[..., Any]:
        """The method of a client."""
        flow = self._flow

        def call(client: Waiting | Awaiting, *args: P.args, **kwargs: P.kwargs) -> Any:
            steps = flow(client.core, *args, **kwargs)
            if isinstance(client, Waiting):
                return client.nodes.iterate(steps)
            return client._driver.each(steps)

        return _method(call, flow, client)


def _method(
    call: Callable[..., Any], flow: Callable[..., Any], client: object | None
) -> Callable[..., Any]:
    """`call` with the name, words and parameters of `flow`; bound where there is a client."""
    shown: Any = functools.wraps(flow)(call)
    first, *others = inspect.signature(flow).parameters.values()
    shown.__signature__ = inspect.Signature(
        [first.replace(name="self", annotation=inspect.Parameter.empty), *others]
    )
    bound: Callable[..., Any] = shown if client is None else shown.__get__(client)
    return bound
