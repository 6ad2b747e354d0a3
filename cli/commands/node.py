"""`bidwitness node run`, one node until it is told to stop, and `node repair` for its journal."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.commands.clock_report import clock_report
from cli.commands.options import JsonFlag
from cli.documents import unreadable
from cli.output import HELD, Output
from cli.settings import node_settings
from cli.words import say

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    _app.command("clock-report", help=say("help.clock_report"))(clock_report)
    app.add_typer(_app, name="node", help=say("help.node_group"))


@_app.callback()
def node() -> None:
    """A group, so that `node run` keeps its two words."""


@_app.command("run", help=say("help.node_run"))
def run(
    folder: Path,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help=say("help.node_parent"))
    ] = False,
    show_all: Annotated[bool, typer.Option("--show-all", help=say("help.node_show_all"))] = False,
) -> None:
    """Run the node of `folder` until SIGTERM or Ctrl-C."""
    # The node's packages are imported here only, so that every other command starts fast.
    from cli.compose.node import run_node
    from cli.compose.steady_loop import run as run_steadily
    from cli.lacking_bar import LackingBar

    settings, output = node_settings(folder), Output()
    if show_all:
        settings = replace(settings, show_all=True)
    if settings.log_file is None or not output.err.is_terminal:
        run_steadily(run_node(settings, stop_with_parent=stop_with_parent))
        return
    # The log has a file of its own, so that the terminal is free for a bar.
    bar = LackingBar(output, settings.node_id)
    run_steadily(run_node(settings, stop_with_parent=stop_with_parent, show=bar.show))


@_app.command("repair", help=say("help.node_repair"))
def repair(folder: Path, as_json: JsonFlag = False) -> None:
    """Set a damaged journal aside, so that the stopped node of `folder` can follow again."""
    from cli.compose.repair import repair_node
    from ledger.reliance import read_trust

    settings = node_settings(folder)
    try:
        trust = read_trust(settings.trust_file)
    except OSError as problem:
        raise unreadable(settings.trust_file, problem) from problem
    output = Output(as_json)
    done = repair_node(settings, trust, output.upgrading)
    document = [
        {"file": str(each.file), "aside": str(each.aside), "abstain_until": each.abstain_until}
        for each in done
    ]
    lines = [
        say("repair.intake", file=str(each.file), aside=str(each.aside))
        if each.abstain_until is None
        else say(
            "repair.promises",
            file=str(each.file),
            aside=str(each.aside),
            height=each.abstain_until,
        )
        for each in done
    ]
    shown = [f"{HELD} {escape(line)}" for line in lines or [say("repair.none")]]
    output.result(document, *shown)
