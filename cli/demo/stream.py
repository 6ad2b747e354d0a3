"""The bid system's stream of commitments: at every tick as many, with bids among them or without.

It runs on a thread of its own from the first act to the last, because a stream that only runs while
somebody bids would tell when somebody bids.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cli.bidding import read_sealed
from cli.desk import Desk
from cli.new_files import write_private
from cli.sealing_stream import SealingStream
from ledger.core.sealed_file import SealedFile
from ledger.errors import LedgerError

PLACES: Final = 4
"""Commitments of every tick, public like the tick itself."""
_STEPS_PER_TICK: Final = 4
_COMMITTED_S: Final = 60.0
_POLL_S: Final = 0.05


@dataclass(slots=True)
class Stream:
    """One sealing system at work; use it as a context."""

    desk: Desk
    """Of the bid system, with connections of its own."""
    inbox: Path
    """Where copies of sealed files are handed in."""
    problem: LedgerError | None = None
    """Why the stream stands still, where it does."""
    _stream: SealingStream = field(init=False)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._stream = SealingStream(self.desk, self.inbox, PLACES)
        self._thread = threading.Thread(target=self._run, name="bid system", daemon=True)

    @property
    def ticks_count(self) -> int:
        """Bundles made since the start."""
        return self._stream.ticks_count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def hand_in(self, name: str, held: SealedFile) -> Path:
        """Hand a copy of a sealed file in; the next free place is its."""
        path = self.inbox / f"{name}.sealed.json"
        # Whole from its first moment in the inbox: the stream reads whatever it finds there.
        draft = self.inbox / f".{name}.draft"
        write_private(draft, held.encode())
        draft.rename(path)
        return path

    def committed(self, path: Path) -> SealedFile:
        """The file that was handed in, with the receipt of its commitment.

        Raises:
            LedgerError: why the stream stands still.
        """
        until = time.monotonic() + _COMMITTED_S
        while time.monotonic() < until:
            if self.problem is not None:
                raise self.problem
            held = read_sealed(path)
            if held.receipt is not None:
                return held
            time.sleep(_POLL_S)
        raise TimeoutError("the stream of commitments stands still")

    def _run(self) -> None:
        """Step after step until the story ends; the last bundles are settled by then."""
        pause_s = self._stream.tick_ms / 1000 / _STEPS_PER_TICK
        try:
            with self._stream:
                while not self._stopping.wait(pause_s):
                    self._stream.step(time.time_ns() // 1_000_000)
        except LedgerError as problem:
            self.problem = problem
