"""`bidwitness watch`: hashes anchored files again on a schedule, and reports what changed."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.progress import Progress

from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WaitOption,
    WholeFlag,
    client_from,
)
from cli.commands.reading import asking, trust_in
from cli.desk import Desk, Kept
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.interruption import take_as_interruption
from cli.output import Output
from cli.rounds import span_s, tell_problem
from cli.watching.asking import Ledger
from cli.watching.reporting import reports
from cli.watching.shown import look_document, look_lines
from cli.watching.watch_map import held
from cli.watching.watcher import Look, Watcher
from cli.words import say
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.terminal import spelled
from ledger.trust import TrustRoot

MAP_SUFFIX: Final = ".watch-map"
EVERY_DEFAULT: Final = "1h"
_UNFIT: Final = frozenset({Code.WATCH_PROOF, Code.WATCH_NOTHING})
"""What a round must not be called clean with, though no file is known to have changed."""


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("watch", help=say("help.watch"))(watch)


def watch(
    folder: Annotated[Path, typer.Argument(help=say("help.watch_folder"))],
    map_file: Annotated[Path | None, typer.Option("--map", help=say("help.watch_map"))] = None,
    every: Annotated[str, typer.Option("--every", help=say("help.watch_every"))] = EVERY_DEFAULT,
    once: Annotated[bool, typer.Option("--once", help=say("help.watch_once"))] = False,
    submit: Annotated[bool, typer.Option("--submit", help=say("help.watch_submit"))] = False,
    subject: Annotated[str, typer.Option("--subject", help=say("help.watch_subject"))] = "",
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Hash every anchored file of a folder again; exit 5 where one is not what was anchored."""
    output, pause_s = Output(as_json), span_s(every)
    place = map_file or _beside(folder)
    if not folder.is_dir():
        raise unreadable(folder, NotADirectoryError(20, "Not a directory"))
    with ExitStack() as stack:
        stack.enter_context(held(place))
        desk = stack.enter_context(Desk.open(client_from(as_, node), wait)) if submit else None
        ledger, root = _asked(stack, as_, node, trust, whole, inbox, str(folder))
        rounds = _Rounds(Watcher(folder, place, root, ledger), output, desk, subject)
        if not once:
            take_as_interruption(signal.SIGTERM)
            rounds.again_and_again(pause_s)
        look = rounds.once()
    if look.alarms:
        raise typer.Exit(Exit.CHANGED)
    if any(each.code in _UNFIT for each in look.findings):
        raise typer.Exit(Exit.REFUSED)


class _Bar:
    """Tells a progress bar how many bytes were hashed."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._bar = bars.add_task(say("watch.hashing"), total=None)

    def begin(self, total_bytes: int) -> None:
        """How many bytes there are to hash."""
        self._bars.update(self._bar, total=total_bytes, completed=0)

    def advance(self, count: int) -> None:
        """That so many more were hashed."""
        self._bars.advance(self._bar, count)


class _Rounds:
    """One round after the other of one watcher."""

    def __init__(self, watcher: Watcher, output: Output, desk: Desk | None, subject: str) -> None:
        self._watcher = watcher
        self._output = output
        self._desk = desk
        self._subject = subject

    def once(self) -> Look:
        """Look, report whatever was found, and show it."""
        look = self._look()
        kept = self._report(look, always=True)
        self._output.result(look_document(look, kept), *look_lines(look, kept))
        return look

    def again_and_again(self, pause_s: int) -> NoReturn:
        """Look for ever; what goes wrong in one round does not end the others."""
        while True:
            began = time.monotonic()
            try:
                look = self._look()
                self._show(look, self._report(look, always=False))
            except LedgerError as problem:
                tell_problem(self._output, problem)
            time.sleep(max(0.0, began + pause_s - time.monotonic()))

    def _look(self) -> Look:
        with self._output.progress() as bars:
            return self._watcher.look(_Bar(bars))

    def _report(self, look: Look, *, always: bool) -> list[Kept]:
        """Put what is new on the ledger; with `always`, also that nothing is."""
        fresh, desk = self._watcher.unreported(look), self._desk
        if desk is None or not look.checked or not (fresh or always):
            return []
        about = self._subject or str(desk.member_id)
        kept: list[Kept] = []
        for written in reports(look, fresh, desk.member_id, about):
            kept += desk.submit([written])
        self._watcher.reported(fresh)
        return kept

    def _show(self, look: Look, kept: Sequence[Kept]) -> None:
        """One line of JSON for a round, or its lines for people."""
        if self._output.as_json:
            print(spelled(look_document(look, kept), indent=None), flush=True)
            return
        for line in look_lines(look, kept):
            self._output.note(line)


def _beside(folder: Path) -> Path:
    """Where the map of a folder lies unless another place was named.

    Raises:
        CommandError: `options.target` for a folder that nothing lies beside.
    """
    whole = Path(os.path.abspath(folder))  # noqa: PTH100 - a symlink's own place is meant
    if not whole.name:
        raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--map")
    return whole.with_name(whole.name + MAP_SUFFIX)


def _asked(
    stack: ExitStack,
    as_: Path | None,
    node: str | None,
    trust: Path,
    whole: bool,
    inbox: Path | None,
    what: str,
) -> tuple[Ledger | None, TrustRoot]:
    """Whom to ask; nobody where neither a member nor a node was named."""
    if as_ is None and node is None:
        return None, trust_in(None, trust)
    client = stack.enter_context(asking(as_, node, trust, whole, inbox, what))
    return Ledger(client), client.trust
