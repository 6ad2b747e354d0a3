"""What commands show: nothing that came from a node may act on the reader's terminal."""

import io
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from api.client import Client
from api.errors import http_status
from cli.failures import Exit
from cli.main import app
from cli.output import Output, exit_code, facts
from cli.words import say
from ledger.codes import Code
from ledger.errors import LedgerError, StoreError
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


def test_what_is_copied_stays_on_its_line_however_narrow_the_terminal() -> None:
    shown = io.StringIO()
    output = Output(out=Console(file=shown, width=40))
    output.whole("ab" * 32)
    output.whole("  [1]/合同.receipt.json" + HOSTILE)
    first, second = shown.getvalue().splitlines()
    assert first == "ab" * 32
    assert second.startswith("  [1]/合同.receipt.json") and "\x1b" not in second


HELPED_OTHERWISE = frozenset(
    {Code.DEPOSIT_FULL, Code.COURT_CODE_FULL, Code.CATALOGUE_MISSING, Code.NODE_CLONED}
)
"""Waiting does not help: something must be removed, installed, or asked of another node."""


@pytest.mark.parametrize("code", sorted({*Code} - HELPED_OTHERWISE))
def test_what_a_node_has_no_room_for_now_ends_with_try_again(code: Code) -> None:
    kind = StoreError if code.value.startswith(("store.", "journal.")) else LedgerError
    if http_status(code) in {202, 429, 503}:
        assert exit_code(kind(code)) is Exit.UNAVAILABLE


def test_who_waits_for_open_data_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_root(small_genesis()).encode())
    told = []

    def waiting(_output: Output, text: str) -> AbstractContextManager[None]:
        told.append(text)
        return nullcontext()

    def busy(_client: Client, _subject: str, _prefix: str | None) -> None:
        raise LedgerError(Code.OCDS_BUSY)

    monkeypatch.setattr(Output, "waiting", waiting)
    monkeypatch.setattr(Client, "open_data", busy)
    asked = ["export", "ocds", str(tmp_path / "out"), "--subject", "P"]
    asked += ["--node", "http://127.0.0.1:9", "--trust", str(trust)]
    problem = CliRunner().invoke(app, asked).exception
    assert isinstance(problem, LedgerError) and problem.code is Code.OCDS_BUSY
    assert told == [say("export.ocds_waiting")]


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
