"""What was signed, on disk before the signature leaves: one JSON object a line, in a private file.

Whoever holds the key can read later what it said, to whom, and what was declined. Holds no secret.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ledger.codes import Code
from ledger.errors import StoreError


class Audit:
    """The file; only ever added to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, what: Mapping[str, object]) -> None:
        """One line, durable once this returns.

        Raises:
            StoreError: `file.unwritable`; then nothing is signed.
        """
        line = json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            path = str(self._path)
            raise StoreError(Code.FILE_UNWRITABLE, path=path, reason=reason) from problem
