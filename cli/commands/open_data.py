"""The command `export ocds`: a project or section as open data."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import (
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WholeFlag,
)
from cli.commands.reading import asking
from cli.documents import write_result
from cli.output import HELD, Output
from cli.words import say


def register(app: typer.Typer) -> None:
    """Add the command to the group `export`."""
    app.command("ocds", help=say("help.export_ocds"))(ocds)


def ocds(
    file: Annotated[Path, typer.Argument(help=say("help.export_ocds_file"))],
    subject: Annotated[str, typer.Option("--subject", help=say("help.export_ocds_subject"))],
    prefix: Annotated[
        str | None, typer.Option("--prefix", help=say("help.export_ocds_prefix"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch a package, verify and compare it, and write it down as the node gave it."""
    output = Output(as_json)
    with (
        asking(as_, node, trust, whole, inbox, subject) as client,
        output.waiting(say("export.ocds_waiting")),
    ):
        found = client.open_data(subject, prefix)
    write_result(file, found.data)
    records = found.package["records"]
    counts = {
        "processes": len(records),
        "releases": sum(len(each["releases"]) for each in records),
        "receipts": len(found.receipts),
    }
    done = say("export.ocds_done", path=str(file), **counts)
    output.result({"file": str(file), **counts}, f"{HELD} {done}")
