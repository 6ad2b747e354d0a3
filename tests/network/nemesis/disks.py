"""Disks that are full or slow while a node runs, by the shim of `tests.failpoints`."""

import errno
import struct
from dataclasses import dataclass
from pathlib import Path

from tests.failpoints.plan import shim


@dataclass(frozen=True, slots=True)
class Disk:
    """One node's: its database and its journal."""

    folder: Path
    dial: Path
    """What the shim looks at: two integers."""

    def environment(self) -> dict[str, str]:
        """For the node's process."""
        return {
            "LD_PRELOAD": str(shim()),
            "FAILPOINTS_FOLDER": str(self.folder),
            "FAILPOINTS_DIAL": str(self.dial),
        }

    def be(self, *, slower_ms: int = 0, full: bool = False) -> None:
        """An fsync takes so much longer from now on; no write has room."""
        # In place: the node has the file mapped.
        with self.dial.open("r+b" if self.dial.exists() else "wb") as file:
            file.write(struct.pack("ii", slower_ms, errno.ENOSPC if full else 0))
