"""`bidwitness catalogue check`: load the rules, prove them whole, and say what is only planned."""

import typer

from cli.commands.options import JsonFlag
from cli.output import Output, facts
from cli.words import say

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="catalogue", help=say("help.catalogue"))


@_app.callback()
def catalogue() -> None:
    """A group, so that `catalogue check` keeps its two words."""


@_app.command("check", help=say("help.catalogue_check"))
def check(as_json: JsonFlag = False) -> None:
    """Load the catalogue and count what it holds."""
    from contracts.catalogue import load_catalogue

    loaded = load_catalogue()
    planned = sorted(code for code, alert in loaded.alerts.items() if alert.planned)
    document = {
        "hash": loaded.hash.hex(),
        "types": sorted(loaded.types),
        "alerts_in_force": sorted(set(loaded.alerts) - set(planned)),
        "alerts_planned": planned,
        "roles": sorted(loaded.roles),
        "deadlines": sorted(loaded.deadlines),
        "profiles": sorted(loaded.profiles),
    }
    rows = [
        (say("catalogue.hash"), loaded.hash.hex()),
        (say("catalogue.types"), str(len(loaded.types))),
        (say("catalogue.roles"), str(len(loaded.roles))),
        (say("catalogue.deadlines"), str(len(loaded.deadlines))),
        (say("catalogue.profiles"), " ".join(sorted(loaded.profiles))),
        (say("catalogue.alerts"), " ".join(sorted(set(loaded.alerts) - set(planned)))),
        (say("catalogue.planned"), " ".join(planned)),
    ]
    Output(as_json).result(document, facts(say("catalogue.title"), rows))
