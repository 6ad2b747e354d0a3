"""The structured log of a node: one JSON object a line, to a file or to standard error.

Never holds a passphrase, a seed, a document or a record's private field; records are named by id.
"""

import logging
import sys
from pathlib import Path
from typing import Final, TextIO

import structlog

from cli.documents import unreadable

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


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
    logging.basicConfig(stream=sys.stderr, level=max(logging.WARNING, _LEVELS[level]))


def _opened(path: Path | None) -> TextIO:
    if path is None:
        return sys.stderr
    try:
        # One line is one write, so that a reader never sees half of one.
        return path.open("a", encoding="utf-8", buffering=1)
    except OSError as problem:
        raise unreadable(path, problem) from problem
