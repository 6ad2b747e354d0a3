"""Free ports of this machine, for networks that live on one."""

import socket
from contextlib import ExitStack
from typing import Final

from cli.settings import Address

LOOPBACK: Final = "127.0.0.1"


def free_addresses(count: int) -> list[Address]:
    """`count` loopback addresses that nobody listens on at this moment."""
    # All are held at once before any is let go, so that no two are the same.
    with ExitStack() as held:
        found = []
        for _ in range(count):
            listener = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            listener.bind((LOOPBACK, 0))
            found.append(Address(LOOPBACK, listener.getsockname()[1]))
        return found
