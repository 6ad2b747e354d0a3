"""`bidwitness demo`: the whole story on four real nodes, then every receipt without them."""

import os
import signal
import sys
import time
from contextlib import ExitStack
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag
from cli.demo.story import Story
from cli.demo.story_files import MAIN, load_story, stories, variants
from cli.demo.telling import Telling
from cli.failures import CommandError, Exit
from cli.interruption import take_as_interruption
from cli.output import Output, table
from cli.words import say
from ledger.codes import Code


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("demo", help=say("help.demo"))(demo)


def demo(
    ocds: Annotated[Path | None, typer.Option("--ocds", help=say("help.demo_ocds"))] = None,
    folder: Annotated[Path, typer.Option("--folder", help=say("help.demo_folder"))] = Path(
        "demo-data"
    ),
    once: Annotated[
        bool, typer.Option("--once", help=say("help.demo_once"), envvar="ONCE")
    ] = False,
    variant: Annotated[
        str, typer.Option("--variant", help=say("help.demo_variant"), envvar="VARIANT")
    ] = "",
    story: Annotated[
        str, typer.Option("--story", help=say("help.demo_story"), envvar="STORY")
    ] = MAIN,
    as_json: JsonFlag = False,
) -> None:
    """Play the story; exit 0 only when all held."""
    if ocds is not None and not ocds.is_file():
        raise CommandError(Exit.USAGE, Code.FILE_UNREADABLE, path=str(ocds), reason="?")
    # A terminal that closes, or a supervisor that ends us, is an interruption like Ctrl-C.
    take_as_interruption(signal.SIGTERM, signal.SIGHUP)
    if story not in stories():
        raise typer.BadParameter(", ".join(stories()), param_hint="--story")
    if variant and (story != MAIN or variant not in variants()):
        told = f"--story {MAIN}: {', '.join(variants())}"
        raise typer.BadParameter(told, param_hint="--variant")
    telling = Telling(Output(as_json))
    stays = sys.stdout.isatty() and not once and not as_json
    _perform(load_story(variant, story), telling, folder, ocds, stays=stays)
    if telling.failed:
        raise typer.Exit(Exit.REFUSED)


def _perform(
    story: Story, telling: Telling, folder: Path, ocds: Path | None, *, stays: bool
) -> None:
    # The node's packages are imported here only, so that every other command starts fast.
    from cli.demo.now_you import now_you
    from cli.demo.performance import perform, stop

    with ExitStack() as held, as_file(files("cli.demo").joinpath("network.toml")) as described:
        stage = perform(story, telling, folder, described, ocds, held)
        telling.summary()
        told = say("demo.failed") if telling.failed else say("demo.held")
        seconds = round(telling.elapsed_s)
        telling.output.result(telling.document(), f"{told} {say('demo.took', seconds=seconds)}")
        receipt = next(stage.receipts.glob("*.receipt.json"))
        words = ["verify", str(receipt), "--trust", str(stage.trust_file)]
        telling.output.command(say("demo.try"), words)
        if stays:
            rows = table(say("demo.addresses"), say("network.node"), "API")
            for node in stage.nodes:
                rows.add_row(node.node_id, node.api)
            telling.output.note(rows)
            if "announcement" in story.names:
                now_you(telling.output, stage, story.section)
            telling.output.note(f"\n{say('demo.stays')}")
            _wait_for_ctrl_c()
        stop(stage, telling)


def _wait_for_ctrl_c() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        sys.stdout.write(os.linesep)
