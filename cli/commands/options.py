"""Options that several commands share, with one spelling and one help text each."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.desk import WAIT_S, Desk
from cli.failures import CommandError, Exit
from cli.settings import ClientSettings, client_settings
from cli.words import say
from ledger.codes import Code

AS_VARIABLE: Final = "BIDWITNESS_AS"

JsonFlag = Annotated[bool, typer.Option("--json", help=say("help.json"))]
AsOption = Annotated[
    Path | None, typer.Option("--as", help=say("help.as"), envvar=AS_VARIABLE, show_envvar=True)
]
NodeOption = Annotated[
    str | None, typer.Option("--node", help=say("help.node"), envvar="BIDWITNESS_NODE")
]
TrustOption = Annotated[
    Path, typer.Option("--trust", help=say("help.trust"), envvar="BIDWITNESS_TRUST")
]
WholeFlag = Annotated[bool, typer.Option("--whole", help=say("help.whole"))]
InboxOption = Annotated[Path | None, typer.Option("--inbox", help=say("help.whole_inbox"))]
WaitOption = Annotated[float, typer.Option("--wait", min=0, help=say("help.wait"))]
WAIT_DEFAULT_S: Final = WAIT_S
PassphraseOption = Annotated[
    Path | None, typer.Option("--passphrase-file", help=say("help.passphrase_file"))
]


def client_from(folder: Path | None, node: str | None) -> ClientSettings:
    """Settings of whoever acts: the folder of `--as`, with another node where one was named.

    Raises:
        CommandError: `client.none` where nobody was named.
    """
    if folder is None:
        raise CommandError(Exit.USAGE, Code.CLIENT_NONE)
    settings = client_settings(folder)
    if node is None:
        return settings
    return replace(settings, nodes=(node.rstrip("/"),))


def open_desk(folder: Path | None, node: str | None, wait_s: float) -> Desk:
    """The desk of whoever acts; see `client_from`.

    Raises:
        LedgerError: `node.unreachable`, at once, instead of when a bundle has waited in vain.
    """
    desk = Desk.open(client_from(folder, node), wait_s)
    desk.network()
    return desk
