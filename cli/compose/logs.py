"""The structured log of a node: one JSON object a line, to a file or to standard error.

Never holds a passphrase, a seed, a document or a record's private field; records are named by id.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Final, TextIO, cast

import structlog

from cli.documents import unreadable
from consensus.event_log import LineLimit

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_NAME_MAX: Final = 200
"""Characters by which lines of one kind are told from others."""


def open_log(path: Path | None, level: str) -> None:
    """Send every logger of this process to `path`, or to standard error where it is None.

    Raises:
        CommandError: `file.unreadable` where the file cannot be opened.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=_opened(path)),
        cache_logger_on_first_use=True,
    )
    # Libraries that use the standard library's logging are only asked for their warnings.
    logging.basicConfig(handlers=[_Forwarded()], level=max(logging.WARNING, _LEVELS[level]))


class _Forwarded(logging.Handler):
    """Writes what libraries log as lines of ours; a flood of them does not fill the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = LineLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """One line; a request that was cut off because the node stops is no error."""
        if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
            return
        if not self._limit.admits(f"{record.name}: {record.msg}"[:_NAME_MAX]):
            return
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


class _Lines:
    """A log file; where the disk is full, its lines go to standard error instead.

    A full disk stops a node through its store, with a sentence; a log line must not be what does.
    """

    def __init__(self, path: Path) -> None:
        # One line is one write, so that a reader never sees half of one.
        # What cannot be spelled in it is escaped: what others say must not end a process here.
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except OSError:
            return sys.stderr.write(text)

    def flush(self) -> None:
        """Each line was written whole already."""


def _opened(path: Path | None) -> TextIO:
    if path is None:
        return sys.stderr
    try:
        return cast(TextIO, _Lines(path))
    except OSError as problem:
        raise unreadable(path, problem) from problem
