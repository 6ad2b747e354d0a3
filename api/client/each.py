"""Each: a call with many answers, taken by a call with one; nothing here waits."""

from collections.abc import Callable
from typing import Any, TypeVar

from api.client.flow import Away, Flow, Item, Items

T = TypeVar("T")


def for_each(items: Items[T], do: Callable[[T], object]) -> Flow[None]:
    """Hand every answer of `items` to `do`, whose errors end both; steps go to whoever drives."""
    outcome: Any = None
    away: Away | None = None
    try:
        while True:
            try:
                step = items.send(outcome) if away is None else items.throw(away)
            except StopIteration:
                return
            outcome = away = None
            if isinstance(step, Item):
                do(step.value)
                continue
            try:
                outcome = yield step
            except Away as problem:
                away = problem
    finally:
        items.close()
