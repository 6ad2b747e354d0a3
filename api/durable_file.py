"""Writes a file of a node's folder whole or not at all, and so that it stays."""

import os
from collections.abc import Iterable
from pathlib import Path

from ledger.codes import Code
from ledger.errors import StoreError


def write_durably(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file under another name, and give it its own once it is on disk, over an earlier one.

    Args:
        path: whose folder is made, for its owner only, where there is none.
        pieces: of its content.

    Raises:
        StoreError: `file.unwritable`.
    """
    # Neighbours that differ in their endings only are written by different processes at a time.
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with fresh.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=reason) from problem
