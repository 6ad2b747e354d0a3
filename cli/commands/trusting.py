"""`bidwitness network trust`: what a trust root holds, and how it follows its network."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.commands.options import AsOption, JsonFlag, NodeOption, TrustOption, client_from
from cli.commands.reading import trust_in, whom
from cli.documents import read_given, rewrite
from cli.output import HELD, Output, table
from cli.words import language, say
from ledger.core.epochs_file import EPOCHS_BYTES_MAX, decode_epochs_file
from ledger.epoch_links import led_by_file
from ledger.trust import TrustRoot


def register(group: typer.Typer) -> None:
    """Add this command to `network`."""
    group.command("trust", help=say("help.network_trust"))(trust)


def trust(
    follow: Annotated[bool, typer.Option("--follow", help=say("help.network_follow"))] = False,
    epochs: Annotated[
        Path | None, typer.Option("--epochs", help=say("help.network_epochs"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.network_trust_out"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Show a trust root; with links from nodes or from a file, lead it to later epochs."""
    known = trust_in(as_, trust)
    path = trust if as_ is None else client_from(as_, None).trust_file
    found = known
    if epochs is not None:
        found = led_by_file(found, decode_epochs_file(read_given(epochs, EPOCHS_BYTES_MAX)))
    if follow:
        found = _followed(found, as_, node, trust)
    target = out or path
    written = found != known or out is not None
    if written:
        rewrite(target, found.encode())
    lines: list[str | Table] = [_shown(found)]
    if follow or epochs is not None:
        key = "trust.followed" if found != known else "trust.newest"
        told = say(key, path=str(target), epoch=found.committee.epoch)
        lines.append(f"{HELD} {told}")
    Output(as_json).result(_document(found, target if written else None), *lines)


def _followed(known: TrustRoot, as_: Path | None, node: str | None, trust: Path) -> TrustRoot:
    from api.client import Client

    urls, _, certificates = whom(as_, node, trust)
    with Client(urls, known, certificate_file=certificates) as client:
        # Whoever cannot be reached leads nowhere, and that must not look like "nothing new": so a
        # head is asked for, and must be of the committee to which the links led.
        client.head()
        return client.trust


def _document(found: TrustRoot, written: Path | None) -> dict[str, object]:
    committee = found.committee
    return {
        "network_id": found.network_id.hex(),
        "origin": found.origin,
        "epoch": committee.epoch,
        "began_at": found.epochs.ended_at[-1] if found.epochs.ended_at else 0,
        "quorum": committee.q,
        "nodes": [
            {"node_id": node.node_id, "member_id": node.member_id, "node_key": node.node_key.hex()}
            for node in committee.nodes
        ],
        "file": None if written is None else str(written),
    }


def _shown(found: TrustRoot) -> Table:
    committee = found.committee
    ended = found.epochs.ended_at
    rows = table(
        say("trust.title", name=found.genesis.name, epoch=committee.epoch, q=committee.q,
            n=committee.n, size=ended[-1] if ended else 0),
        say("network.node"),
        say("trust.member"),
        say("trust.key"),
    )  # fmt: skip
    for node in committee.nodes:
        member = found.member_name(node.member_id, language())
        rows.add_row(node.node_id, member, node.node_key.hex()[:16])
    return rows
