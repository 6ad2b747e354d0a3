"""What processes hold while a day goes by: memory, file handles, and room on the disk."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.settings import node_settings
from tests.network.day.node import size_of
from tests.network.nemesis.processes import TormentedNode
from tests.network.nemesis.world import World

_EVERY_S: Final = 2.0
SAMPLES_MAX: Final = 200_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one node."""

    at_s: float
    node: str
    pid: int
    rss_mib: float
    handles: int
    database_mib: float


@dataclass
class Sampler:
    """Looks at every node until it is stopped."""

    world: World
    samples: list[Sample] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Look in a thread."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        began_s = time.monotonic()
        while not self._ended.wait(_EVERY_S) and len(self.samples) < SAMPLES_MAX:
            for node in list(self.world.nodes.values()):
                seen = look(node, time.monotonic() - began_s)
                if seen is not None:
                    self.samples.append(seen)

    def of(self, node: str) -> list[Sample]:
        """Those of one node, in the order of time."""
        return [each for each in self.samples if each.node == node]


def look(node: TormentedNode, at_s: float) -> Sample | None:
    """A look at one process; None where it is not there, or just ends."""
    process = Path("/proc") / str(node.pid)
    try:
        status = (process / "status").read_text(encoding="utf-8")
        handles = len(list((process / "fd").iterdir()))
        database = size_of(node_settings(node.folder).database_folder)
        rss_kib = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return None
    rss_mib = int(rss_kib.split()[1]) / 1024
    return Sample(at_s, node.node_id, node.pid, rss_mib, handles, database / (1 << 20))
