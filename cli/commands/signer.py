"""`bidwitness signer`: the unlocked key beside the browser; it signs what a person agrees to."""

import asyncio
from typing import Annotated

import typer

from cli.commands.options import AsOption, client_from
from cli.failures import CommandError, Exit
from cli.output import Output
from cli.words import say
from ledger.codes import Code

PORT = 7611


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("signer", help=say("help.signer"))(signer)


def signer(
    as_: AsOption = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help=say("help.signer_port"))] = PORT,
    page: Annotated[list[str] | None, typer.Option("--page", help=say("help.signer_page"))] = None,
    hours: Annotated[int, typer.Option(min=1, max=24, help=say("help.signer_hours"))] = 8,
) -> None:
    """Run the signer until Ctrl-C."""
    from cli.compose.signer import Terms, run_signer
    from cli.local_signer.guard import is_origin

    pages = tuple(page or ())
    for each in pages:
        if not is_origin(each):
            raise CommandError(Exit.USAGE, Code.SIGNER_ORIGIN, found=each[:100])
    asyncio.run(run_signer(client_from(as_, None), Terms(port, pages, hours), Output()))
