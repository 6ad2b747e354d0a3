"""`bidwitness witness`: make a witness, let it know networks, and run it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.commands.options import JsonFlag, PassphraseOption
from cli.commands.reading import trust_in
from cli.keyfiles import Cost
from cli.output import HELD, Output, facts
from cli.settings import address, witness_settings
from cli.signers.passphrase import new_passphrase
from cli.words import say

_app = typer.Typer(no_args_is_help=True)
TrustFiles = Annotated[list[Path], typer.Argument(help=say("help.witness_trust"))]


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="witness", help=say("help.witness"))


@_app.command("init", help=say("help.witness_init"))
def init(
    folder: Path,
    trust: TrustFiles,
    name: Annotated[str, typer.Option(help=say("help.witness_name"))],
    listen: Annotated[str, typer.Option(help=say("help.witness_listen"))] = "127.0.0.1:8090",
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    passphrase_file: PassphraseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the folder of a witness of some networks."""
    from cli.witness_folder import add_network, make_folder

    roots = [trust_in(None, each) for each in trust]
    key = make_folder(
        folder,
        name,
        str(address(listen)),
        new_passphrase(name, passphrase_file),
        passphrase_file,
        cost,
    )
    for root in roots:
        add_network(folder, root)
    origins = [root.origin for root in roots]
    Output(as_json).result(
        {"folder": str(folder), "name": name, "vkey": key.vkey(), "origins": origins},
        facts(
            say("witness.made"),
            [
                (say("witness.folder"), str(folder)),
                (say("witness.vkey"), key.vkey()),
                (say("witness.origins"), "\n".join(origins)),
            ],
        ),
    )


@_app.command("add", help=say("help.witness_add"))
def add(folder: Path, trust: TrustFiles, as_json: JsonFlag = False) -> None:
    """Let a witness know more networks; a running one learns of them at its next start."""
    from cli.witness_folder import add_network

    witness_settings(folder)
    roots = [trust_in(None, each) for each in trust]
    for root in roots:
        add_network(folder, root)
    origins = [root.origin for root in roots]
    lines = [escape(say("witness.added", origin=each)) for each in origins]
    Output(as_json).result({"origins": origins}, *(f"{HELD} {line}" for line in lines))


@_app.command("run", help=say("help.witness_run"))
def run(
    folder: Path,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help=say("help.node_parent"))
    ] = False,
) -> None:
    """Run the witness of `folder` until SIGTERM or Ctrl-C."""
    from cli.compose.witness import run_witness

    asyncio.run(run_witness(witness_settings(folder), stop_with_parent=stop_with_parent))
