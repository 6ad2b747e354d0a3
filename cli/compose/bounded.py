"""BoundedSocket: listens, and holds no more connections than leave descriptors for everything else.

A store that cannot open a file ends its process: strangers who connect and stay must not be able to
take the last descriptor, nor one of them the places of all others. Counted where a connection is
accepted, so that half a TLS handshake is counted as well.
"""

import errno
import resource
import socket
from typing import Any, Final

from api.fairness import OWN

CONNECTIONS_MAX: Final = 512
ADDRESS_MAX: Final = 128
"""Of one address, twice the requests that are answered to it at a time; this machine's own, where
a proxy may be, has no such limit."""


class BoundedSocket(socket.socket):
    """A socket that listens."""

    def __init__(self, listening: socket.socket, most: int, address_max: int = ADDRESS_MAX) -> None:
        """Take over `listening`; hold at most `most` connections at once, so many of an address."""
        super().__init__(fileno=listening.detach())
        self._most, self._address_max = most, address_max
        self._held: list[tuple[socket.socket, str]] = []

    @property
    def held_count(self) -> int:
        """Connections that are open."""
        self._held = [each for each in self._held if each[0].fileno() >= 0]
        return len(self._held)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection.

        Raises:
            OSError: there are too many, as the kernel says it; asyncio then waits for a second.
            ConnectionAbortedError: there are too many of its address; it is closed.
        """
        if self.held_count >= self._most:
            raise OSError(errno.EMFILE, f"{self._most} connections")
        held, address = super().accept()
        host = address[0]
        of_its = sum(host == each for _, each in self._held)
        if host not in OWN and of_its >= self._address_max:
            held.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, f"{of_its} connections of {host}")
        self._held.append((held, host))
        return held, address


def connections_max() -> int:
    """Half of the descriptors that this process may have, and no more than ever make sense."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft < 0 else max(1, min(CONNECTIONS_MAX, soft // 2))
