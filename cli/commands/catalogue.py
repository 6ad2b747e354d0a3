"""`bidwitness catalogue`: look into the rules, find what nothing leads to, and hand them on."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.catalogue.differences import differences, lacking
from cli.catalogue.json_schema import record_schema
from cli.catalogue.markdown import markdown
from cli.catalogue.plain import catalogue_document, plain
from cli.catalogue.proposal import proposal
from cli.catalogue.rule_words import rule_words
from cli.catalogue.shown import look_up
from cli.commands.options import JsonFlag
from cli.failures import CommandError, Exit
from cli.new_files import write_public
from cli.output import Output, facts, table
from cli.words import language, say
from contracts.orphans import Orphans, orphans
from contracts.tables import Catalogue
from ledger.codes import Code

_app = typer.Typer(no_args_is_help=True)


class Format(StrEnum):
    """What `catalogue export` writes."""

    MARKDOWN = "markdown"
    JSON_SCHEMA = "json-schema"
    JSON = "json"
    TOML = "toml"


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="catalogue", help=say("help.catalogue"))


@_app.command("show", help=say("help.catalogue_show"))
def show(
    name: Annotated[str | None, typer.Argument(help=say("help.catalogue_name"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """One row by code, key, alert, function point or subsystem; all types where none is named."""
    catalogue = _load()
    if name is None:
        Output(as_json).result({"types": plain(catalogue.types)}, _types(catalogue))
        return
    found = look_up(catalogue, name)
    if found is None:
        raise CommandError(Exit.USAGE, Code.CATALOGUE_NOT_FOUND, name=name[:80])
    document = found.document if isinstance(found.document, dict) else {}
    Output(as_json).result(document, facts(found.title, found.facts))


@_app.command("check", help=say("help.catalogue_check"))
def check(as_json: JsonFlag = False) -> None:
    """Load the catalogue, count what it holds, and name what nothing leads to."""
    loaded = _load()
    lost = orphans(loaded, rule_words())
    planned = sorted(loaded.planned)
    in_force = sorted(set(loaded.alerts) - set(planned))
    waiting = [key for key, point in loaded.points.items() if point.planned]
    document = {
        "hash": loaded.hash.hex(),
        "types": sorted(loaded.types),
        "alerts_in_force": in_force,
        "alerts_planned": planned,
        "roles": sorted(loaded.roles),
        "deadlines": sorted(loaded.deadlines),
        "profiles": sorted(loaded.profiles),
        "subsystems": list(loaded.subsystems),
        "points": list(loaded.points),
        "points_planned": waiting,
        "orphans": plain(lost),
    }
    rows = [
        (say("catalogue.hash"), loaded.hash.hex()),
        (say("catalogue.types"), str(len(loaded.types))),
        (say("catalogue.roles"), str(len(loaded.roles))),
        (say("catalogue.deadlines"), str(len(loaded.deadlines))),
        (say("catalogue.profiles"), " ".join(sorted(loaded.profiles))),
        (say("catalogue.registry"), f"{len(loaded.subsystems)} / {len(loaded.points)}"),
        (say("catalogue.points_planned"), " ".join(waiting)),
        (say("catalogue.alerts"), " ".join(in_force)),
        (say("catalogue.planned"), " ".join(planned)),
        *_orphans(lost),
    ]
    output = Output(as_json)
    output.result(document, facts(say("catalogue.title"), rows))
    if lost:
        raise typer.Exit(Exit.REFUSED)


@_app.command("propose", help=say("help.catalogue_propose"))
def propose(
    folder: Annotated[Path, typer.Argument(help=say("help.catalogue_folder"))],
    since: Annotated[Path | None, typer.Option("--from", help=say("help.catalogue_from"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what the version in a folder changes, and how it is put to the quorum."""
    from cli.compose.catalogues import catalogue_in

    proposed = catalogue_in(folder)
    before = _load() if since is None else catalogue_in(since)
    found, lost = differences(before, proposed), lacking(_load(), proposed, rule_words())
    document = {
        "hash": proposed.hash.hex(),
        "from": before.hash.hex(),
        "differences": plain(found),
        "lacking": list(lost),
    }
    Output(as_json).result(document, *proposal(proposed, before, found, lost))
    if lost:
        raise typer.Exit(Exit.REFUSED)


@_app.command("export", help=say("help.catalogue_export"))
def export(
    to: Annotated[Path, typer.Argument(help=say("help.catalogue_to"))],
    format_: Annotated[Format, typer.Option("--format", help=say("help.catalogue_format"))],
    replace: Annotated[bool, typer.Option("--replace", help=say("help.catalogue_replace"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the catalogue as a page, as JSON, as a JSON Schema for each type, or as it is."""
    found = _sources() if format_ is Format.TOML else _files(_load(), format_)
    written = {to if name == "" else to / name: text for name, text in found}
    for path, text in written.items():
        if replace:
            path.unlink(missing_ok=True)
        write_public(path, text.encode())
    document = {"format": format_.value, "files": [str(path) for path in written]}
    told = say("catalogue.exported", count=len(written), to=str(to))
    Output(as_json).result(document, escape(told))


def _load() -> Catalogue:
    from contracts.catalogue import load_catalogue

    return load_catalogue()


def _files(catalogue: Catalogue, format_: Format) -> list[tuple[str, str]]:
    """Name and text of each file; the empty name stands for the path itself."""
    match format_:
        case Format.MARKDOWN:
            return [("", markdown(catalogue))]
        case Format.JSON:
            return [("", _json(catalogue_document(catalogue)))]
        case _:
            return [
                (f"{key}.schema.json", _json(record_schema(catalogue, kind)))
                for key, kind in sorted(catalogue.types.items())
            ]


def _sources() -> list[tuple[str, str]]:
    """The files that a node of another version reads."""
    from contracts.catalogue import source_files

    return [(name, data.decode()) for name, data in sorted(source_files().items())]


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _orphans(lost: Orphans) -> list[tuple[str, str]]:
    """Each group that has orphans, or that nothing is one."""
    named = {
        "catalogue.orphan_types": lost.types,
        "catalogue.orphan_alerts": lost.alerts,
        "catalogue.orphan_roles": lost.roles,
        "catalogue.orphan_deadlines": lost.deadlines,
        "catalogue.orphan_reasons": lost.reasons,
        "catalogue.stale": lost.stale,
    }
    rows = [(say(key), " ".join(names)) for key, names in named.items() if names]
    return rows or [(say("catalogue.orphans"), say("catalogue.no_orphans"))]


def _types(catalogue: Catalogue) -> Table:
    """Every type in a line, by code."""
    shown = table(
        say("catalogue.title"),
        say("catalogue.code"),
        say("catalogue.name"),
        say("catalogue.key"),
        say("catalogue.stage"),
        say("catalogue.points"),
    )
    for kind in sorted(catalogue.types.values(), key=lambda each: (not each.code, each.code)):
        name = kind.zh if language() == "zh" else kind.en
        shown.add_row(kind.code, name, kind.key, kind.stage, " ".join(kind.function_points))
    return shown
