"""Folders whose names survive a power cut: a name is durable once the folder that holds it is."""

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make `path` and the folders above it where they are missing, durably.

    Raises:
        OSError: one could not be made, or its name is not durable.
    """
    missing = [each for each in path.parents if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for each in (path, *missing):
        sync_folder(each.parent)


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
