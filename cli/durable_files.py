"""Files that are gone, or in another place, once a call returns, whatever happens to the power."""

import os
from pathlib import Path


def unlink_durably(path: Path) -> None:
    """Remove a file; nothing happens where it is gone already."""
    path.unlink(missing_ok=True)
    _sync(path.parent)


def replace_durably(source: Path, target: Path) -> None:
    """Move a file over another, whose content is then gone."""
    source.replace(target)
    for folder in {source.parent, target.parent}:
        _sync(folder)


def append_durably(path: Path, line: str) -> None:
    """Add one line to a file that its owner alone may read; one that a crash has torn is ended."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab+") as file:
        size = file.seek(0, os.SEEK_END)
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
        file.write(b"\n" * torn + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
