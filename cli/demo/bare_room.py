"""Runs the offline verifier in a process that has no network and none of the server's packages.

Started as a script by `offline.py` with ``python -I -S``: the only importable things are the
standard library and the folder given first. It proves its own bareness before it verifies anything.
"""

import ctypes
import importlib.util
import socket
import sys

_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
SERVER_PACKAGES = ("fastapi", "uvicorn", "httpx", "plyvel", "pydantic", "api", "consensus", "cli")
BROKEN = 70


def main() -> int:
    """Verify what the arguments after the folder name; the verifier's own exit status."""
    room, *arguments = sys.argv[1:]
    # A network namespace of our own has not even a loopback; where the kernel refuses one, the
    # audit hook below still lets no socket be made.
    ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NETWORK)
    sys.path.insert(0, room)
    # This script's own folder must not help out either.
    found = [name for name in SERVER_PACKAGES if importlib.util.find_spec(name) is not None]
    if found:
        sys.stderr.write(f"importable: {found}\n")
        return BROKEN
    sys.addaudithook(_no_sockets)
    if _socket_possible():
        sys.stderr.write("network: reachable\n")
        return BROKEN
    from ledger.__main__ import main as verify

    return verify(arguments)


def _no_sockets(event: str, _: object) -> None:
    if event == "socket.__new__":
        raise PermissionError("no network here")


def _socket_possible() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except PermissionError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
