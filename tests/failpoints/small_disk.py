"""A real file system that is really full: a small tmpfs under a node's folder, in a mount namespace.

A process holds the namespace; nodes enter it by `nsenter`, the tests look in through /proc.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.failpoints.life import LONG_S

_ENTER = ("nsenter", "--preserve-credentials", "--user", "--mount")


@dataclass
class SmallDisk:
    """What is mounted over `folder`, for whoever enters."""

    folder: Path
    holder: int
    """Process that keeps the namespace."""

    @property
    def inside(self) -> Path:
        """The folder as it is in there."""
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def fill(self, free_bytes: int) -> None:
        """Leave so much room and no more."""
        ballast = self.inside / "ballast"
        ballast.unlink(missing_ok=True)
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                file.truncate(max(0, file.tell() - free_bytes))

    def empty(self) -> None:
        """Give the room back."""
        (self.inside / "ballast").unlink()

    @property
    def enter(self) -> list[str]:
        """What runs a command in there."""
        return [*_ENTER, "--target", str(self.holder), "--"]


def refused() -> str:
    """Why this machine lets nobody mount in a namespace of its own; empty where it does."""
    try:
        tried = subprocess.run(
            [
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "mount",
                "-t",
                "tmpfs",
                "x",
                "/mnt",
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=LONG_S,
        )
    except FileNotFoundError as problem:
        return str(problem)
    return tried.stderr.strip()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mount an empty file system of `size` over `folder` for as long as this lasts."""
    script = 'mount -t tmpfs -o size="$1" small "$2" && echo mounted && read -r _'
    holder = subprocess.Popen(
        [
            *("unshare", "--user", "--map-root-user", "--mount"),
            *("sh", "-c", script, "sh", size, str(folder)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None and holder.stdout is not None
    try:
        assert holder.stdout.readline() == "mounted\n"
        yield SmallDisk(folder, holder.pid)
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
