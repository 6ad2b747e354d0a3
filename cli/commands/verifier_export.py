"""The command `export verifier`: the verifier as one page that works without any network."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag
from cli.commands.reading import trust_in
from cli.new_files import write_public
from cli.output import HELD, Output
from cli.words import say


def register(app: typer.Typer) -> None:
    """Add the command to the group `export`."""
    app.command("verifier", help=say("help.export_verifier"))(verifier)


def verifier(
    file: Annotated[Path, typer.Argument(help=say("help.export_verifier_file"))],
    trust: Annotated[
        list[Path] | None, typer.Option("--trust", help=say("help.export_verifier_trust"))
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the page; it asks nobody anything, so neither does this command."""
    from api.explorer.standalone import standalone

    roots = [trust_in(None, path) for path in trust or ()]
    data = standalone(tuple(each.encode() for each in roots)).encode()
    write_public(file, data)
    document = {
        "file": str(file),
        "bytes": len(data),
        "networks": [each.network_id.hex() for each in roots],
    }
    key = "export.verifier_done" if roots else "export.verifier_bare"
    names = ", ".join(each.genesis.name for each in roots)
    told = say(key, path=str(file), kib=-(-len(data) // 1024), names=names)
    Output(as_json).result(document, f"{HELD} {told}")
