"""Moments as people write them on a command line: a number, or a date and time with its offset."""

from datetime import datetime

from cli.failures import CommandError, Exit
from ledger.codes import Code


def moment(text: str) -> int:
    """Milliseconds since 1970 of a number, or of a date and time with its offset.

    Raises:
        CommandError: `api.parameter`; a time without offset is another one elsewhere.
    """
    if text.isdecimal():
        return int(text)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.API_PARAMETER, what=f"--at {text}") from problem
    if given.tzinfo is None:
        raise CommandError(Exit.USAGE, Code.API_PARAMETER, what=f"--at {text}: +08:00 ?")
    return int(given.timestamp() * 1000)
