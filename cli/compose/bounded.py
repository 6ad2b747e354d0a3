"""BoundedSocket: listens, and holds no more connections than leave descriptors for everything else.

A store that cannot open a file ends its process: strangers who connect and stay must not be able to
take the last descriptor, nor one of them the places of all others. Counted where a connection is
accepted, so that half a TLS handshake is counted as well.
"""

import errno
import resource
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from api.fairness import OWN, network_of
from consensus.crowd import cut_off, gives_way, makes_way

Answers: TypeAlias = Callable[[socket.socket], bool]

CONNECTIONS_MAX: Final = 512
ADDRESS_MAX: Final = 128
"""Of one address, twice the requests that are answered to it at a time; this machine's own, where
a proxy may be, has no such limit."""
_PAUSE_S: Final = 0.5
"""Less than asyncio waits before it accepts again."""
_REFUSED_MAX: Final = 64
"""Connections closed in one go: they must not fill the queue that the kernel keeps for others."""


class BoundedSocket(socket.socket):
    """A socket that listens."""

    def __init__(self, listening: socket.socket, most: int, address_max: int = ADDRESS_MAX) -> None:
        """Take over `listening`; hold at most `most` connections at once, so many of an address."""
        super().__init__(fileno=listening.detach())
        self._most, self._address_max = most, address_max
        self._held: list[tuple[socket.socket, str]] = []
        self._told_s = -_PAUSE_S
        self.answers: Answers = lambda _: False
        """Whether somebody on this connection waits for an answer: then it makes way for nobody."""

    @property
    def held_count(self) -> int:
        """Connections that are open."""
        return len(self._open())

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; where there are too many, one that asks for nothing makes way.

        Raises:
            OSError: all of them are being answered, as the kernel says it; asyncio then waits for a
                second.
            BlockingIOError: the same, where that was said just now; or nobody is there.
            ConnectionAbortedError: so many of addresses that have too many were closed in one go.
        """
        counts = Counter(host for _, host in self._open())
        for _ in range(_REFUSED_MAX):
            full = len(self._held) >= self._most
            if full and all(self.answers(each) for each, _ in self._held):
                self._wait()
            held, address = super().accept()
            whose = network_of(address[0])
            host = "" if whose in OWN else whose
            if (host and counts[host] >= self._address_max) or (
                full and not self._room(host, counts)
            ):
                held.close()
                continue
            self._held.append((held, whose))
            return held, address
        raise ConnectionAbortedError(errno.ECONNABORTED, f"{_REFUSED_MAX} connections")

    def _open(self) -> list[tuple[socket.socket, str]]:
        """Forget those that were closed."""
        self._held = [each for each in self._held if each[0].fileno() >= 0]
        return self._held

    def _room(self, host: str, counts: Counter[str]) -> bool:
        """Have somebody make way for a newcomer of `host`; False where the newcomer has to."""
        if not makes_way(counts[host], max(counts.values())):
            # Most of a flood: looked at no further.
            return False
        loser = gives_way(self._held, host, self.answers)
        if loser is None:
            return False
        self._held = [each for each in self._held if each[0] is not loser]
        cut_off(loser)
        return True

    def _wait(self) -> None:
        """Say once that there are too many: asyncio asks on at once, and logs each answer."""
        now_s = time.monotonic()
        if now_s - self._told_s < _PAUSE_S:
            raise BlockingIOError(errno.EAGAIN, "too many connections")
        self._told_s = now_s
        raise OSError(errno.EMFILE, f"{self._most} connections")


def connections_max() -> int:
    """Half of the descriptors that this process may have, and no more than ever make sense."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft < 0 else max(1, min(CONNECTIONS_MAX, soft // 2))
