"""`bidwitness supervise`: the supervisors' own records under seal, their stream, and clues."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WaitOption,
    client_from,
)
from cli.commands.reading import trust_in
from cli.commands.streaming import Inbox, Places, plain, run_stream
from cli.desk import Desk
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.output import HELD, Output
from cli.record_files import read_records
from cli.supervising import ClueStanding, Visit, find_clue, read_apart, seal_apart
from cli.under_seal import SEALED_SUFFIX
from cli.words import language, say
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId, check_name
from ledger.presented import Presented, proofs_under, read_presented
from ledger.trust import TrustRoot
from ledger.words.moments import beijing_time

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="supervise", help=say("help.supervise"))


@_app.command("seal", help=say("help.supervise_seal"))
def seal(
    file: Annotated[Path, typer.Argument(help=say("help.submit_file"))],
    committed_by: Annotated[
        str | None, typer.Option("--committed-by", help=say("help.supervise_by"))
    ] = None,
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
        system = MemberId(check_name(committed_by or desk.member_id, "committed_by"))
        held, number = seal_apart(desk, written[0], system, path)
    document: dict[str, object] = {
        "sealed": str(path),
        "record": held.sealed.record_id.hex(),
        "commitment": held.digest.hex(),
        "committed_by": held.committed_by,
    }
    lines = [
        f"{HELD} {plain(say('bid.sealed', path=str(path)))}",
        say("supervise.next", system=held.committed_by),
    ]
    if number:
        document["number"] = number
        lines += [say("supervise.number", number=number), say("supervise.number_once")]
    Output(as_json).result(document, *lines)


@_app.command("run", help=say("help.supervise_run"))
def run(
    inbox: Inbox,
    places: Places,
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the supervisors' stream until Ctrl-C or SIGTERM."""
    run_stream(inbox, places, as_, node, Output(as_json))


@_app.command("read", help=say("help.supervise_read"))
def read(
    inbox: Annotated[Path, typer.Option("--inbox", help=say("help.supervise_inbox"))],
    purpose: Annotated[str, typer.Option("--purpose", help=say("help.supervise_purpose"))],
    out: Annotated[Path, typer.Option("--out", help=say("help.supervise_receipts"))],
    records: Annotated[list[str] | None, typer.Argument(help=say("help.supervise_records"))] = None,
    subject: Annotated[str, typer.Option("--subject", help=say("help.supervise_subject"))] = "",
    whole: Annotated[bool, typer.Option("--whole", help=say("help.supervise_whole"))] = False,
    case: Annotated[str | None, typer.Option("--case", help=say("help.supervise_case"))] = None,
    officer: Annotated[
        str | None, typer.Option("--officer", help=say("help.supervise_officer"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Fetch receipts, and record under seal that they were fetched."""
    named = {"case": case, "officer": officer}
    private = {name: value for name, value in named.items() if value is not None}
    visit = Visit(purpose, subject, private)
    settings = client_from(as_, node)
    # One node: where it does not answer, no other one is told what a supervisor wants.
    alone = replace(settings, nodes=settings.nodes[:1])
    ids = [_record_id(each) for each in records or ()]
    if not ids and not (whole and subject):
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what="RECORD | --subject … --whole")
    with Desk.open(alone, wait) as desk:
        sealed, kept = read_apart(desk, ids, visit, inbox, out, whole=whole)
    told = say("supervise.visited", count=len(kept), path=str(out), visit=str(sealed))
    Output(as_json).result(
        {"visit": str(sealed), "receipts": [str(path) for path in kept]},
        f"{HELD} {plain(told)}",
    )


@_app.command("clue", help=say("help.supervise_clue"))
def clue(
    files: Annotated[list[Path], typer.Argument(help=say("help.supervise_clue_files"))],
    number: Annotated[
        str,
        typer.Option(
            "--number", help=say("help.supervise_number"), prompt=say("supervise.ask_number")
        ),
    ],
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """What is proved of a clue, to whoever holds its number; asks nobody."""
    root = trust_in(None, trust)
    standing = find_clue(number, [_presented(path) for path in proofs_under(files)], root)
    held = standing.clue.commitment
    line = say(
        "supervise.clue_held",
        time=beijing_time(held.committed_at_ms),
        height=held.height,
        index=held.index,
    )
    Output(as_json).result(
        _clue_value(standing), f"{HELD} {plain(line)}", *_closing_lines(standing, root)
    )


def _clue_value(standing: ClueStanding) -> dict[str, object]:
    held = standing.clue.commitment
    return {
        "file": standing.name,
        "record": standing.clue.inner.record_id.hex(),
        "commitment": held.record_id.hex(),
        "committed_at_ms": held.committed_at_ms,
        "height": held.height,
        "index": held.index,
        "closed": [
            {
                "record": each.record_id.hex(),
                "issuer": each.record.issuer,
                "outcome": each.record.fields.get("outcome"),
                "committed_at_ms": each.committed_at_ms,
            }
            for each in standing.closed
        ],
    }


def _closing_lines(standing: ClueStanding, trust: TrustRoot) -> list[str]:
    """How it was closed, as far as that was shown."""
    lines = [
        say(
            "supervise.clue_closed",
            time=beijing_time(each.committed_at_ms),
            outcome=str(each.record.fields.get("outcome")),
            by=trust.member_name(each.record.issuer, language()),
        )
        for each in standing.closed
    ]
    return [plain(line) for line in lines] or [say("supervise.clue_open")]


def _presented(path: Path) -> Presented:
    try:
        return read_presented(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def _record_id(text: str) -> RecordId:
    try:
        return RecordId(bytes.fromhex(text))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=text[:80]) from problem
