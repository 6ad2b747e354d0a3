"""What lies in a watched folder: regular files, hashed in chunks, nothing ever followed.

Symlinks are never followed, and what is no regular file is never opened: to open a FIFO would wait
for ever. A file that changes while it is read is said to be moving, and judged in the next round.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cli.failures import CommandError, Exit
from ledger.codes import Code
from ledger.core.identifiers import Digest

CHUNK_BYTES: Final = 1 << 20
FILES_MAX: Final = 1_000_000
"""Files of one folder that are looked at."""
DEPTH_MAX: Final = 100
"""Folders within folders that are gone into."""
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Hashed:
    """A regular file, read from beginning to end."""

    sha256: Digest
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why a file could not be hashed."""

    code: Code
    """`watch.missing`, `.not_regular`, `.unreadable`, `.moving`."""
    reason: str = ""


Seen: TypeAlias = Hashed | Unseen


@dataclass(frozen=True, slots=True)
class Listed:
    """One thing that lies in the folder."""

    path: str
    """Relative to the folder."""
    problem: Unseen | None = None
    """Why it is not a file that can be looked at; None for a regular file."""
    size_bytes: int = 0
    mtime_ns: int = 0


def walk(folder: Path) -> Iterator[Listed]:
    """Everything below a folder, in a stable order; symlinks are named and not followed.

    Raises:
        CommandError: `watch.too_many`; `file.unreadable` for the folder itself.
    """
    for count, listed in enumerate(_below(folder, ""), 1):
        if count > FILES_MAX:
            where, limit = str(folder), FILES_MAX
            raise CommandError(Exit.USAGE, Code.WATCH_TOO_MANY, folder=where, limit=limit)
        yield listed


def _below(folder: Path, prefix: str) -> Iterator[Listed]:
    try:
        with os.scandir(folder / prefix) as found:
            entries = sorted(found, key=lambda each: each.name)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        if not prefix:
            facts = {"path": str(folder), "reason": reason}
            raise CommandError(Exit.USAGE, Code.FILE_UNREADABLE, **facts) from problem
        yield Listed(prefix.rstrip("/"), Unseen(Code.WATCH_UNREADABLE, reason))
        return
    for entry in entries:
        path = prefix + entry.name
        if not _is_text(path):
            yield Listed(_shown(path), Unseen(Code.WATCH_NAME))
        elif path.count("/") >= DEPTH_MAX:
            yield Listed(path, Unseen(Code.WATCH_UNREADABLE, f"> {DEPTH_MAX} ×/"))
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(folder, f"{path}/")
        else:
            yield _listed(entry, path)


def _listed(entry: os.DirEntry[str], path: str) -> Listed:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as problem:
        return Listed(path, Unseen(Code.WATCH_UNREADABLE, problem.strerror or ""))
    if not stat.S_ISREG(found.st_mode):
        return Listed(path, Unseen(Code.WATCH_NOT_REGULAR, _kind(found.st_mode)))
    return Listed(path, None, found.st_size, found.st_mtime_ns)


def hash_file(folder: Path, path: str, advance: Callable[[int], object] = lambda _: None) -> Seen:
    """The digest of one file below the folder, with no more than a chunk of it in memory.

    Args:
        folder: that is watched.
        path: relative to it.
        advance: is told the number of bytes after each chunk.
    """
    try:
        if _crosses_symlink(folder, path):
            return Unseen(Code.WATCH_NOT_REGULAR, "symlink")
        descriptor = os.open(folder / path, _FLAGS)
    except OSError as problem:
        return _not_opened(problem)
    try:
        return _hashed(descriptor, advance)
    except OSError as problem:
        return Unseen(Code.WATCH_UNREADABLE, problem.strerror or type(problem).__name__)
    finally:
        os.close(descriptor)


def _hashed(descriptor: int, advance: Callable[[int], object]) -> Seen:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return Unseen(Code.WATCH_NOT_REGULAR, _kind(before.st_mode))
    sha256, size = hashlib.sha256(), 0
    # Never past the size that it began with: what grows as fast as we read would have no end.
    while size <= before.st_size and (chunk := os.read(descriptor, CHUNK_BYTES)):
        sha256.update(chunk)
        size += len(chunk)
        advance(len(chunk))
    after = os.fstat(descriptor)
    if size != before.st_size or _moved(before, after):
        return Unseen(Code.WATCH_MOVING)
    return Hashed(Digest(sha256.digest()), size, after.st_mtime_ns)


def _moved(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether the file changed while it was read; the time of change of its inode tells most."""
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _not_opened(problem: OSError) -> Unseen:
    reason = problem.strerror or type(problem).__name__
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return Unseen(Code.WATCH_MISSING)
    if problem.errno in (errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EISDIR):
        return Unseen(Code.WATCH_NOT_REGULAR, reason)
    return Unseen(Code.WATCH_UNREADABLE, reason)


def _crosses_symlink(folder: Path, path: str) -> bool:
    """Whether a folder on the way, or the file itself, is a symlink now."""
    current = folder
    for part in path.split("/"):
        current = current / part
        if current.is_symlink():
            return True
    return False


def _kind(mode: int) -> str:
    """What something that is no regular file is."""
    kinds = {
        stat.S_IFLNK: "symlink",
        stat.S_IFIFO: "fifo",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "device",
        stat.S_IFBLK: "device",
        stat.S_IFDIR: "folder",
    }
    return kinds.get(stat.S_IFMT(mode), "?")


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8; other names cannot stand in a report."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return os.fsencode(name).decode(errors="replace")
