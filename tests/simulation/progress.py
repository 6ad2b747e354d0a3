"""How far a campaign is: a bar for people at a terminal, a line a minute for logs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 60.0


class Follower(Protocol):
    """Told of every run that ended."""

    def step(self, problem: str) -> None:
        """One more run has ended, with a problem or with an empty text."""
        ...


@contextmanager
def following(total: int) -> Iterator[Follower]:
    """Follow so many runs, as suits what standard output is."""
    if not sys.stdout.isatty():
        yield _Lines(total)
        return
    columns = (
        TextColumn("seeds"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[f]}"),
    )
    with Progress(*columns, TimeRemainingColumn()) as progress:
        yield _Bar(progress, total)


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("seeds", total=total, f="")
        self._failed = 0

    def step(self, problem: str) -> None:
        if problem:
            self._failed += 1
            self._progress.console.print(problem, markup=False)
        self._progress.update(self._task, advance=1, f=f"{self._failed} failed")


class _Lines:
    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._failed = 0
        self._began_s = self._told_s = time.monotonic()

    def step(self, problem: str) -> None:
        self._done += 1
        if problem:
            self._failed += 1
            print(problem, flush=True)
        now_s = time.monotonic()
        if now_s - self._told_s >= LINE_EVERY_S:
            self._told_s = now_s
            rate = self._done / (now_s - self._began_s)
            left_min = (self._total - self._done) / rate / 60
            done = f"{self._done} of {self._total} seeds, {self._failed} failed"
            print(f"{done}, {rate:.1f} a second, about {left_min:.0f} min left", flush=True)
