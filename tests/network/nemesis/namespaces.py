"""Where the nodes live: each in a network namespace with an address of its own, or all on loopback.

The harness moves into a namespace first, in which it may do as it likes, and everything that it makes
there is gone when it ends, however it ends. Nodes hang on one bridge, so a cable can be pulled: what the
kernel does with a peer that is suddenly gone is then the real thing.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cli.compose.ports import LOOPBACK, free_addresses

_MOVED: Final = "NEMESIS_MOVED"
_BRIDGE: Final = "nemesis0"
_NET: Final = "10.99.0"
_HERE: Final = f"{_NET}.254"
_CONSENSUS: Final = 7000
_API: Final = 8000
_LONG_S: Final = 30


class Ground(Protocol):
    """Places for nodes."""

    here: str
    """The address at which nodes reach the harness."""
    cables: bool
    """Whether a node's cable can be pulled."""

    def place(self, number: int) -> "Place":
        """Room for one more node."""
        ...

    def pull(self, place: "Place", *, out: bool) -> None:
        """Pull a node's cable, or put it back."""
        ...

    def close(self) -> None:
        """Nobody lives here any more."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """One node's."""

    consensus: str
    """host:port at which it listens."""
    api: str
    enter: tuple[str, ...] = ()
    """The command that runs another one there."""
    cable: str = ""


class Loopback:
    """All on this machine's loopback, by ports."""

    here, cables = LOOPBACK, False

    def place(self, number: int) -> Place:
        consensus, api = free_addresses(2)
        return Place(str(consensus), str(api))

    def pull(self, place: Place, *, out: bool) -> None:
        raise AssertionError("loopback has no cables")

    def close(self) -> None:
        """Nothing was made."""


@dataclass
class Namespaces:
    """A bridge, and a namespace for each node."""

    here: str = _HERE
    cables: bool = True
    _holders: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("address", "add", f"{_HERE}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")

    def place(self, number: int) -> Place:
        # The namespace is there as long as this process waits for a line that never comes.
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo made && read -r _"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"made\n"
        cable, host = f"cable{number}", f"{_NET}.{number}"
        enter = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
        _ip("link", "add", cable, "type", "veth", "peer", "name", f"node{number}")
        _ip("link", "set", f"node{number}", "netns", str(holder.pid))
        _ip("link", "set", cable, "master", _BRIDGE)
        _ip("link", "set", cable, "up")
        _ip("link", "set", "lo", "up", enter=enter)
        _ip("address", "add", f"{host}/24", "dev", f"node{number}", enter=enter)
        _ip("link", "set", f"node{number}", "up", enter=enter)
        return Place(f"{host}:{_CONSENSUS}", f"{host}:{_API}", enter, cable)

    def pull(self, place: Place, *, out: bool) -> None:
        _ip("link", "set", place.cable, "down" if out else "up")

    def close(self) -> None:
        for holder in self._holders:
            assert holder.stdin is not None and holder.stdout is not None
            holder.stdin.close()
            holder.wait()
            holder.stdout.close()
        self._holders.clear()
        _ip("link", "delete", _BRIDGE)


def moved(arguments: Sequence[str]) -> str:
    """Begin anew in a network namespace, or say why this machine has none to give.

    Does not return where it moves: this process becomes the same one elsewhere. Returns the empty
    string where it has moved.

    Args:
        arguments: of this interpreter, to begin with again.
    """
    has_moved = _MOVED in os.environ
    reason = "" if has_moved else _refused()
    if not has_moved and not reason:
        os.environ[_MOVED] = "yes"
        command = [*_unshared(), sys.executable, *arguments]
        os.execvp(command[0], command)
    return reason


def ground(*, loopback: bool) -> Ground:
    """Namespaces where this process has moved, loopback otherwise."""
    return Loopback() if loopback or _MOVED not in os.environ else Namespaces()


def _unshared() -> list[str]:
    owner = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *owner, "--net"]


def _refused() -> str:
    """Why nobody may make namespaces, cables or bridges here; empty where one may."""
    script = (
        "ip link add name probe0 type bridge && ip link add name probe1 type veth peer name probe2"
        " && ip link set probe1 master probe0 && unshare --net true"
    )
    return _tried([*_unshared(), "sh", "-c", script])


def _tried(command: Sequence[str]) -> str:
    try:
        tried = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_LONG_S
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return "" if tried.returncode == 0 else tried.stderr.strip() or f"exit {tried.returncode}"


def _ip(*words: str, enter: Sequence[str] = ()) -> None:
    if reason := _tried([*enter, "ip", *words]):
        raise AssertionError(f"ip {' '.join(words)}: {reason}")
