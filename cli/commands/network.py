"""`bidwitness network init` writes a whole new network; `network policy`, whose word counts."""

import sys
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.commands import changing, destroyed, seats, trusting
from cli.commands.options import AsOption, JsonFlag, PassphraseOption, TrustOption
from cli.commands.reading import trust_in
from cli.compose.description import read_description
from cli.compose.network_init import NewNetwork, Secrets, init_network
from cli.documents import write_result
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost
from cli.output import HELD, Output, table
from cli.signers.passphrase import new_passphrase
from cli.words import say
from ledger.codes import Code
from ledger.core.epoch_policy import committee_of_epoch, policy_file
from ledger.core.identifiers import NodeId
from ledger.core.note import parse_vkey
from ledger.core.policy import committee_policy, demanding

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    seats.register(_app)
    changing.register(_app)
    destroyed.register(_app)
    trusting.register(_app)
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
    https: Annotated[bool, typer.Option("--https", help=say("help.network_https"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write keys, certificates, genesis and one folder for each node and member."""
    output = Output(as_json)
    passphrase = new_passphrase(say("network.passphrase"), passphrase_file)
    secrets = Secrets(passphrase, cost, store_passphrase)
    with output.waiting(say("network.making")):
        made = make_network(folder, description, secrets, https=https)
    output.result(_document(made), *_lines(made))
    output.command(say("network.next"), ["node", "run", str(made.nodes[0].folder)])


@_app.command("policy", help=say("help.network_policy"))
def policy(
    log: Annotated[str | None, typer.Option("--log", help=say("help.network_policy_log"))] = None,
    witness: Annotated[
        list[str] | None, typer.Option("--witness", help=say("help.network_policy_witness"))
    ] = None,
    outside: Annotated[
        int | None, typer.Option("--outside", min=1, help=say("help.network_policy_outside"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.out"))] = None,
    epoch: Annotated[
        int | None, typer.Option("--epoch", min=0, help=say("help.network_policy_epoch"))
    ] = None,
    as_: AsOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Write the network's tlog-policy out of its trust root; no node is asked."""
    root = trust_in(as_, trust)
    committee = committee_of_epoch(root.epochs, epoch)
    node = NodeId(log or committee.nodes[0].node_id)
    if node not in committee:
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=node)
    whole = committee_policy(root.origin, committee, node)
    if witness or outside is not None:
        keys = [parse_vkey(each) for each in witness or ()]
        whole = demanding(whole, keys, len(keys) if outside is None else outside)
    made = policy_file(whole, root.epochs, committee)
    if out is not None:
        write_result(out, made)
    elif not as_json:
        sys.stdout.write(made.decode())
        return
    document: dict[str, object] = {
        "origin": root.origin,
        "log": node,
        "epoch": committee.epoch,
        "quorum": committee.q,
        "outside": [each.name for each in whole.witnesses[committee.n :]],
    }
    kept = {"policy": made.decode()} if out is None else {"file": str(out)}
    told = say("network.policy_kept", path=str(out), node=node, epoch=committee.epoch)
    Output(as_json).result({**document, **kept}, f"{HELD} {told}")


def make_network(
    folder: Path, description: Path | None, secrets: Secrets, *, https: bool = False
) -> NewNetwork:
    """The network of a description, or of the demonstration's where there is none."""
    # The catalogue takes a moment to load and prove, so `--help` does without it.
    from contracts.catalogue import load_catalogue

    with as_file(files("cli.demo").joinpath("network.toml")) as built_in:
        described = read_description(description or built_in)
    now_ms = time.time_ns() // 1_000_000
    return init_network(folder, described, secrets, load_catalogue().hash, now_ms, https=https)


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
                "api": node.api_url,
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
        api = node.api_url
        rows.add_row(node.node_id, str(node.folder), str(node.consensus), api)
    return [
        rows,
        say("network.id", network=made.genesis.network_id.hex()),
        say("network.trust", path=str(made.trust_file)),
    ]
