"""What a disk holds: the steps that a node has taken on it, and what a power cut takes back.

The kernel keeps what a killed process has written, so a kill alone proves little. Here the rest is
done to the files: bytes that no fsync covered go, and so do names whose folder was not synced. The
file system is taken to be one that keeps changes of names within a folder in their order, and that
makes the name of a new file durable with its fsync, as ext4, XFS and btrfs do.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from shutil import rmtree

from tests.failpoints.plan import Places


@dataclass(frozen=True)
class Step:
    """One line of the shim's log."""

    number: int
    """Within one life; 0 for a look that was made to fail."""
    op: str
    name: str
    """Below the node's folder."""
    result: int
    """As the call returned it, -errno where it failed."""
    size: int
    """Of the file after the step."""
    kept: str
    """Where what lost its name still is; of a crash: what it came before or after."""
    source: str
    """What was renamed."""

    @property
    def kind(self) -> str:
        """Operation and file, whatever number the file bears."""
        words = PurePosixPath(self.name)
        bare = words.suffix if words.stem.isdecimal() else words.name.split("-")[0]
        return f"{self.op} {bare or 'folder'}"


def steps_of(log: Path) -> tuple[Step, ...]:
    """Every step in the log, over all lives since the last power cut."""
    if not log.exists():
        return ()
    rows = (line.split("\t") for line in log.read_text().splitlines())
    return tuple(Step(int(a), b, c, int(d), int(e), f, g) for a, b, c, d, e, f, g in rows)


@dataclass
class _Bytes:
    """One file, whatever it is called."""

    safe: int | None = None
    """How many of its bytes survive; None where nothing was written since the last power cut."""
    failed: bool = False
    """An fsync has failed. The kernel tells of it once, so a later one that says yes means nothing."""


@dataclass
class _Memory:
    """What is only in the page cache."""

    files: dict[str, _Bytes] = field(default_factory=dict)
    loose: list[tuple[Step, _Bytes | None]] = field(default_factory=list)
    """Changes of names that no fsync has covered, with the file that lost its name."""

    def take(self, step: Step) -> None:
        """What a step that succeeded changes."""
        match step.op:
            case "create" | "mkdir":
                self.loose.append((step, self.files.get(step.name)))
                self.files[step.name] = _Bytes(0)
            case "truncate":
                self.files[step.name] = _Bytes(0)
            case "write":
                file = self.files.setdefault(step.name, _Bytes())
                file.safe = step.size - step.result if file.safe is None else file.safe
            case "rename":
                self.loose.append((step, self.files.get(step.name)))
                self.files[step.name] = self.files.pop(step.source, _Bytes())
                self.move_inside(step.source, step.name)
            case "unlink":
                self.loose.append((step, self.files.pop(step.name, None)))
            case "fsync":
                self._synced(step)

    def move_inside(self, source: str, name: str) -> None:
        """A folder has another name: so has what is in it."""
        for old in [each for each in self.files if each.startswith(f"{source}/")]:
            self.files[name + old.removeprefix(source)] = self.files.pop(old)

    def _synced(self, step: Step) -> None:
        file = self.files.get(step.name)
        if file is not None and not file.failed:
            file.safe = step.size
        folders = {step.name, str(PurePosixPath(step.name).parent)}
        self.loose = [
            each for each in self.loose if str(PurePosixPath(each[0].name).parent) not in folders
        ]


def cut_power(places: Places, torn: bool = False) -> None:
    """Take from the files of a dead node all that a power cut may take; the next boot begins.

    Args:
        places: of the node.
        torn: half of what was not durable came through.
    """
    memory = _Memory()
    for step in steps_of(places.log):
        if step.result >= 0:
            memory.take(step)
        elif step.op == "fsync":
            memory.files.setdefault(step.name, _Bytes()).failed = True
    for step, before in reversed(memory.loose):
        _take_back(places, memory, step, before)
    for name, file in memory.files.items():
        path = places.node / name
        if file.safe is not None and path.is_file():
            size = path.stat().st_size
            lost = max(0, size - file.safe)
            os.truncate(path, size - lost + (lost // 2 if torn else 0))
    new_boot(places)


def new_boot(places: Places) -> None:
    """Whatever is on the disk now is durable."""
    places.log.unlink(missing_ok=True)
    rmtree(places.graves, ignore_errors=True)
    places.graves.mkdir()


def _take_back(places: Places, memory: _Memory, step: Step, before: _Bytes | None) -> None:
    path = places.node / step.name
    match step.op:
        case "create":
            path.unlink(missing_ok=True)
        case "mkdir":
            rmtree(path)
        case "rename":
            path.rename(places.node / step.source)
            memory.files[step.source] = memory.files.pop(step.name, _Bytes())
            memory.move_inside(step.name, step.source)
    if step.kept:
        path.hardlink_to(places.graves / step.kept)
    if before is not None:
        memory.files[step.name] = before
    elif step.op in ("create", "mkdir"):
        memory.files.pop(step.name, None)
