"""A stream of commitments in the foreground: `run` of whichever command commits."""

import signal
import time
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.markup import escape

from cli.commands.options import client_from
from cli.desk import Desk
from cli.interruption import take_as_interruption
from cli.output import HELD, Output
from cli.sealing_stream import SealingStream, Told
from cli.words import language, say
from ledger.terminal import printable
from ledger.words import sentence

POLL_S: Final = 0.2
"""Between two looks at what is out; a tick is never later by more than this."""
LAST_STEPS_MAX: Final = 50
"""Looks at what is out after Ctrl-C; what has no receipt by then is taken up at the next start."""

Inbox: TypeAlias = Annotated[Path, typer.Argument(help=say("help.bid_inbox"))]
Places: TypeAlias = Annotated[
    int, typer.Option("--places", min=1, max=1000, help=say("help.bid_places"))
]


def run_stream(
    inbox: Path, places: int, as_: Path | None, node: str | None, output: Output
) -> None:
    """Run the stream until Ctrl-C or SIGTERM."""
    take_as_interruption(signal.SIGTERM)
    committed = 0
    with Desk.open(client_from(as_, node)) as desk, SealingStream(desk, inbox, places) as stream:
        try:
            running = say("bid.running", inbox=str(inbox), places=places, tick=stream.tick_ms)
            output.note(plain(running))
            while True:
                committed += _tell(output, stream, stream.step(time.time_ns() // 1_000_000))
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            committed += _finish(output, stream)
        output.result(
            {"ticks": stream.ticks_count, "committed": committed, "out": stream.pending_count},
            say("bid.stopped", ticks=stream.ticks_count, count=committed),
        )


def plain(text: str) -> str:
    """What a file name or a node says, unable to act on the terminal."""
    return escape(printable(text))


def _tell(output: Output, stream: SealingStream, told: Told) -> int:
    """A line for what happened; how many files got their receipt."""
    for problem in told.problems:
        output.warn(sentence(problem.code, problem.detail, language()))
    for path in told.committed:
        output.note(f"{HELD} {plain(say('bid.committed', path=path.name))}")
    if told.ticked and not output.as_json and output.err.is_terminal:
        line = say("bid.tick", ticks=stream.ticks_count, out=stream.pending_count)
        output.err.print(line, end="\r")
    return len(told.committed)


def _finish(output: Output, stream: SealingStream) -> int:
    """Keep the receipts of what is out, without another tick, for a moment at most."""
    committed = 0
    for _ in range(LAST_STEPS_MAX):
        if not stream.pending_count:
            break
        committed += _tell(output, stream, stream.settle())
        time.sleep(POLL_S)
    return committed
