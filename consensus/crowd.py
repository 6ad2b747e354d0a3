"""Crowd: connections of strangers that have shown no purpose yet, and which of them makes way.

Places are few, and whoever opens many connections must not have all of them: a newcomer gets the
place of the one that has waited longest among those of the address that holds most. Who holds as
many as anybody gets none, so that a flood costs no more than to be refused.
"""

import socket
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def makes_way(holds: int, most: int) -> bool:
    """Whether an address that holds `most` makes way for one that holds so many.

    Who has none gets a place of anybody; else the newcomer must have fewer afterwards too, or two
    addresses would push each other out for ever.
    """
    return holds + 1 < most or (holds == 0 and most > 0)


def gives_way(
    held: Sequence[tuple[T, str]], host: str, spared: Callable[[T], bool] = lambda _: False
) -> T | None:
    """Who makes way for a newcomer of `host`; None where the newcomer has to.

    Args:
        held: each with its address, in the order in which they came.
        host: an address; empty for one that counts as holding nothing.
        spared: who has shown a purpose: it counts, and makes way for nobody.
    """
    counts = Counter(at for _, at in held)
    idle = [(each, counts[at]) for each, at in held if not spared(each)]
    most = max((count for _, count in idle), default=0)
    if not makes_way(counts[host], most):
        return None
    return next(each for each, count in idle if count == most)


def cut_off(held: socket.socket) -> None:
    """End a connection that somebody else reads: it sees the end, and closes it."""
    with suppress(OSError):
        held.shutdown(socket.SHUT_RDWR)


class Handshakes:
    """Those that are under way, at most so many."""

    __slots__ = ("_most", "_open")

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[socket.socket, str] = {}

    def begin(self, accepted: socket.socket, host: str) -> bool:
        """Whether there is a place for one more; where all are taken, somebody may lose one."""
        if len(self._open) >= self._most:
            loser = gives_way(tuple(self._open.items()), host)
            if loser is None:
                return False
            self.end(loser)
            cut_off(loser)
        self._open[accepted] = host
        return True

    def end(self, accepted: socket.socket) -> None:
        """It is over, whatever came of it."""
        self._open.pop(accepted, None)
