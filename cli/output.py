"""What a command shows: tables and progress for people, one JSON document for machines.

Results go to standard output, everything else to standard error, so that `--json` can be piped.
Meaning is never in colour alone: it is in a word or a sign first, and survives a printer.
"""

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.status import Status
from rich.table import Table

from cli.failures import CommandError, Exit
from cli.words import language, say
from ledger.codes import Code
from ledger.errors import LedgerError, Rejected, StoreError, VerificationError
from ledger.terminal import printable, spelled
from ledger.words import sentence

HELD: Final = "[bold green]✓[/]"
FAILED: Final = "[bold red]✗[/]"

_TRY_AGAIN: Final = frozenset(
    {
        Code.NODE_UNREACHABLE,
        Code.API_BUSY,
        Code.API_NO_QUORUM,
        Code.API_STOPPED,
        Code.API_STREAMS,
        Code.CERTIFICATE_PDF_BUSY,
        Code.COURT_BUNDLE_BUSY,
        Code.COURT_CODE_PACE,
        Code.OCDS_BUSY,
        Code.POOL_FULL,
        Code.POOL_NODE_FULL,
        Code.RECEIPT_PENDING,
        Code.RECEIPT_UNCOMMITTED,
        Code.RECEIPT_UNWITNESSED,
    }
)
"""Nothing was refused: the same command may do its work a moment later."""

Moving = Status
"""A line that moves while something is waited for."""
Json = Mapping[str, object] | Sequence[object]


@dataclass(frozen=True, slots=True)
class Output:
    """One command's way to speak."""

    as_json: bool = False
    out: Console = field(default_factory=lambda: Console(soft_wrap=False, highlight=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def result(self, document: Json, *lines: str | Table) -> None:
        """End the command: `document` where JSON was asked for, else `lines` for people."""
        if self.as_json:
            sys.stdout.write(spelled(document) + "\n")
            return
        for line in lines:
            self.out.print(line)

    def note(self, text: str | Table) -> None:
        """A line or a table beside the result, for people only."""
        if not self.as_json:
            self.out.print(text)

    def whole(self, line: str) -> None:
        """A line for people, to copy from: the terminal may break it, we do not."""
        if not self.as_json:
            self.out.print(escape(printable(line)), soft_wrap=True)

    def command(self, label: str, words: Sequence[str]) -> None:
        """A command to copy: on one line however narrow the terminal, as this program is called."""
        program = sys.argv[0] if shutil.which("bidwitness") is None else "bidwitness"
        if not self.as_json:
            self.out.print(label, end="")
            self.out.print(escape(shlex.join([program, *words])), soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line that must be seen even where the result is piped."""
        self.err.print(escape(printable(text)), soft_wrap=True)

    def upgrading(self, height: int, head: int) -> None:
        """How far the database of a stopped folder is brought to this software's layout."""
        self.warn(say("output.upgrading", height=height, of=head))

    def failure(self, problem: LedgerError | Rejected) -> None:
        """What went wrong: sentence, code, next step."""
        step = problem.step if isinstance(problem, VerificationError) else 0
        told = sentence(problem.code, problem.detail, language())
        if self.as_json:
            document: dict[str, object] = {"code": problem.code.value, "sentence": told}
            document |= {"detail": dict(problem.detail)} | ({"step": step} if step else {})
            sys.stdout.write(spelled({"error": document}) + "\n")
            return
        at = say("output.step", step=step) if step else ""
        # What a node says fills the sentence: it must not write on the terminal by itself.
        line = f"{FAILED} {escape(at)}{escape(printable(told))} [dim]({problem.code.value})[/]"
        # Paths in a sentence are copied: the terminal may break the line, we do not.
        self.err.print(line, soft_wrap=True)

    def progress(self) -> Progress:
        """Bars for long work, on standard error; silent where JSON was asked for."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.err,
            disable=self.as_json,
            transient=not self.err.is_terminal,
        )

    def waiting(self, text: str) -> AbstractContextManager[Moving]:
        """A line that moves while something is waited for; silent without a terminal."""
        console = Console(stderr=True, quiet=True) if self.as_json else self.err
        return console.status(escape(text))


def table(title: str, *columns: str) -> Table:
    """An empty table with `columns`, in the style of every command."""
    made = Table(title=escape(title), title_justify="left", header_style="bold", expand=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def facts(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """A table of names and values, one fact a row."""
    made = Table(title=escape(printable(title)), title_justify="left", show_header=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(escape(name), escape(printable(value)))
    return made


def exit_code(problem: LedgerError) -> Exit:
    """The exit code that `problem` ends a command with."""
    if isinstance(problem, CommandError):
        return problem.exit_code
    unavailable = isinstance(problem, StoreError) and problem.code is not Code.RECORD_UNKNOWN
    return Exit.UNAVAILABLE if unavailable or problem.code in _TRY_AGAIN else Exit.REFUSED
