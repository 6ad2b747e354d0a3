"""`bidwitness projector`: write the query index of a network from an observer's folder."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import JsonFlag
from cli.output import HELD, Output
from cli.settings import observer_settings
from cli.words import say

if TYPE_CHECKING:
    from api.engines.projector import Progress

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="projector", help=say("help.projector"))


@_app.command("run", help=say("help.projector_run"))
def run(
    folder: Path,
    rebuild: Annotated[bool, typer.Option("--rebuild", help=say("help.projector_rebuild"))] = False,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help=say("help.node_parent"))
    ] = False,
) -> None:
    """Run the observer of `folder`, and write its index, until SIGTERM or Ctrl-C."""
    from cli.compose.projector import rebuild_index, run_projector

    settings = observer_settings(folder)
    if rebuild:
        output = Output()
        with output.progress() as bars:
            bar = bars.add_task(say("projector.progress"), total=None)

            def told(at: "Progress") -> None:
                bars.update(bar, total=at.head, completed=at.height)

            asyncio.run(rebuild_index(settings, told, output.upgrading))
    asyncio.run(run_projector(settings, stop_with_parent=stop_with_parent))


@_app.command("check", help=say("help.projector_check"))
def check(folder: Path, as_json: JsonFlag = False) -> None:
    """Compare an index with the ledger of a stopped projector; exit 0 only where they agree."""
    from cli.compose.projector import check_index

    output, settings = Output(as_json), observer_settings(folder)
    height = 0
    with output.progress() as bars:
        bar = bars.add_task(say("projector.checking"), total=None)

        def told(at: "Progress") -> None:
            nonlocal height
            height = at.height
            bars.update(bar, total=at.head, completed=at.height)

        asyncio.run(check_index(settings, told, output.upgrading))
    output.result({"height": height}, f"{HELD} {say('projector.agrees', height=height)}")
