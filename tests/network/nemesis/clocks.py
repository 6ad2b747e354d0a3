"""Clocks that are wrong, and that jump while a node runs: libfaketime reads a file for each node.

Python waits by the monotonic clock and tells the time by the other one. The kernel never lets the first
jump, so libfaketime is told to leave it alone; `monotonic_too` takes that away.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LIBRARIES: Final = Path("/usr/lib")
_REREAD_S: Final = 1
_SHARED: Final = Path("/dev/shm")


def faketime() -> Path | None:
    """The library that shifts what a process takes for the time of day; None on a machine without."""
    return next(_LIBRARIES.glob("*/faketime/libfaketimeMT.so.1"), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """One node's."""

    file: Path
    library: Path
    monotonic_too: bool = False

    def environment(self) -> dict[str, str]:
        """For the node's process."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": str(_REREAD_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "0" if self.monotonic_too else "1",
        }

    def be_off(self, seconds: float) -> None:
        """The clock is so far ahead from now on; negative: behind."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+.3f}\n", encoding="ascii")
        new.replace(self.file)


def forget(pid: int) -> None:
    """Remove what the library leaves of a process that was killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (_SHARED / name).unlink(missing_ok=True)
