"""The command `export records`: a query's answer as a table or as JSON Lines."""

from enum import StrEnum
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
from cli.output import HELD, Output
from cli.words import language, say


class Form(StrEnum):
    """How records are written."""

    CSV = "csv"
    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the command to the group `export`."""
    app.command("records", help=say("help.export_records"))(records)


def records(
    file: Annotated[Path, typer.Argument(help=say("help.export_file"))],
    format_: Annotated[Form, typer.Option("--format", help=say("help.export_format"))] = Form.CSV,
    subject: Annotated[str | None, typer.Option(help=say("help.export_subject"))] = None,
    within: Annotated[bool, typer.Option("--within", help=say("help.export_within"))] = False,
    member: Annotated[str | None, typer.Option(help=say("help.export_member"))] = None,
    type_: Annotated[str | None, typer.Option("--type", help=say("help.export_type"))] = None,
    since: Annotated[int | None, typer.Option(min=0, help=say("help.export_since"))] = None,
    alert: Annotated[str | None, typer.Option(help=say("help.export_alert"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a query's whole answer into a file; called again, go on where it was cut off."""
    from api.client.calls.querying import QueryPage
    from cli.record_export import RecordFile

    named = {"subject": subject, "member": member, "type": type_, "since": since, "alert": alert}
    parts = {name: value for name, value in named.items() if value is not None}
    parts |= {"within": True} if within else {}
    known = whole or inbox is not None
    form = {"format": format_.value, "lang": language(), **({"whole": True} if known else {})}
    output = Output(as_json)
    with (
        asking(as_, node, trust, whole, inbox, subject or member or "") as client,
        output.progress() as bars,
    ):
        target = RecordFile(file, {**parts, **form}, client.trust.genesis.domain)
        size = int(client.network()["log_size"])
        bar = bars.add_task(say("export.records_progress"), total=size)

        def advance(page: QueryPage) -> None:
            # The last page is the end, wherever the last record that fits may stand.
            at = size if page.cursor is None else page.index + 1
            bars.update(bar, completed=max(at, 0))

        began = target.position
        done = target.fill(client.query_pages(parts, began.cursor), advance)
    document = {"file": str(file), "records": done.count, "before": began.count}
    told = say("export.records_done", path=str(file), count=done.count, before=began.count)
    output.result(document, f"{HELD} {told}")
