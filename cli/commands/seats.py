"""`bidwitness network invite|join|rotate`: what a node that comes, or renews its keys, is made of.

Each step says what the next one is, and whose it is. Secrets stay where they are made.
"""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    PassphraseOption,
    open_desk,
)
from cli.documents import read_given, write_result
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost
from cli.output import HELD, Output
from cli.seats import folder as folders
from cli.seats import records
from cli.seats.files import FILE_BYTES_MAX, Invitation, decode_invitation, decode_request
from cli.seats.whereabouts import whereabouts
from cli.settings import Address, address, node_settings
from cli.signers.passphrase import new_passphrase, passphrase
from cli.words import say
from ledger.codes import Code
from ledger.core.identifiers import Epoch, MemberId, NodeId, check_name
from ledger.trust import decode_trust


class Use(StrEnum):
    """What a key of a node is for."""

    NODE = "node"
    LOG = "log"
    TLS = "tls"


CostOption = Annotated[Cost, typer.Option(help=say("help.keys_cost"))]
StoreFlag = Annotated[bool, typer.Option("--store-passphrase", help=say("help.network_store"))]


def register(app: typer.Typer) -> None:
    """Add these commands to the group `app`."""
    app.command("invite", help=say("help.seat_invite"))(invite)
    app.command("join", help=say("help.seat_join"))(join)
    app.command("rotate", help=say("help.seat_rotate"))(rotate)
    app.command("request", help=say("help.seat_request"))(request)


def invite(
    folder: Path,
    out: Annotated[Path, typer.Option("--out", help=say("help.out"))] = Path("invitation.json"),
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write what a new node must know of this network: trust root, addresses, certificates."""
    from cli.compose.running import opened_trust

    settings = node_settings(folder)
    with open_desk(as_, node, WAIT_DEFAULT_S) as desk:
        present = records.committee_told(desk.network())
        peers = whereabouts(settings, desk.client, present)
    epoch, trust = present.epoch, opened_trust(settings.trust_file)
    made = Invitation(trust.encode(), epoch, peers)
    write_result(out, made.encode())
    output = Output(as_json)
    output.result(
        {"file": str(out), "epoch": epoch, "peers": list(made.peers)},
        f"{HELD} {say('seat.invited', path=str(out), count=len(made.peers))}",
    )
    output.command(say("seat.next_join"), ["network", "join", "FOLDER", "--invitation", str(out)])


def join(
    folder: Path,
    invitation: Annotated[Path, typer.Option("--invitation", help=say("help.seat_invitation"))],
    node_id: Annotated[str, typer.Option("--node-id", help=say("help.seat_node_id"))],
    member: Annotated[str, typer.Option("--member", help=say("help.seat_member"))],
    consensus: Annotated[str, typer.Option("--consensus", help=say("help.seat_consensus"))],
    api: Annotated[str, typer.Option("--api", help=say("help.seat_api"))],
    cost: CostOption = Cost.MODERATE,
    store_passphrase: StoreFlag = False,
    passphrase_file: PassphraseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the folder of a node that joins, and its request with proof that it holds its keys."""
    invited = decode_invitation(read_given(invitation, FILE_BYTES_MAX))
    trust = decode_trust(invited.trust)
    wanted = folders.Wanted(
        NodeId(check_name(node_id, "node_id")),
        MemberId(check_name(member, "member_id")),
        _address("--consensus", consensus),
        _address("--api", api),
    )
    secret = new_passphrase(say("network.passphrase"), passphrase_file)
    sealing = folders.Sealing(secret, cost, store_passphrase)
    folders.make_folder(folder, wanted, invited, sealing, _now_ms())
    path = folder / folders.REQUEST_FILE
    made = folders.request_of(
        node_settings(folder),
        wanted.member_id,
        trust.network_id,
        Epoch(invited.epoch + 1),
        secret,
    )
    write_result(path, made.encode())
    output = Output(as_json)
    output.result(
        {"folder": str(folder), "request": str(path), "epoch": made.epoch, "node_id": node_id},
        f"{HELD} {say('seat.joining', node=node_id, path=str(path))}",
    )
    output.command(say("seat.next_run"), ["node", "run", str(folder)])
    output.command(say("seat.next_propose"), ["network", "propose", str(path)])


def rotate(
    folder: Path,
    keys: Annotated[list[Use], typer.Option("--key", help=say("help.seat_key"))],
    cost: CostOption = Cost.MODERATE,
    passphrase_file: PassphraseOption = None,
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make fresh keys beside a node's present ones, and the request to let them take over."""
    settings = node_settings(folder)
    with open_desk(as_, node, WAIT_DEFAULT_S) as desk:
        present, network_id = records.committee_told(desk.network()), desk.network_id
    if settings.node_id not in present:
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=settings.node_id)
    secret = passphrase(settings.node_id, passphrase_file or settings.passphrase_file)
    sealing = folders.Sealing(secret, cost, stored=False)
    folders.make_next_keys(settings, frozenset(each.value for each in keys), sealing, _now_ms())
    member = present.node(settings.node_id).member_id
    made = folders.request_of(settings, member, network_id, Epoch(present.epoch + 1), secret)
    path = folder / folders.REQUEST_FILE
    write_result(path, made.encode())
    output = Output(as_json)
    output.result(
        {"request": str(path), "epoch": made.epoch, "keys": sorted(each.value for each in keys)},
        f"{HELD} {say('seat.renewing', node=settings.node_id, path=str(path))}",
    )
    output.command(say("seat.next_propose"), ["network", "propose", str(path)])


def request(
    folder: Path,
    passphrase_file: PassphraseOption = None,
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Sign the request of a folder anew for the epoch that follows now."""
    settings, path = node_settings(folder), folder / folders.REQUEST_FILE
    member = decode_request(read_given(path, FILE_BYTES_MAX)).node.member_id
    with open_desk(as_, node, WAIT_DEFAULT_S) as desk:
        epoch = Epoch(records.committee_told(desk.network()).epoch + 1)
        network_id = desk.network_id
    secret = passphrase(settings.node_id, passphrase_file or settings.passphrase_file)
    made = folders.request_of(settings, member, network_id, epoch, secret)
    write_result(path, made.encode())
    output = Output(as_json)
    output.result(
        {"request": str(path), "epoch": epoch, "node_id": settings.node_id},
        f"{HELD} {say('seat.requested', node=settings.node_id, epoch=epoch, path=str(path))}",
    )
    output.command(say("seat.next_propose"), ["network", "propose", str(path)])


def _address(option: str, text: str) -> Address:
    try:
        return address(text)
    except ValueError as problem:
        detail = {"what": f"{option} {text}"[:80]}
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, **detail) from problem


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
