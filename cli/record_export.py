"""Takes an export of records into a file, page by page, and goes on where it was cut off.

Beside the file stands a note of what was asked and how far it came; the note is durable only after
the lines that it speaks of, so a crash costs at most the page at hand, which is asked for again.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.client.calls.querying import QueryPage
from api.queries import table
from cli.durable_files import replace_durably, unlink_durably
from cli.failures import CommandError, Exit
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex

NOTE_SUFFIX: Final = ".position"
_NOTE_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """How far an export came."""

    asked: Mapping[str, str | int | bool]
    """The parts of the query, and the form of the file."""
    cursor: str | None
    """Where it goes on; None before the first page."""
    size_bytes: int
    """Of the file, as far as it is whole."""
    count: int
    """Records in it."""


class RecordFile:
    """The file of one export."""

    def __init__(self, path: Path, asked: Mapping[str, str | int | bool], domain: str) -> None:
        """Begin, or take up what stands there.

        Args:
            path: of the file; the note stands beside it.
            asked: the query, and ``format`` and ``lang``.
            domain: of the network, for certificate numbers.

        Raises:
            CommandError: `file.exists`: the file is there, and no note of this export.
        """
        self._path, self._asked, self._domain = path, asked, domain
        self._note = path.with_name(path.name + NOTE_SUFFIX)
        found = self._found()
        if path.exists() and (found is None or found.asked != asked):
            raise CommandError(Exit.USAGE, Code.FILE_EXISTS, path=str(path))
        self.position = found or Position(asked, None, 0, 0)

    def fill(self, pages: Iterable[QueryPage], advance: Callable[[QueryPage], object]) -> Position:
        """Write every page; then the note is gone, and the file whole."""
        flags = os.O_WRONLY | os.O_CREAT
        with os.fdopen(os.open(self._path, flags, 0o600), "wb") as file:
            # What was written behind the note is asked for again.
            file.truncate(self.position.size_bytes)
            file.seek(self.position.size_bytes)
            for page in pages:
                file.write(self._lines(page).encode())
                file.flush()
                os.fsync(file.fileno())
                count = self.position.count + len(page.items)
                self.position = Position(self._asked, page.cursor, file.tell(), count)
                self._keep()
                advance(page)
        unlink_durably(self._note)
        return self.position

    def _lines(self, page: QueryPage) -> str:
        if self._asked["format"] == "jsonl":
            return "".join(
                json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n"
                for each in page.items
            )
        language = str(self._asked["lang"])
        begin = "" if self.position.size_bytes else table.heading(language)
        return begin + "".join(self._row(each, language) for each in page.items)

    def _row(self, item: Any, language: str) -> str:
        number = certificate_number(self._domain, LogIndex(item["index"]))
        return table.row_of(item, number, item["cursor"], language)

    def _found(self) -> Position | None:
        """What the note says; None where there is none that can be read."""
        try:
            data = self._note.read_bytes()[:_NOTE_BYTES_MAX]
            said = json.loads(data)
            found = Position(said["asked"], said["cursor"], said["size_bytes"], said["count"])
            size = self._path.stat().st_size
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if size >= found.size_bytes else None

    def _keep(self) -> None:
        at = self.position
        document = {
            "asked": dict(at.asked),
            "cursor": at.cursor,
            "size_bytes": at.size_bytes,
            "count": at.count,
        }
        made = self._note.with_name(self._note.name + ".new")
        with made.open("wb") as file:
            file.write(json.dumps(document, ensure_ascii=False).encode())
            file.flush()
            os.fsync(file.fileno())
        replace_durably(made, self._note)
