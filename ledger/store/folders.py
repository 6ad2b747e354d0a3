"""Folders whose names survive a power cut: a name is durable once the folder that holds it is."""

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make `path` where it is missing, durably.

    Raises:
        OSError: it could not be made, or its name is not durable.
    """
    path.mkdir(parents=True, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: they may be lost.
    """
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
