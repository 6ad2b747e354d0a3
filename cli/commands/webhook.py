"""`bidwitness webhook`: receivers of a node, for its operator and for the member that answers."""

import base64
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from api.outbound.hook_file import ALL, Dead, HookFile
from api.outbound.hook_signature import SECRET_PREFIX
from api.outbound.hook_target import HookTarget
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    open_desk,
)
from cli.failures import CommandError, Exit
from cli.new_files import write_private
from cli.output import FAILED, HELD, Output, table
from cli.settings import ObserverSettings, Settings, stored_settings
from cli.words import say
from ledger.codes import Code
from ledger.terminal import printable
from ledger.words.moments import beijing_time

SECRET_BYTES: Final = 32
_app = typer.Typer(no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help=say("help.webhook_folder"))]
NameArgument = Annotated[str, typer.Argument(help=say("help.webhook_name"))]


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="webhook", help=say("help.webhook"))


@_app.command("secret", help=say("help.webhook_secret"))
def secret(
    path: Annotated[Path, typer.Argument(help=say("help.webhook_path"))], as_json: JsonFlag = False
) -> None:
    """Draw a secret and write it where only its owner reads it."""
    drawn = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    write_private(path, f"{SECRET_PREFIX}{drawn}\n".encode())
    told = escape(say("webhook.secret", path=str(path)))
    Output(as_json).result({"path": str(path)}, f"{HELD} {told}")


@_app.command("list", help=say("help.webhook_list"))
def list_(folder: FolderArgument, as_json: JsonFlag = False) -> None:
    """Show how far each receiver was told, and what was set aside."""
    settings = stored_settings(folder)
    shown = table(
        say("webhook.title"),
        *(say(f"webhook.{each}") for each in ("name", "index", "delivered", "waiting", "aside")),
    )
    aside = table(
        say("webhook.dead"),
        *(say(f"webhook.{each}") for each in ("name", "id", "last", "attempts", "reason")),
    )
    rows: list[dict[str, object]] = []
    for target in settings.webhooks:
        file = HookFile(settings.webhooks_folder, target.name)
        state, notes = file.read(), file.notes_count()
        dead = () if state is None else (*state.dead, *state.again)
        index = "–" if state is None else str(state.behind)
        count = 0 if state is None else state.delivered_count
        shown.add_row(target.name, index, str(count), str(notes), str(len(dead)))
        for each in dead:
            aside.add_row(*_cells(target, each))
        rows.append(
            {
                "name": target.name,
                "member": target.member,
                "index": None if state is None else state.behind,
                "delivered": count,
                "notes_waiting": notes,
                "gone": state is not None and state.gone,
                "set_aside": [asdict(each) for each in dead],
            }
        )
    lines = [shown, aside] if aside.row_count else [shown]
    Output(as_json).result({"webhooks": rows}, *lines)


@_app.command("resend", help=say("help.webhook_resend"))
def resend(
    folder: FolderArgument,
    name: NameArgument,
    ids: Annotated[list[str] | None, typer.Argument(help=say("help.webhook_ids"))] = None,
    all_: Annotated[bool, typer.Option("--all", help=say("help.webhook_all"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Have the node send again what was set aside; it takes the word within a second."""
    settings = stored_settings(folder)
    target = _named(settings, name, folder)
    asked = [ALL] if all_ else list(ids or [])
    HookFile(settings.webhooks_folder, target.name).ask_again(asked)
    Output(as_json).result({"name": name, "asked": asked}, f"{HELD} {say('webhook.asked')}")


@_app.command("anchor", help=say("help.webhook_anchor"))
def anchor(
    folder: FolderArgument,
    names: Annotated[list[str] | None, typer.Argument(help=say("help.webhook_names"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Put what receivers answered on record, in the name of a member."""
    from cli.delivered import anchor_notes

    settings, output = stored_settings(folder), Output(as_json)
    targets = [_named(settings, each, folder) for each in names or ()] or settings.webhooks
    counts: dict[str, int] = {}
    with open_desk(as_, node, wait) as desk, output.progress() as bars:
        bar = bars.add_task(say("webhook.anchoring"), total=None)
        for target in targets:
            kept = anchor_notes(
                desk, settings.webhooks_folder, target, lambda count: bars.advance(bar, count)
            )
            counts[target.name] = len(kept)
    told = say("webhook.anchored", count=sum(counts.values()))
    output.result({"anchored": counts}, f"{HELD} {told}")


@_app.command("told", help=say("help.webhook_told"))
def told(
    folder: FolderArgument,
    record: Annotated[str, typer.Argument(help=say("help.webhook_record"))],
    as_json: JsonFlag = False,
) -> None:
    """Who was told of a record, when, and under which record that is proved; 1 where nobody was."""
    from cli.delivered import delivered

    settings = stored_settings(folder)
    found = list(delivered(settings.webhooks_folder, settings.webhooks, record))
    shown = table(
        say("webhook.told"),
        *(say(f"webhook.{each}") for each in ("member", "taken", "status", "proof")),
    )
    for each in found:
        said = each.said
        shown.add_row(
            printable(str(said["member"])),
            beijing_time(int(said["answered_at_ms"])),
            str(said["status"]),
            each.record or say("webhook.unproved"),
        )
    rows = [{"file": str(e.path), "record": e.record or None, **e.said} for e in found]
    lines = [shown] if found else [f"{FAILED} {say('webhook.nobody')}"]
    Output(as_json).result({"told": rows}, *lines)
    if not found:
        raise typer.Exit(Exit.REFUSED)


def _cells(target: HookTarget, each: Dead) -> tuple[str, ...]:
    last = beijing_time(each.last_ms)
    return (target.name, each.webhook_id, last, str(each.attempts), printable(each.reason))


def _named(settings: Settings | ObserverSettings, name: str, folder: Path) -> HookTarget:
    for each in settings.webhooks:
        if each.name == name:
            return each
    reason = f"webhooks: {name[:40]}"
    raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(folder), reason=reason)
