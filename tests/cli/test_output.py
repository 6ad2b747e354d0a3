"""What commands show: nothing that came from a node may act on the reader's terminal."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from api.client import Client
from cli.main import app
from cli.output import Output, facts
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.trust import trust_root
from tests.vectors.small_network import small_genesis

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


@pytest.mark.parametrize("told", [{"name": "x"}, [], {"name": "x", "height": 1, "nodes": None}])
def test_a_status_that_is_none_is_named_and_not_traced(
    told: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_root(small_genesis()).encode())
    monkeypatch.setattr(Client, "network", lambda _: told)
    asked = ["status", "--node", "http://127.0.0.1:9", "--trust", str(trust)]
    problem = CliRunner().invoke(app, asked).exception
    assert isinstance(problem, LedgerError)
    assert problem.code is Code.API_ANSWER
