"""`bidwitness bid`: seal a record, run the stream of commitments, open, prove."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.bidding import OpenedBid, open_sealed, prove_bid, read_sealed, seal_record
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    client_from,
    open_desk,
)
from cli.commands.streaming import Inbox, Places, plain, run_stream
from cli.desk import Desk
from cli.failures import CommandError, Exit
from cli.output import FAILED, HELD, Output, facts, table
from cli.record_files import read_records
from cli.under_seal import SEALED_SUFFIX
from cli.words import language, say
from ledger.bid_proofs import BidStanding
from ledger.codes import Code
from ledger.core.identifiers import MemberId, check_name
from ledger.report import bid_standing
from ledger.report_json import bid_value
from ledger.words import sentence
from ledger.words.moments import beijing_time

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="bid", help=say("help.bid"))


@_app.command("seal", help=say("help.bid_seal"))
def seal(
    file: Annotated[Path, typer.Argument(help=say("help.submit_file"))],
    committed_by: Annotated[str, typer.Option("--committed-by", help=say("help.bid_by"))],
    as_: AsOption = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.bid_out"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """Seal one record in this process; nothing is sent."""
    path = out or file.with_name(file.stem + SEALED_SUFFIX)
    if not path.name.endswith(SEALED_SUFFIX):
        reason = f"--out …{SEALED_SUFFIX}"
        raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason)
    with Desk.open(client_from(as_, None)) as desk:
        written = read_records(file, desk.member_id, time.time_ns() // 1_000_000)
        if len(written) != 1:
            reason = f"{len(written)} ≠ 1"
            raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(file), reason=reason)
        system = MemberId(check_name(committed_by, "committed_by"))
        held = seal_record(desk, written[0], system, path)
    Output(as_json).result(
        {
            "sealed": str(path),
            "record": held.sealed.record_id.hex(),
            "commitment": held.digest.hex(),
            "committed_by": held.committed_by,
        },
        f"{HELD} {plain(say('bid.sealed', path=str(path)))}",
        say("bid.sealed_next", system=held.committed_by),
    )


@_app.command("run", help=say("help.bid_run"))
def run(
    inbox: Inbox,
    places: Places,
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the stream until Ctrl-C or SIGTERM."""
    run_stream(inbox, places, as_, node, Output(as_json))


@_app.command("open", help=say("help.bid_open"))
def open_(
    files: Annotated[list[Path], typer.Argument(help=say("help.bid_files"))],
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Open sealed records in the order of their commitments."""
    output = Output(as_json)
    with open_desk(as_, node, wait) as desk, output.waiting(say("bid.opening", count=len(files))):
        done = open_sealed(desk, files)
    rows = table(say("bid.opened"), say("bid.file"), say("kept.record"), say("bid.outcome"))
    for each in done:
        record = read_sealed(each.path).sealed.record_id.hex()[:16] + "…"
        rows.add_row(plain(each.path.name), record, _outcome(each))
    output.result({"opened": [_opened_value(each) for each in done]}, rows)
    if any(each.problem is not None for each in done):
        raise typer.Exit(Exit.REFUSED)


@_app.command("prove", help=say("help.bid_prove"))
def prove(
    file: Annotated[Path, typer.Argument(help=say("help.bid_files"))],
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what became of a sealed bid, and keep the proof."""
    output = Output(as_json)
    with open_desk(as_, node, WAIT_DEFAULT_S) as desk:
        path, verified = prove_bid(desk, file)
    bid = verified.verdict
    sign = HELD if bid.standing is BidStanding.IN_SET else FAILED
    if bid.standing is BidStanding.NOT_SEALED:
        sign = "–"
    output.result(
        {**bid_value(bid), "proof": str(path)},
        f"{sign} {escape(bid_standing(bid, language()))}",
        facts(
            say("bid.proof"),
            [
                (say("bid.received"), beijing_time(bid.received_at_ms)),
                (say("bid.deadline"), beijing_time(bid.deadline_ms)),
                (say("bid.record"), bid.bid_id.hex()),
                (say("bid.file"), str(path)),
            ],
        ),
        say("bid.shows"),
    )


def _outcome(each: OpenedBid) -> str:
    if each.problem is not None:
        told = sentence(each.problem.code, each.problem.detail, language())
        return f"{FAILED} {plain(told)}"
    return f"{HELD} {say('bid.valid')}" if each.receipt else f"{FAILED} {say('bid.invalid')}"


def _opened_value(each: OpenedBid) -> dict[str, object]:
    return {
        "file": str(each.path),
        "record": None if each.receipt is None else each.receipt.record_id.hex(),
        "problem": None if each.problem is None else each.problem.code.value,
    }
