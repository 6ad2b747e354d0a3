"""What ends a long command: Ctrl-C, and whatever means the same."""

import signal
from types import FrameType


def take_as_interruption(*signals: signal.Signals) -> None:
    """Have Ctrl-C and these signals raise KeyboardInterrupt from now on.

    Ctrl-C is an interruption even where a shell's background job was told to ignore it.
    """
    for each in (signal.SIGINT, *signals):
        signal.signal(each, _interrupt)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
