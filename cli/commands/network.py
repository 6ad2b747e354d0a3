"""`bidwitness network init`: write a whole new network from its description."""

import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.commands.options import JsonFlag, PassphraseOption
from cli.compose.description import read_description
from cli.compose.network_init import NewNetwork, Secrets, init_network
from cli.keyfiles import Cost
from cli.output import Output, table
from cli.signers.passphrase import new_passphrase
from cli.words import say

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="network", help=say("help.network"))


@_app.callback()
def network() -> None:
    """A group, so that `network init` keeps its two words."""


@_app.command("init", help=say("help.network_init"))
def init(
    folder: Path,
    description: Annotated[
        Path | None, typer.Option("--description", help=say("help.network_description"))
    ] = None,
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    store_passphrase: Annotated[
        bool, typer.Option("--store-passphrase", help=say("help.network_store"))
    ] = False,
    passphrase_file: PassphraseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write keys, certificates, genesis and one folder for each node and member."""
    output = Output(as_json)
    passphrase = new_passphrase(say("network.passphrase"), passphrase_file)
    secrets = Secrets(passphrase, cost, store_passphrase)
    with output.waiting(say("network.making")):
        made = make_network(folder, description, secrets)
    output.result(_document(made), *_lines(made))
    output.command(say("network.next"), ["node", "run", str(made.nodes[0].folder)])


def make_network(folder: Path, description: Path | None, secrets: Secrets) -> NewNetwork:
    """The network of a description, or of the demonstration's where there is none."""
    # The catalogue takes a moment to load and prove, so `--help` does without it.
    from contracts.catalogue import load_catalogue

    with as_file(files("cli.demo").joinpath("network.toml")) as built_in:
        described = read_description(description or built_in)
    now_ms = time.time_ns() // 1_000_000
    return init_network(folder, described, secrets, load_catalogue().hash, now_ms)


def _document(made: NewNetwork) -> dict[str, object]:
    return {
        "network_id": made.genesis.network_id.hex(),
        "origin": made.genesis.origin,
        "trust_file": str(made.trust_file),
        "nodes": [
            {
                "node_id": node.node_id,
                "folder": str(node.folder),
                "consensus": str(node.consensus),
                "api": f"http://{node.api}",
            }
            for node in made.nodes
        ],
        "members": [
            {"member_id": member.member_id, "folder": str(made.member_folder(member.member_id))}
            for member in made.genesis.members
        ],
    }


def _lines(made: NewNetwork) -> list[str | Table]:
    rows = table(
        made.genesis.name, say("network.node"), say("network.folder"), say("network.address"), "API"
    )
    for node in made.nodes:
        api = f"http://{node.api}"
        rows.add_row(node.node_id, str(node.folder), str(node.consensus), api)
    return [
        rows,
        say("network.id", network=made.genesis.network_id.hex()),
        say("network.trust", path=str(made.trust_file)),
    ]
