"""What commands share that do their work again and again: how often, and what went wrong once."""

import re
from typing import Final

from cli.failures import CommandError, Exit
from cli.output import Output
from cli.words import language
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.terminal import spelled
from ledger.words import sentence

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def span_s(text: str) -> int:
    """How many seconds a span is that a person wrote, such as ``10m`` or ``2h``.

    Raises:
        CommandError: `watch.every`.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise CommandError(Exit.USAGE, Code.WATCH_EVERY, given=text[:80])
    return int(found[1]) * _SECONDS[found[2]]


def tell_problem(output: Output, problem: LedgerError) -> None:
    """Say what went wrong in one round, which ends no other; for machines still one line."""
    if not output.as_json:
        output.failure(problem)
        return
    told = sentence(problem.code, problem.detail, language())
    print(
        spelled({"error": {"code": problem.code.value, "sentence": told}}, indent=None), flush=True
    )
