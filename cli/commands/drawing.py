"""`bidwitness draw`: recompute a draw of experts from its receipts, without the system."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag, TrustOption
from cli.failures import CommandError, Exit
from cli.output import HELD, Output, facts
from cli.words import say
from ledger.codes import Code
from ledger.core.receipt import Receipt
from ledger.draws import verify_draw
from ledger.presented import read_presented
from ledger.reliance import read_trust


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("draw", help=say("help.draw"))(draw)


def draw(
    files: Annotated[list[Path], typer.Argument(help=say("help.draw_files"))],
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Verify the receipts of one draw, and recompute its places."""
    found = verify_draw([_receipt(path) for path in files], read_trust(_readable(trust)))
    places = ", ".join(str(place) for place in found.places)
    rows = [
        (say("draw.places"), places),
        (say("draw.pool"), str(found.pool_count)),
        (say("draw.seeders"), ", ".join(found.seeders)),
        (say("draw.header"), f"{found.height}: {found.header.hex()}"),
    ]
    shown = "draw.committed" if found.commitments_shown else "draw.vouched"
    Output(as_json).result(
        {
            "subject": str(found.subject),
            "request": found.request_id.hex(),
            "result": found.result_id.hex(),
            "height": found.height,
            "header": found.header.hex(),
            "seeders": list(found.seeders),
            "pool_count": found.pool_count,
            "places": list(found.places),
            "commitments_shown": found.commitments_shown,
        },
        facts(str(found.subject), rows),
        f"{HELD} {say('draw.recomputed')}",
        say(shown),
    )


def _receipt(path: Path) -> Receipt:
    """The receipt in a file."""
    content = read_presented(_readable(path)).content
    if not isinstance(content, Receipt):
        reason = "bidwitness.receipt"
        raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason)
    return content


def _readable(path: Path) -> Path:
    """A file that is there; whoever misspells a name is told which."""
    if not path.is_file():
        reason = "no file"
        raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason)
    return path
