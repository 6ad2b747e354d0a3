"""Free ports of this machine, for networks that live on one."""

import errno
import itertools
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from cli.settings import Address

LOOPBACK: Final = "127.0.0.1"
_FIRST: Final = 16_384
_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES_MAX: Final = 1000
_SPAN: Final = 64
"""Ports from one process's first place to that of the process that started next."""
_asked: Final = itertools.count()


def free_addresses(count: int) -> list[Address]:
    """`count` loopback addresses that nobody listens on at this moment.

    They lie below the ports that the system hands out for outgoing connections, so that a node that
    was stopped finds its own free when it starts again.
    """
    # All are held at once before any is let go, so that no two are the same.
    with ExitStack() as held:
        found: list[Address] = []
        for tried in range(_TRIES_MAX):
            if len(found) == count:
                break
            listener = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                listener.bind((LOOPBACK, _chosen(last_try=tried >= _TRIES_MAX // 2)))
            except OSError:
                continue
            found.append(Address(LOOPBACK, listener.getsockname()[1]))
        if len(found) < count:
            raise OSError(errno.EADDRINUSE, f"no {count} free ports")
        return found


def _chosen(*, last_try: bool) -> int:
    """The next port of this process; 0, any that the system has, where there is no room below.

    Networks that are made at the same moment, by processes started one after another, begin at
    places of their own: chosen at random, two would take one port now and then before either binds.
    """
    try:
        room = int(_EPHEMERAL.read_text(encoding="ascii").split()[0]) - _FIRST
    except (OSError, ValueError, IndexError):
        room = 0
    if last_try or room <= 0:
        return 0
    return _FIRST + (os.getpid() * _SPAN + next(_asked)) % room
