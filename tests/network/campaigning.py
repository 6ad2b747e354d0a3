"""The command line of a campaign on real processes: its seed, its folder, and what it says."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

R = TypeVar("R")
Say: TypeAlias = Callable[[str], None]
Play: TypeAlias = Callable[[Path, float, int, Say], R]
"""Plays a campaign in a folder, for so many seconds, by a seed, and tells how it goes."""


def campaigned(name: str, told: str | None, minutes: str, play: Play[R]) -> R:
    """Play a campaign as the arguments of this process say.

    Args:
        name: of the module, for `python -m`.
        told: what it does.
        minutes: what `--minutes` stands for.
        play: the campaign.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=told)
    parser.add_argument("--minutes", type=float, default=2, help=minutes)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="keep the network here, to look at it")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return play(folder, 60 * given.minutes, given.seed, say)
