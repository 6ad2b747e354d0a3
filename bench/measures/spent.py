"""Owns what processes cost: CPU seconds, bytes to disk and memory, as `/proc` tells them."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Spent:
    """Of several processes together, since each began."""

    cpu_s: float
    written_bytes: int
    """That were sent to the disk."""
    largest_rss_bytes: int
    """Of the largest process now."""

    def since(self, before: "Spent") -> "Spent":
        """What was spent between; memory is that of now."""
        cpu_s, written = self.cpu_s - before.cpu_s, self.written_bytes - before.written_bytes
        return Spent(cpu_s, written, self.largest_rss_bytes)

    def figures(self, records: int) -> dict[str, float | str]:
        """As a table tells them, for so many records."""
        return {
            "node CPU s per 1,000 records": self.cpu_s * 1000 / max(records, 1),
            "bytes written per record": self.written_bytes / max(records, 1),
            "largest RSS, MB": self.largest_rss_bytes / 1e6,
        }


def spent_by(pids: Iterable[int]) -> Spent:
    """What processes have spent; one that is gone has spent nothing."""
    cpu_s, written, largest = 0.0, 0, 0
    for pid in pids:
        folder = Path("/proc", str(pid))
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            cpu_s += (int(fields[11]) + int(fields[12])) / _TICKS
            largest = max(largest, int(fields[21]) * _PAGE)
            told = dict(line.split(": ") for line in (folder / "io").read_text().splitlines())
            written += int(told["write_bytes"])
    return Spent(cpu_s, written, largest)


def with_children(pid: int) -> list[int]:
    """A process and those that it began, as PostgreSQL has one for each connection."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found
