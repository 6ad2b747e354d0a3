"""`python -m tests.simulation --seeds N [--from K] [--nodes 4|7] [--jobs 2]`: search for a bad seed."""

import argparse
import os
import sys
from itertools import islice

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.campaign import (
    Result,
    keep_transcript,
    known_seeds,
    run_many,
    run_seed,
    transcript_of,
)


def main() -> int:
    """Run the campaign; the exit status is 1 where a seed fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds to run")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--nodes", type=int, choices=range(1, 8), help="size of the committee")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--show", type=int, metavar="SEED", help="print one seed's transcript")
    asked = parser.parse_args()
    if asked.show is not None:
        print("\n".join(transcript_of(asked.show, asked.nodes)))
        return 0
    failed = [result for seed, nodes in known_seeds() if (result := run_seed(seed, nodes)).problem]
    seeds = range(asked.first, asked.first + asked.seeds)
    heights = views = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("seeds", total=len(seeds))
        for result in run_many(seeds, asked.nodes, asked.jobs):
            progress.advance(task)
            if result.outcome is None:
                failed.append(result)
                progress.console.print(f"seed {result.seed} fails: {result.problem[:200]}")
            else:
                heights += result.outcome.heights
                views += result.outcome.views
    print(f"{len(seeds)} seeds, {heights} blocks decided, {views} last views, {len(failed)} failed")
    report(failed)
    return 1 if failed else 0


def report(failed: list[Result]) -> None:
    """Keep the transcripts of a few failures, and say where."""
    for result in islice(failed, 5):
        path = keep_transcript(result)
        print(f"seed {result.seed}: {path}")
    if failed:
        print("Add each seed to tests/simulation/seeds.txt, with why it failed.")


if __name__ == "__main__":
    sys.exit(main())
