"""Commands for open contracting data: `import-ocds`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.ocds.mapping import mapping
from api.ocds.stating import LeftOutCount
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    open_desk,
)
from cli.failures import Exit
from cli.ocds.documents import Documents
from cli.ocds.files import size_of
from cli.ocds.importing import Imported, Importer
from cli.output import HELD, Output, table
from cli.words import language, say
from contracts.catalogue import load_catalogue
from ledger.terminal import printable
from ledger.words import sentence

ROWS_MAX = 40
"""Rows of what was left out that people are shown; JSON has all."""


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("import-ocds", help=say("help.import"))(import_ocds)


def import_ocds(
    file: Annotated[Path, typer.Argument(help=say("help.import_file"))],
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    receipts: Annotated[
        Path | None, typer.Option("--receipts", help=say("help.import_receipts"))
    ] = None,
    documents: Annotated[
        Path | None,
        typer.Option(
            "--documents", exists=True, file_okay=False, help=say("help.import_documents")
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("help.import_dry"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Anchor each release of an OCDS 1.1 file, and its parts, as far as the ledger lacks them."""
    output = Output(as_json)
    size = size_of(file)
    with open_desk(as_, node, wait) as desk, output.progress() as bars:
        bar = bars.add_task(say("import.progress"), total=size)
        importer = Importer(desk, receipts, Documents(documents), dry_run)
        done = importer.take(file, lambda at: bars.update(bar, completed=at))
        bars.update(bar, completed=size)
    _show(output, done, is_dry=dry_run)
    if done.refused:
        raise typer.Exit(Exit.REFUSED)


def _show(output: Output, done: Imported, *, is_dry: bool) -> None:
    for each in done.refused:
        output.warn(sentence(each.reason.code, each.reason.detail, language()))
    counts = {"anchored": done.anchored, "known": done.known, "refused": len(done.refused)}
    told = say("import.would" if is_dry else "import.done", **counts, parts=done.parts)
    lines: list[str | Table] = [f"{HELD} {told}"]
    if not done.records and not done.refused:
        lines.append(say("import.nothing"))
    if done.types:
        lines.append(_types_table(done))
    if done.left_out:
        lines.append(_left_out_table(done.left_out))
    output.result(
        {
            **counts,
            "dry_run": is_dry,
            "parts": {"anchored": done.parts, "known": done.known_parts},
            "types": dict(sorted(done.types.items())),
            "refused": [
                {
                    "position": each.position,
                    "ocid": each.ocid,
                    "code": each.reason.code.value,
                    "reason": sentence(each.reason.code, each.reason.detail, language()),
                }
                for each in done.refused
            ],
            "left_out": [
                {"path": path, "reason": reason, "count": count, "why": _why(reason)}
                for (path, reason), count in sorted(done.left_out.items())
            ],
            "records": [each.hex() for each in done.records],
        },
        *lines,
    )


def _types_table(done: Imported) -> Table:
    rows = table(say("import.types"), say("import.type"), say("import.count"))
    types: Any = load_catalogue().types
    for key, count in sorted(done.types.items()):
        name = types[key].zh if language() == "zh" else types[key].en
        rows.add_row(f"{name} ({key})", str(count))
    return rows


def _left_out_table(left_out: LeftOutCount) -> Table:
    rows = table(
        say("import.left_out"), say("import.path"), say("import.count"), say("import.reason")
    )
    listed = sorted(left_out.items(), key=lambda each: (each[0][1], each[0][0]))
    for (path, reason), count in listed[:ROWS_MAX]:
        rows.add_row(escape(printable(path)), str(count), _why(reason))
    if len(listed) > ROWS_MAX:
        rows.add_row("…", str(len(listed) - ROWS_MAX), say("import.more"))
    return rows


def _why(reason: str) -> str:
    return mapping().reasons[reason][language()]
