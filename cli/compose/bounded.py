"""BoundedSocket: listens, and holds no more connections than leave descriptors for everything else.

A store that cannot open a file ends its process: strangers who connect and stay must not be able to
take the last descriptor. Counted where a connection is accepted, so that half a TLS handshake is
counted as well.
"""

import errno
import resource
import socket
from typing import Any, Final

CONNECTIONS_MAX: Final = 512


class BoundedSocket(socket.socket):
    """A socket that listens."""

    def __init__(self, listening: socket.socket, most: int) -> None:
        """Take over `listening`; hold at most `most` connections at once."""
        super().__init__(fileno=listening.detach())
        self._most = most
        self._held: list[socket.socket] = []

    @property
    def held_count(self) -> int:
        """Connections that are open."""
        self._held = [each for each in self._held if each.fileno() >= 0]
        return len(self._held)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection.

        Raises:
            OSError: there are too many, as the kernel says it; asyncio then waits for a second.
        """
        if self.held_count >= self._most:
            raise OSError(errno.EMFILE, f"{self._most} connections")
        held, address = super().accept()
        self._held.append(held)
        return held, address


def connections_max() -> int:
    """Half of the descriptors that this process may have, and no more than ever make sense."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft < 0 else max(1, min(CONNECTIONS_MAX, soft // 2))
