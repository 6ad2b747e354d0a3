"""The press: a process beside the node that lays pages out, one certificate after the other.

It has an interpreter of its own and no more modules than pages need, because it is started while
somebody waits. It ends where its line to the node does, and so with the node, however that ends.
"""

import signal
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Final

from api.documents.assembly import assembled
from api.documents.drawing import drawn
from api.documents.facts import Certificate
from api.documents.layout import laid_out
from ledger.errors import InvariantBroken

ENDS_S: Final = 2.0
COMMAND: Final = "import sys; from api.documents import press; press.work(int(sys.argv[1]))"


class PressBrokenError(Exception):
    """The process ended while it had a certificate, as where somebody needed its memory."""


class Press:
    """The process, as its node speaks to it: from any thread, one certificate at a time."""

    def __init__(self) -> None:
        """A press that does not run yet."""
        self._turn = threading.Lock()
        self._running: _Running | None = None

    def pages(self, certificate: Certificate) -> bytes:
        """The file of a certificate up to its signature; as `pages_of`, elsewhere.

        Raises:
            PressBrokenError: the process was killed; the next certificate starts another.
            InvariantBroken: it came upon something that no certificate has; it said what.
        """
        with self._turn:
            if self._running is None:
                self._running = _started()
                # Whoever forgets a press ends it.
                weakref.finalize(self, self._running.end)
            try:
                self._running.line.send(certificate)
                return bytes(self._running.line.recv())
            except (EOFError, OSError) as problem:
                status = self._running.end()
                self._running = None
                if status > 0:
                    raise InvariantBroken("a certificate could not be laid out") from problem
                raise PressBrokenError from problem


@dataclass(frozen=True, slots=True)
class _Running:
    """One process, and the line to it."""

    process: subprocess.Popen[bytes]
    line: "Connection[Any, Any]"

    def end(self) -> int:
        """Let it end, as it does without its line; returns its status, below 0 for a signal."""
        self.line.close()
        try:
            return self.process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _started() -> _Running:
    """A fork of a process with threads may hang; so it is a fresh one."""
    own, other = Pipe()
    with other:
        # Nothing that lies in the folder where the node was started is a module of it.
        words = [sys.executable, "-P", "-c", COMMAND, str(other.fileno())]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[other.fileno()])
    return _Running(process, own)


def pages_of(certificate: Certificate) -> bytes:
    """The file up to its signature."""
    layout = laid_out(certificate)
    return assembled(drawn(layout), layout, certificate)


def work(handle: int) -> None:
    """Be the process: make one certificate after the other until the node is gone.

    Args:
        handle: of the line to it.
    """
    # Ctrl-C is the node's; it ends, and then the line does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(handle) as line:
        while True:
            try:
                certificate = line.recv()
            except (EOFError, OSError):
                return
            line.send(pages_of(certificate))
