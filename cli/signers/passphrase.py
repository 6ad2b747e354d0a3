"""Where a passphrase comes from: the environment, a file, or a person at the terminal.

A passphrase is never an argument of a command: arguments are in every process list.
"""

import os
import sys
from pathlib import Path
from typing import Final

from rich.prompt import Prompt

from cli.failures import CommandError, Exit
from cli.words import say
from ledger.codes import Code

VARIABLE: Final = "BIDWITNESS_PASSPHRASE"
FILE_VARIABLE: Final = "BIDWITNESS_PASSPHRASE_FILE"


def passphrase(what: str, file: Path | None = None) -> bytes:
    """The passphrase for `what`.

    Looks at ``BIDWITNESS_PASSPHRASE``, then at `file` or ``BIDWITNESS_PASSPHRASE_FILE`` (first
    line), and then asks, where there is a terminal to ask at.

    Raises:
        CommandError: `key.no_passphrase`, `file.unreadable`.
    """
    if VARIABLE in os.environ:
        return os.environ[VARIABLE].encode()
    named = file or (Path(os.environ[FILE_VARIABLE]) if FILE_VARIABLE in os.environ else None)
    if named is not None:
        return _first_line(named)
    return _asked(say("passphrase.for", what=what), what).encode()


def new_passphrase(what: str, file: Path | None = None) -> bytes:
    """A passphrase for a key that is being made; a person types it twice.

    Raises:
        CommandError: as `passphrase`, or `key.passphrases_differ`.
    """
    first = passphrase(what, file)
    typed = VARIABLE not in os.environ and FILE_VARIABLE not in os.environ and file is None
    if typed and _asked(say("passphrase.again"), what).encode() != first:
        raise CommandError(Exit.USAGE, Code.KEY_PASSPHRASES_DIFFER)
    return first


def _first_line(path: Path) -> bytes:
    try:
        return path.read_bytes().split(b"\n")[0].rstrip(b"\r")
    except OSError as problem:
        reason = str(problem.strerror)
        raise CommandError(
            Exit.USAGE, Code.FILE_UNREADABLE, path=str(path), reason=reason
        ) from problem


def _asked(prompt: str, what: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError(Exit.USAGE, Code.KEY_NO_PASSPHRASE, what=what, variable=VARIABLE)
    return Prompt.ask(prompt, password=True)
