"""The commands of `bidwitness` by name, each read from its module when it is asked for.

One command needs few of the libraries that all of them need together, and a terminal, a script and
a node's start should wait for no others. The help page and the tests read them all.
"""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from cli.words import say

MODULES: Final = {
    **dict.fromkeys(("submit", "anchor"), "writing"),
    "import-ocds": "ocds",
    **dict.fromkeys(("receipt", "status", "audit"), "reading"),
    "diagnose": "diagnose",
    "project": "project",
    "coverage": "coverage",
    "bundle": "bundling",
    "trace": "tracing",
    "watch": "watching",
    "consistency": "log",
    "verify": "verifying",
    "disclose": "disclosing",
    "draw": "drawing",
    "demo": "demo",
    "signer": "signer",
    "network": "network",
    "node": "node",
    "observer": "observer",
    "projector": "projector",
    "keys": "keys",
    "certificate": "certificate",
    "court-code": "court_code",
    "misconduct": "misconduct",
    "seal": "seal",
    "export": "log",
    "witness": "witness",
    "bid": "bidding",
    "supervise": "supervising",
    "openings": "depositing",
    "address": "address",
    "catalogue": "catalogue",
    "webhook": "webhook",
}
"""Each command or group of commands, in the order of the help page, and its module."""


class CommandTable(MutableMapping[str, Any]):
    """What Click keeps in a dict: commands by name, of a class that Typer does not publish."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            part = typer.Typer()
            import_module(f"cli.commands.{MODULES[name]}").register(part)
            self._read |= get_group(part).commands
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)

    def __setitem__(self, name: str, command: object) -> NoReturn:
        raise TypeError(f"add {name} to MODULES")

    def __delitem__(self, name: str) -> NoReturn:
        raise TypeError(f"take {name} out of MODULES")


class Commands(TyperGroup):
    """All commands; which ones there are is known without reading any."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = CommandTable()


def bidwitness() -> typer.Typer:
    """The program, with every command."""
    app = typer.Typer(
        name="bidwitness",
        cls=Commands,
        help=say("help.app"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # A group without a command of its own is one only where it has a callback.
    app.callback()(_before_each)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"bidwitness {version('bidwitness')}")
        raise typer.Exit


def _before_each(
    asked: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help=say("help.version")),
    ] = False,
) -> None:
    del asked
