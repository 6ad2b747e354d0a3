"""`python -m tests.twins [--every K] [--jobs N]`: play the Twins; `--scenario LINE` shows one."""

import argparse
import os
import sys

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.twins.campaign import Sum, play_many
from tests.twins.executor import play
from tests.twins.generator import slice_of_all
from tests.twins.scenario import parse_scenario

SAID_EACH = 1_000
"""Where the output is no terminal, progress is a line for so many scenarios."""


def main() -> int:
    """Run the campaign; the exit status is 1 where a scenario fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.twins", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only each K-th")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--scenario", metavar="LINE", help="play one, and print its transcript")
    parser.add_argument("--list", action="store_true", help="print the scenarios, play nothing")
    asked = parser.parse_args()
    if asked.scenario is not None:
        print(play(parse_scenario(asked.scenario), print))
        return 0
    lines = list(map(str, slice_of_all(asked.every)))
    if asked.list:
        print("\n".join(lines))
        return 0
    return campaign(lines, asked.jobs)


def campaign(lines: list[str], jobs: int) -> int:
    """Play them all, with progress; each failure is printed so that it can be played again."""
    total, failed = Sum(), 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("scenarios", total=len(lines))
        for done, result in enumerate(play_many(lines, jobs), 1):
            progress.advance(task)
            if done % SAID_EACH == 0 and not progress.console.is_terminal:
                print(f"{done} of {len(lines)} scenarios, {failed} failed", flush=True)
            if result.outcome is None:
                failed += 1
                again = f'python -m tests.twins --scenario "{result.line}"'
                progress.console.print(f"{again}\n    {result.problem[:200]}", soft_wrap=True)
            else:
                total.add(result.outcome)
    print(f"{total}; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
