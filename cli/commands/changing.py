"""`bidwitness network leave|propose|approve|change`: how a committee decides about its next one.

Each step says what the next one is, and whose it is. Nothing here decides: the ledger's rules do.
"""

import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from api.client.calls.telling import SUBJECTS
from api.client.turning import counted
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    open_desk,
)
from cli.desk import Desk
from cli.documents import read_given
from cli.failures import CommandError, Exit
from cli.output import HELD, Output, facts
from cli.seats import records
from cli.seats.files import FILE_BYTES_MAX, decode_request
from cli.seats.readiness import follow_until_ready
from cli.settings import node_settings
from cli.words import say
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.committee_change import Action, step_between
from ledger.core.identifiers import NodeId, RecordId

_ASK_S: Final = 0.2
_ACTIONS: Final = {
    Action.ADD: "seat.adds",
    Action.REMOVE: "seat.removes",
    Action.REPLACE: "seat.replaces",
    Action.ROTATE: "seat.rotates",
}


def register(app: typer.Typer) -> None:
    """Add these commands to the group `app`."""
    app.command("leave", help=say("help.seat_leave"))(leave)
    app.command("propose", help=say("help.seat_propose"))(propose)
    app.command("approve", help=say("help.seat_approve"))(approve)
    app.command("change", help=say("help.seat_change"))(change)


def leave(
    node_id: str,
    reason: Annotated[str, typer.Option("--reason", help=say("help.seat_reason"))] = "",
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Propose that a node leaves the committee."""
    with open_desk(as_, node, wait) as desk:
        present = records.committee_told(desk.network())
        wanted = records.without(present, NodeId(node_id))
        written = records.proposal_record(desk.member_id, present, wanted, None, reason, _now_ms())
        kept = desk.submit([written])[0]
    _proposed(Output(as_json), kept.receipt.record_id, present, wanted)


def propose(
    request: Path,
    instead: Annotated[str | None, typer.Option("--instead", help=say("help.seat_instead"))] = None,
    reason: Annotated[str, typer.Option("--reason", help=say("help.seat_reason"))] = "",
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Propose the committee in which the node of a request stands."""
    asked = decode_request(read_given(request, FILE_BYTES_MAX))
    asked.verify()
    with open_desk(as_, node, wait) as desk:
        present = records.committee_told(desk.network())
        wanted = records.with_request(present, asked, None if instead is None else NodeId(instead))
        written = records.proposal_record(desk.member_id, present, wanted, asked, reason, _now_ms())
        kept = desk.submit([written])[0]
    _proposed(Output(as_json), kept.receipt.record_id, present, wanted)


def approve(
    proposal: str,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Approve a proposal as a member that runs a node, and say what it changes."""
    with open_desk(as_, node, wait) as desk:
        said = records.proposal_told(desk.client.record(_record_id(proposal)))
        present = records.committee_told(desk.network())
        kept = desk.submit([records.approval_record(desk.member_id, said, _now_ms())])[0]
        _wait_for(desk, kept.height, wait)
        given = records.approvals_among(
            list(counted(desk.client.subject(said.subject), SUBJECTS)), said
        )
    members = {said.issuer, *given}
    output = Output(as_json)
    output.result(
        {
            "proposal": proposal,
            "epoch": said.committee.epoch,
            "approved_by": sorted(members),
            "needed": present.q,
        },
        _difference(present, said.committee),
        f"{HELD} {say('seat.approved', count=len(members), needed=present.q)}",
    )
    if len(members) >= present.q:
        ready = records.needs_ready(present, said.committee) is not None
        folder = ["--folder", "FOLDER"] if ready else []
        output.command(say("seat.next_change"), ["network", "change", proposal, *folder])


def change(
    proposal: str,
    folder: Annotated[Path | None, typer.Option("--folder", help=say("help.seat_folder"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Make an approved change; where a new key will vote, once its node is in step."""
    output = Output(as_json)
    with open_desk(as_, node, wait) as desk:
        said = records.proposal_told(desk.client.record(_record_id(proposal)))
        present = records.committee_told(desk.network())
        given = records.approvals_among(
            list(counted(desk.client.subject(said.subject), SUBJECTS)), said
        )
        records.require_approved(said, given, present)
        ready = None
        if records.needs_ready(present, said.committee) is not None:
            if folder is None:
                raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--folder")
            ready = follow_until_ready(output, desk, node_settings(folder), said.committee, wait)
        written = records.change_record(desk.member_id, said, given, ready, _now_ms())
        kept = desk.submit([written])[0]
    output.result(
        {
            "change": kept.receipt.record_id.hex(),
            "epoch": said.committee.epoch,
            "height": kept.height,
            "n": said.committee.n,
            "q": said.committee.q,
        },
        f"{HELD} {say('seat.changed', epoch=said.committee.epoch, height=kept.height)}",
    )
    left = step_between(present, said.committee).left
    if left is not None:
        words = ["network", "destroyed", left.node_id, "--folder", "FOLDER", "--copies", "none"]
        output.command(say("seat.next_destroyed"), words)


def _proposed(output: Output, record_id: RecordId, present: Committee, wanted: Committee) -> None:
    named = record_id.hex()
    output.result(
        {"proposal": named, "epoch": wanted.epoch, "needed": present.q},
        _difference(present, wanted),
        f"{HELD} {say('seat.proposed', proposal=named, needed=present.q - 1)}",
    )
    output.command(say("seat.next_approve"), ["network", "approve", named])


def _difference(present: Committee, wanted: Committee) -> Table:
    """What a change does to the committee, for people."""
    action, about = records.about(step_between(present, wanted))
    return facts(
        say("seat.change", epoch=wanted.epoch),
        [
            (say("seat.step"), say(_ACTIONS[action], node=about.node_id, member=about.member_id)),
            (say("seat.sizes"), f"n {present.n} → {wanted.n}, q {present.q} → {wanted.q}"),
            (say("seat.nodes"), " ".join(wanted)),
        ],
    )


def _wait_for(desk: Desk, height: int, wait_s: float) -> None:
    """Wait until the node that is asked has a block: another one may have given the receipt."""
    until = time.monotonic() + wait_s
    while int(desk.network()["height"]) < height and time.monotonic() < until:
        time.sleep(_ASK_S)


def _record_id(text: str) -> RecordId:
    try:
        return RecordId(bytes.fromhex(text))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=text[:80]) from problem


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
