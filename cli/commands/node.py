"""`bidwitness node run`: one node, until it is told to stop."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.settings import node_settings
from cli.words import say

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
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
) -> None:
    """Run the node of `folder` until SIGTERM or Ctrl-C."""
    # The node's packages are imported here only, so that every other command starts fast.
    from cli.compose.node import run_node

    asyncio.run(run_node(node_settings(folder), stop_with_parent=stop_with_parent))
