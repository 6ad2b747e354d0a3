"""Writes files that must not exist yet: nothing that a person has is ever replaced."""

import os
from pathlib import Path

from ledger.codes import Code
from ledger.errors import StoreError


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
    """
    _write_new(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Write a new file that everybody may read; raises as `write_private`."""
    _write_new(path, data, 0o644)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except FileExistsError as problem:
        raise StoreError(Code.FILE_EXISTS, path=str(path)) from problem
    except OSError as problem:
        reason = str(problem.strerror)
        raise StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=reason) from problem
