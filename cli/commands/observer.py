"""`bidwitness observer`: make an observer out of a member's folder, and run it."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import AsOption, JsonFlag, client_from
from cli.commands.reading import trust_in
from cli.keyfiles import Cost
from cli.output import Output, facts
from cli.settings import address, observer_settings
from cli.signers.passphrase import passphrase
from cli.words import say
from ledger.core.identifiers import NodeId, check_name

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="observer", help=say("help.observer"))


@_app.command("init", help=say("help.observer_init"))
def init(
    folder: Path,
    name: Annotated[str, typer.Option(help=say("help.observer_name"))],
    as_: AsOption = None,
    listen: Annotated[str, typer.Option(help=say("help.observer_listen"))] = "127.0.0.1:8091",
    https: Annotated[bool, typer.Option("--https", help=say("help.observer_https"))] = False,
    cosign: Annotated[str, typer.Option("--cosign", help=say("help.observer_cosign"))] = "",
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    as_json: JsonFlag = False,
) -> None:
    """Make the folder of an observer, which follows the nodes that its member knows."""
    from cli.cosigner import make_cosigner
    from cli.observer_folder import NewObserver, make_folder

    member = client_from(as_, None)
    trust = trust_in(as_, member.trust_file)
    now_ms = time.time_ns() // 1_000_000 if https else None
    wanted = NewObserver(NodeId(check_name(name, "name")), address(listen), now_ms, cosign)
    vkey = ""
    if cosign:
        secret = passphrase(member.member_id, member.passphrase_file)
        vkey = make_cosigner(folder, cosign, secret, cost).vkey()
    upstreams = make_folder(folder, member, trust, wanted)
    document = {"folder": str(folder), "observer_id": name, "upstreams": dict(upstreams)}
    output = Output(as_json)
    output.result(
        document | ({"vkey": vkey} if vkey else {}),
        facts(
            say("observer.made"),
            [
                (say("observer.folder"), str(folder)),
                (say("observer.member"), member.member_id),
                (say("observer.upstreams"), "\n".join(upstreams.values())),
                *([(say("witness.vkey"), vkey)] if vkey else []),
            ],
        ),
    )
    output.command(say("observer.next"), ["observer", "run", str(folder)])


@_app.command("run", help=say("help.observer_run"))
def run(
    folder: Path,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help=say("help.node_parent"))
    ] = False,
) -> None:
    """Run the observer of `folder` until SIGTERM or Ctrl-C."""
    from cli.compose.observer import run_observer
    from cli.compose.steady_loop import run as run_steadily

    run_steadily(run_observer(observer_settings(folder), stop_with_parent=stop_with_parent))
