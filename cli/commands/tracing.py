"""`bidwitness trace`: who changed which field when, each record proved by its receipt."""

import re
from pathlib import Path
from typing import Annotated, Final

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
from cli.failures import Exit
from cli.output import Output
from cli.trace_shown import Telling
from cli.traced import (
    Traced,
    catalogue_in_force,
    read_openings,
    trace_record,
    trace_subject,
)
from cli.words import language, say
from contracts.tables import Catalogue
from ledger.core.identifiers import RecordId
from ledger.core.strict_json import JsonValue
from ledger.report import problem_sentence
from ledger.report_json import plain
from ledger.trace_json import chain_value

_RECORD: Final = re.compile("[0-9a-f]{64}")


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("trace", help=say("help.trace"))(trace)


def trace(
    what: Annotated[str, typer.Argument(help=say("help.trace_what"))],
    openings: Annotated[
        list[Path] | None, typer.Option("--openings", help=say("help.trace_openings"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the amendments and voidings of a section, a project or one record."""
    output = Output(as_json)
    held = read_openings(openings or [])
    with (
        asking(as_, node, trust, whole, inbox, what) as client,
        output.progress() as bars,
    ):
        bar = bars.add_task(say("trace.progress"), total=None)
        catalogue = catalogue_in_force(client)

        def told(done: int, all_: int) -> None:
            bars.update(bar, completed=done, total=all_)

        if _RECORD.fullmatch(what):
            record_id = RecordId(bytes.fromhex(what))
            traced = trace_record(client, record_id, catalogue, held, told)
        else:
            traced = trace_subject(client, what, catalogue, held, told)
    telling = Telling(traced, client.trust, catalogue)
    output.result(_document(what, traced, catalogue), *telling.lines())
    if traced.refused:
        raise typer.Exit(Exit.REFUSED)


def _document(what: str, traced: Traced, catalogue: Catalogue | None) -> dict[str, JsonValue]:
    """The trace for machines."""

    def naming(type_key: str) -> dict[str, JsonValue]:
        kind = catalogue.type(type_key) if catalogue is not None else None
        if kind is None:
            return {"type_code": "", "type_zh": type_key, "type_en": type_key}
        return {"type_code": kind.code, "type_zh": kind.zh, "type_en": kind.en}

    return {
        "asked": what,
        "subjects": list(traced.subjects),
        "receipts_verified": traced.receipts_count,
        "chains": [chain_value(each, naming) for each in traced.chains],
        "alerts": [
            {
                "record_id": each.record_id.hex(),
                "fields": plain(each.record.fields),
                "about": [about.hex() for about in each.about],
            }
            for each in traced.alerts
        ],
        "openings": {
            "used": traced.used_count,
            "unused": traced.unused_count,
            "refused": [
                {
                    "file": str(each.path),
                    "record_id": each.record_id.hex(),
                    "code": each.problem.code.value,
                    "sentence": problem_sentence(each.problem, language()),
                }
                for each in traced.refused
            ],
        },
    }
