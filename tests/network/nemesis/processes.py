"""Node processes that live in a network of their own and under libraries that torment them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.demo.processes import CONSOLE_FILE, NodeProcess


@dataclass(slots=True)
class TormentedNode(NodeProcess):
    """One node of the network, running, stopped in its tracks, or dead."""

    enter: tuple[str, ...] = ()
    """A command that runs another one elsewhere, under the same process id."""
    environment: dict[str, str] = field(default_factory=dict)
    """Beside this process's own."""
    frozen: bool = False
    lives: list[int] = field(default_factory=list)
    """Process ids, in the order in which they began."""

    def start(self) -> None:
        with (self.folder / CONSOLE_FILE).open("ab") as console:
            self._process = subprocess.Popen(
                [
                    *self.enter,
                    *(sys.executable, *self.program, "node", "run", str(self.folder)),
                    "--stop-with-parent",
                ],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env=os.environ | self.environment,
            )
        self.frozen = False
        self.lives.append(self._process.pid)

    def freeze(self) -> None:
        """SIGSTOP: not a step further, but all connections stay."""
        os.kill(self.pid, signal.SIGSTOP)
        self.frozen = True

    def wait_ended(self, within_s: float) -> None:
        """Until the process has ended by itself."""
        assert self._process is not None
        self._process.wait(within_s)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        if self.frozen and self.running:
            os.kill(self.pid, signal.SIGCONT)
        self.frozen = False


def preloaded(*environments: Mapping[str, str]) -> dict[str, str]:
    """Several environments as one; their libraries stand one after the other."""
    together = {name: value for each in environments for name, value in each.items()}
    libraries = [each["LD_PRELOAD"] for each in environments if "LD_PRELOAD" in each]
    return together | ({"LD_PRELOAD": ":".join(libraries)} if libraries else {})
