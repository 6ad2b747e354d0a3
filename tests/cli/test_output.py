"""What commands show: nothing that came from a node may act on the reader's terminal."""

import io

from rich.console import Console

from cli.output import Output, facts
from ledger.codes import Code
from ledger.errors import LedgerError

HOSTILE = "\x1b]52;c;cHdu\x07\x1b[2J\x9b31m\u202e"
"""Writes the clipboard, clears the screen, colours, and turns the text around."""


def test_what_a_node_said_cannot_write_on_the_terminal() -> None:
    shown = io.StringIO()
    console = Console(file=shown, color_system=None)
    output = Output(out=console, err=console)
    output.failure(LedgerError(Code.API_NOT_FOUND, query=HOSTILE, searched="subject"))
    output.warn(HOSTILE)
    output.note(facts(HOSTILE, [("name", HOSTILE)]))
    assert "52;c;cHdu" in shown.getvalue()
    assert not set(shown.getvalue()) & set(HOSTILE) - set("]52;c;cHdu[2J31m")
