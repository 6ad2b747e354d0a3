"""`bidwitness disclose`: of a record's openings those that a reader may see, and no others."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.new_files import write_private
from cli.output import HELD, Output
from cli.words import say
from ledger.codes import Code
from ledger.core.openings import Openings
from ledger.presented import read_presented


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("disclose", help=say("help.disclose"))(disclose)


def disclose(
    file: Annotated[Path, typer.Argument(help=say("help.disclose_file"))],
    field: Annotated[list[str], typer.Option("--field", help=say("help.disclose_field"))],
    out: Annotated[Path, typer.Option("--out", help=say("help.disclose_out"))],
    as_json: JsonFlag = False,
) -> None:
    """Write the chosen openings of a record into a new file, for whoever may see them."""
    chosen = _openings(file).only(field)
    write_private(out, chosen.encode())
    names = [each.name for each in chosen.openings]
    told = say("disclose.done", names=", ".join(names), path=str(out))
    document = {"record": chosen.record_id.hex(), "fields": names, "openings": str(out)}
    Output(as_json).result(document, f"{HELD} {told}")


def _openings(file: Path) -> Openings:
    try:
        content = read_presented(file).content
    except OSError as problem:
        raise unreadable(file, problem) from problem
    if not isinstance(content, Openings):
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what="openings")
    return content
