"""`bidwitness diagnose`: why a node or a network moves, or does not, and what to do about it."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from cli.commands.options import AsOption, JsonFlag
from cli.failures import CommandError, Exit
from cli.interruption import take_as_interruption
from cli.output import Output
from cli.settings import NODE_FILE, client_settings, stored_settings
from cli.words import LANGUAGES, say, speaking
from ledger.codes import Code
from ledger.terminal import spelled

if TYPE_CHECKING:
    from api.finding import Finding
    from cli.diagnosis.seen import Seen, Target

WATCH_S: Final = 2.0
NODES_MAX: Final = 64
"""Asked at a time: a committee is far smaller."""


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("diagnose", help=say("help.diagnose"))(diagnose)


def diagnose(
    url: Annotated[
        str | None, typer.Option("--url", help=say("help.diagnose_url"), envvar="BIDWITNESS_NODE")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help=say("help.diagnose_data"))] = None,
    network: Annotated[Path | None, typer.Option("--all", help=say("help.diagnose_all"))] = None,
    as_: AsOption = None,
    lang: Annotated[str | None, typer.Option("--lang", help=say("help.lang"))] = None,
    watch: Annotated[bool, typer.Option("--watch", help=say("help.diagnose_watch"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what is found out about one node, or about all nodes of a network together."""
    if lang is not None and lang not in LANGUAGES:
        raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--lang zh, --lang en")
    if watch:
        take_as_interruption()
    with speaking(lang):
        targets = _targets(url, data, network, as_)
        output = Output(as_json)
        while True:
            diagnosis = _diagnosed(targets)
            if not watch:
                output.result(diagnosis.document(), *diagnosis.shown(output.out.width))
                for words in diagnosis.commands:
                    output.command(say("network.next"), words)
                break
            _show_again(output, diagnosis)
            time.sleep(WATCH_S)
    if diagnosis.exit_code is not Exit.OK:
        raise typer.Exit(diagnosis.exit_code)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One look at all that was asked for."""

    seen: tuple["Seen", ...]
    joint: tuple["Finding", ...]
    """What is found about several nodes together; empty for one node."""

    @property
    def exit_code(self) -> Exit:
        """0 where nothing has to be done, 1 where something has, 3 where nobody answers."""
        from api.finding import Severity

        if all(each.told is None for each in self.seen):
            return Exit.UNAVAILABLE
        worst = [each.severity for each in self.seen] + [each.severity for each in self.joint]
        return Exit.REFUSED if max(worst) >= Severity.WARNING else Exit.OK

    def document(self) -> dict[str, object]:
        """For programs."""
        from api.diagnose import findings_form
        from cli.diagnosis.clocks import best_told, clocks_form

        nodes = [
            {
                "node": each.target.name,
                "url": each.target.url,
                "answers": each.told is not None,
                "findings": findings_form(each.found),
                "diagnosis": None if each.told is None else each.told.document,
                "stored_height": None if each.folder is None else each.folder.head,
            }
            for each in self.seen
        ]
        return {
            "network": findings_form(self.joint),
            "nodes": nodes,
            "clocks": clocks_form(best_told(self.seen)),
        }

    @property
    def commands(self) -> Iterator[list[str]]:
        """What to run next on this machine, ready to be copied."""
        from cli.diagnosis.seen import runs_by

        verbs = {
            Code.DIAGNOSE_DOWN: "run",
            Code.DIAGNOSE_NEVER_STARTED: "run",
            Code.DIAGNOSE_JOURNAL_DAMAGED: "repair",
        }
        for each in self.seen:
            for found in each.found:
                if found.code in verbs and (settings := each.target.settings) is not None:
                    yield [runs_by(settings), verbs[found.code], str(settings.folder)]

    def shown(self, width: int) -> Iterator[str | Table]:
        """For people: findings first, then the facts that they rest on, on so many columns."""
        from cli.diagnosis import shown
        from cli.diagnosis.clocks import best_told, clocks_table

        yield shown.findings_table(self.seen, self.joint, width)
        best = best_told(self.seen)
        clocks = [] if best is None else [clocks_table(best, shown.span)]
        if len(self.seen) > 1:
            yield shown.network_table(self.seen, say("diagnose.nodes"))
            yield from clocks
            return
        for each in self.seen:
            if each.told is not None:
                yield from shown.node_tables(each.told)
                yield from clocks
            elif each.folder is not None:
                yield shown.folder_table(each.target.name, each.folder)


def _diagnosed(targets: Sequence["Target"]) -> Diagnosis:
    """Look at all of them at once, then judge them together where they are several."""
    from cli.diagnosis.judgement import judge
    from cli.diagnosis.seen import see

    with ThreadPoolExecutor(min(NODES_MAX, len(targets))) as pool:
        seen = tuple(pool.map(see, targets))
    if len(seen) == 1:
        return Diagnosis(seen, ())
    n, q = _quorum(seen)
    return Diagnosis(seen, judge(seen, n, q))


def _quorum(seen: Sequence["Seen"]) -> tuple[int, int]:
    """(n, q): as the nodes that answer say, else of a folder's trust root."""
    from cli.diagnosis.seen import trust_of

    for each in seen:
        if each.told is not None:
            return each.told.n, each.told.q
    for each in seen:
        trust = None if each.target.settings is None else trust_of(each.target.settings)
        if trust is not None:
            return trust.committee.n, trust.committee.q
    return len(seen), len(seen)


def _targets(
    url: str | None, data: Path | None, network: Path | None, as_: Path | None
) -> list["Target"]:
    """Whom the options name; a member's folder only where none of the others does.

    Raises:
        CommandError: `options.target`, `file.unreadable`, `settings.*`.
    """
    from cli.diagnosis.seen import Target

    named = [each for each in (data, network) if each is not None]
    if len(named) > 1:
        raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--url, --data, --all, --as")
    if data is not None:
        return [_target(data)]
    if network is not None:
        folders = sorted(each.parent for each in network.glob(f"nodes/*/{NODE_FILE}"))
        if not folders:
            raise CommandError(
                Exit.USAGE,
                Code.FILE_UNREADABLE,
                path=str(network / "nodes" / "*" / NODE_FILE),
                reason="–",
            )
        return [_target(folder) for folder in folders]
    if url is not None:
        return [Target(url.rstrip("/"), url.rstrip("/"))]
    if as_ is not None:
        client = client_settings(as_)
        certificates = client.certificate_file
        return [Target(each, each, certificate_file=certificates) for each in client.nodes]
    raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--url, --data, --all, --as")


def _target(folder: Path) -> "Target":
    from cli.diagnosis.seen import Target

    settings = stored_settings(folder)
    certificate = settings.api_certificate_file
    return Target(settings.node_id, settings.api_url, settings, certificate)


def _show_again(output: Output, diagnosis: Diagnosis) -> None:
    """One round of `--watch`: a fresh screen, or one line of JSON."""
    if output.as_json:
        print(spelled(diagnosis.document(), indent=None), flush=True)
        return
    if output.out.is_terminal:
        output.out.clear()
    for line in diagnosis.shown(output.out.width):
        output.out.print(line)
    output.note(say("diagnose.again", seconds=int(WATCH_S)))
