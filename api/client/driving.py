"""Drivers: take the steps of flows, one in the thread that asks, one in an event loop.

The two are the only code of the client that exists twice. They decide nothing: what is sent, how
long is waited and what an answer means is written once, in the flows.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, Final, Generic, TypeVar

import httpx

from api.client.ending import ending
from api.client.flow import Away, Begin, Flow, HangUp, Head, Item, Items, Part, Pause, Step
from api.client.problems import explain
from ledger.errors import LedgerError

T = TypeVar("T")
CONNECT_S: Final = 5.0
_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
"""Of lines and of the libraries below, for bytes that they did not expect."""


class Driver:
    """Takes steps and waits for each."""

    __slots__ = ("_http",)

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def finish(self, flow: Flow[T]) -> T:
        """The answer of a call; raises what it raises."""
        steps: Generator[Any, None, T] = self._taken(flow)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                answer: T = end.value
                return answer

    def each(self, flow: Items[T]) -> Iterator[T]:
        """The answers of a call as they come."""
        yield from self._taken(flow)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _taken(self, flow: Generator[Any, Any, Any]) -> Generator[Any, None, Any]:
        course: _Course[Any] = _Course(flow)
        line = _Line(self._http)
        try:
            while (step := course.step()) is not None:
                if isinstance(step, Item):
                    yield step.value
                    continue
                try:
                    course.outcome = line.take(step)
                except _FAILURES as problem:
                    course.problem = _away(problem)
            return course.answer
        finally:
            flow.close()
            line.hang_up()


class AsyncDriver:
    """Takes steps in an event loop of asyncio."""

    __slots__ = ("_http",)

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def finish(self, flow: Flow[T]) -> T:
        """The answer of a call; raises what it raises."""
        course: _Course[T] = _Course(flow)
        line = _AsyncLine(self._http)
        try:
            while (step := course.step()) is not None:
                await _take(course, line, step)
            return course.answer
        finally:
            flow.close()
            await line.hang_up()

    async def each(self, flow: Items[T]) -> AsyncIterator[T]:
        """The answers of a call as they come."""
        course: _Course[None] = _Course(flow)
        line = _AsyncLine(self._http)
        try:
            while (step := course.step()) is not None:
                if isinstance(step, Item):
                    yield step.value
                else:
                    await _take(course, line, step)
        finally:
            flow.close()
            await line.hang_up()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


class _Course(Generic[T]):
    """One flow on its way, and what came of the step before."""

    __slots__ = ("_flow", "answer", "outcome", "problem")

    def __init__(self, flow: Generator[Any, Any, Any]) -> None:
        self._flow = flow
        self.outcome: Any = None
        self.problem: Away | None = None
        self.answer: T

    def step(self) -> Any:
        """The next step; None at the end, where `answer` is there."""
        outcome, problem = self.outcome, self.problem
        self.outcome = self.problem = None
        try:
            return self._flow.send(outcome) if problem is None else self._flow.throw(problem)
        except StopIteration as end:
            self.answer = end.value
            return None
        except LedgerError as refused:
            explain(refused)
            raise


class _Line:
    """The answer that one call has open."""

    __slots__ = ("_answer", "_http", "_parts")

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._answer: httpx.Response | None = None
        self._parts: Iterator[bytes] = iter(())

    def take(self, step: Step) -> object:
        match step:
            case Begin():
                self.hang_up()
                with ending(step.within_s):
                    self._answer = self._http.send(_request(self._http, step), stream=True)
                self._parts = self._answer.iter_bytes()
                return _head(self._answer)
            case Part():
                with ending(step.within_s):
                    return next(self._parts, None)
            case HangUp():
                self.hang_up()
            case Pause():
                time.sleep(max(0.0, step.seconds))
        return None

    def hang_up(self) -> None:
        answer, self._answer, self._parts = self._answer, None, iter(())
        if answer is not None:
            answer.close()


class _AsyncLine:
    """The same in an event loop."""

    __slots__ = ("_answer", "_http", "_parts")

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._answer: httpx.Response | None = None
        self._parts: AsyncIterator[bytes] | None = None

    async def take(self, step: Step) -> object:
        match step:
            case Begin():
                await self.hang_up()
                async with asyncio.timeout(step.within_s):
                    request = _request(self._http, step)
                    self._answer = await self._http.send(request, stream=True)
                self._parts = self._answer.aiter_bytes()
                return _head(self._answer)
            case Part():
                if self._parts is None:
                    return None
                async with asyncio.timeout(step.within_s):
                    return await anext(self._parts, None)
            case HangUp():
                await self.hang_up()
            case Pause():
                await asyncio.sleep(max(0.0, step.seconds))
        return None

    async def hang_up(self) -> None:
        answer, self._answer, self._parts = self._answer, None, None
        if answer is not None:
            await answer.aclose()


async def _take(course: _Course[Any], line: _AsyncLine, step: Step) -> None:
    try:
        course.outcome = await line.take(step)
    except _FAILURES as problem:
        course.problem = _away(problem)


def _request(http: httpx.Client | httpx.AsyncClient, step: Begin) -> httpx.Request:
    timeout = httpx.Timeout(step.silence_s, connect=min(CONNECT_S, max(0.0, step.within_s)))
    return http.build_request(
        step.method,
        step.url,
        params=step.params,
        content=step.content,
        headers=step.headers,
        timeout=timeout,
    )


def _head(answer: httpx.Response) -> Head:
    asked = answer.request
    return Head(answer.status_code, answer.headers, asked.method, str(asked.url), asked.headers)


def _away(problem: Exception) -> Away:
    """Why nothing came, in a few words."""
    if isinstance(problem, TimeoutError) and not str(problem):
        return Away("the whole call took too long")
    return Away((str(problem) or type(problem).__name__)[:200])
