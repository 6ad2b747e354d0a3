"""Walks a list of `ledger.lookup` as far as somebody takes its items, a page of it at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from ledger.lookup import Found, Page, Turn

Listed: TypeAlias = Callable[[Turn], Page]
"""A question to `ledger.lookup`, but for the turn: ``partial(lookup.by_subject, subject)``."""
_STEP_MAX: Final = 500


def each_found(listed: Listed, turn: Turn) -> Iterator[Found]:
    """The entries of a list from a turn on; no scan stays open between two of them."""
    step = min(turn.limit + 1, _STEP_MAX)
    after = turn.after
    while True:
        found = listed(replace(turn, limit=step, after=after))
        yield from found.items
        if found.cursor is None:
            return
        after, step = found.cursor, _STEP_MAX
