"""`bidwitness keys`: make a key file, and show what one holds without opening it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag, PassphraseOption
from cli.keyfiles import SIGNS, Cost, new_key, read_key_file
from cli.output import Output, facts
from cli.signers.passphrase import new_passphrase
from cli.words import say
from ledger.core.signing import key_id

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="keys", help=say("help.keys"))


@_app.command("new", help=say("help.keys_new"))
def new(
    path: Path,
    use: Annotated[str, typer.Option(help=say("help.keys_use"))] = "member",
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    passphrase_file: PassphraseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key pair and write its file."""
    passphrase = new_passphrase(str(path), passphrase_file)
    new_key(path, use, passphrase, cost)
    _show(path, Output(as_json), say("keys.made"))


@_app.command("show", help=say("help.keys_show"))
def show(path: Path, as_json: JsonFlag = False) -> None:
    """Show a key file's public half."""
    _show(path, Output(as_json), say("keys.title"))


def _show(path: Path, output: Output, title: str) -> None:
    held = read_key_file(path)
    # An encryption key signs nothing, so nothing names it by an id.
    key = key_id(held.public_key).hex() if held.algorithm == SIGNS else ""
    output.result(
        {
            "path": str(path),
            "use": held.use,
            "algorithm": held.algorithm,
            "public_key": held.public_key.hex(),
            "key_id": key or None,
        },
        facts(
            title,
            [
                (say("keys.path"), str(path)),
                (say("keys.use"), held.use),
                (say("keys.public"), held.public_key.hex()),
                (say("keys.id"), key or "–"),
            ],
        ),
    )
