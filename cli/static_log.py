"""StaticLog: the log as files in a folder that any web server can serve while it grows.

A file is there whole or not at all, and the checkpoint is replaced only when everything that it
calls for is durable. Spec: ``docs/spec/tiles.md``.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.documents import unreadable
from ledger.codes import Code
from ledger.core.note import NOTE_BYTES_MAX
from ledger.core.tiles import TilePath
from ledger.errors import StoreError
from ledger.store.folders import sync_folder

CHECKPOINT: Final = "checkpoint"
_SUFFIX: Final = ".p"


class StaticLog:
    """The files of one log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> bytes | None:
        """The checkpoint, or None where none was written yet.

        Raises:
            CommandError: `file.unreadable`.
        """
        path = self.folder / CHECKPOINT
        try:
            with path.open("rb") as file:
                return file.read(NOTE_BYTES_MAX + 1)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise unreadable(path, problem) from problem

    def find(self, path: TilePath) -> bytes | None:
        """The bytes of a tile or an entry bundle, or None where it is not here."""
        try:
            return (self.folder / str(path)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise unreadable(self.folder / str(path), problem) from problem

    def read(self, path: TilePath) -> bytes:
        """The bytes of a tile; of the full one where a partial one was dropped.

        Raises:
            CommandError: `file.unreadable`.
        """
        found = self.find(path)
        if found is None and path.is_partial:
            found = self.find(TilePath(path.level, path.index))
        if found is None:
            missing = FileNotFoundError(2, "No such file")
            raise unreadable(self.folder / str(path), missing)
        return found

    def write(self, path: TilePath, data: bytes) -> bool:
        """Put a tile in its place; False where it was there with these bytes.

        Raises:
            StoreError: `file.unwritable`.
        """
        if self.find(path) == data:
            return False
        self._replace(str(path), data)
        return True

    def remove(self, path: TilePath) -> None:
        """Take a file away that must not be believed."""
        with suppress(FileNotFoundError):
            (self.folder / str(path)).unlink()

    def publish(self, checkpoint: bytes) -> None:
        """Show a new head, once all that was written before is durable; it is so itself then.

        Raises:
            StoreError: `file.unwritable`.
        """
        # One call for thousands of small files; the head alone is synced before it gets its name.
        os.sync()
        self._replace(CHECKPOINT, checkpoint, durable=True)

    def drop_partials(self, path: TilePath) -> None:
        """Drop the partial forms of a tile that is there in full."""
        shutil.rmtree(self.folder / (str(path) + _SUFFIX), ignore_errors=True)

    def _replace(self, name: str, data: bytes, *, durable: bool = False) -> None:
        target = self.folder / name
        # A name of this process: a second export into the folder must not write into our draft.
        draft = self.folder / f".draft-{os.getpid()}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(target)
            if durable:
                sync_folder(target.parent)
        except OSError as problem:
            with suppress(OSError):
                draft.unlink()
            reason = str(problem.strerror)
            raise StoreError(Code.FILE_UNWRITABLE, path=str(target), reason=reason) from problem
