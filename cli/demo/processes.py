"""Node processes of the demonstration: started, killed, started again, and never left behind.

Each child holds the reading end of a pipe and stops when the other end closes. The kernel closes it
however this process ends, SIGKILL included, so no node outlives its demonstration.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import httpx

from cli.failures import CommandError, Exit
from ledger.codes import Code

_STOP_S: Final = 10
_POLL_S: Final = 0.05
CONSOLE_FILE: Final = "console"


@dataclass(slots=True)
class NodeProcess:
    """One node of the network, running or not."""

    node_id: str
    folder: Path
    api: str
    """Base URL."""
    program: tuple[str, ...] = ("-m", "cli.main")
    """What Python runs, before the words of the command: tests have one that misbehaves."""
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Of a process that has ended, negative where a signal ended it; None before."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int:
        """Process id; 0 where it was never started."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start the node; what it says before its log is open goes to its console file."""
        with (self.folder / CONSOLE_FILE).open("ab") as console:
            self._process = _spawn(self.program, self.folder, console)

    def kill(self) -> None:
        """SIGKILL: no time to say goodbye or to finish a write."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self.ask_to_stop()

    def ask_to_stop(self) -> None:
        """Close our end of the pipe, which the node takes as a request to stop."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def wait_stopped(self) -> None:
        """Wait for a node that was asked to stop; one that does not is terminated, then killed."""
        if self._process is None:
            return
        for ask in (None, signal.SIGTERM, signal.SIGKILL):
            if ask is not None:
                self._process.send_signal(ask)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                continue
            return

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until the node answers and is ready for work.

        Raises:
            CommandError: `node.unreachable` when it stopped, with its own last words, or in time
                did not answer.
        """
        until = time.monotonic() + timeout_s
        reason = "timeout"
        while time.monotonic() < until and self.running:
            try:
                if httpx.get(f"{self.api}/readyz", timeout=2).status_code == httpx.codes.OK:
                    return
                reason = "readyz"
            except httpx.HTTPError as problem:
                reason = str(problem) or type(problem).__name__
            time.sleep(_POLL_S)
        said = reason if self.running else self.last_words()
        raise CommandError(Exit.UNAVAILABLE, Code.NODE_UNREACHABLE, url=self.api, reason=said)

    def last_words(self) -> str:
        """The last line that the process wrote to its console."""
        lines = (self.folder / CONSOLE_FILE).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "?"


def stop_all(nodes: Sequence[NodeProcess]) -> None:
    """Stop every node that runs: all are asked first, then each is waited for."""
    for node in nodes:
        node.ask_to_stop()
    for node in nodes:
        node.wait_stopped()


def _spawn(program: tuple[str, ...], folder: Path, console: IO[bytes]) -> subprocess.Popen[bytes]:
    # A session of its own, so that Ctrl-C reaches the demonstration alone and it can stop in order.
    return subprocess.Popen(
        [sys.executable, *program, "node", "run", str(folder), "--stop-with-parent"],
        stdin=subprocess.PIPE,
        stdout=console,
        stderr=console,
        start_new_session=True,
    )
