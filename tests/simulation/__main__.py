"""`python -m tests.simulation`: search for a seed that breaks consensus, or look into one.

A seed decides the network, its work, its faults and up to f Byzantine nodes. The same seed gives the
same run on every machine, so a failure is a number. With --show one run is told line by line.
"""

import argparse
import os
import sys
import time

from tests.simulation.campaign import (
    Failure,
    Result,
    known_seeds,
    look_into,
    run_many,
    run_seed,
    transcript_of,
)
from tests.simulation.progress import following
from tests.simulation.shrink import parse_kept
from tests.simulation.tally import Tally

LOOKED_INTO_MAX = 5
"""Failures that are minimised; of the others only the numbers are printed."""


def main() -> int:
    """Run what was asked for; the exit status is 1 where a seed fails."""
    asked = _arguments()
    if asked.show is not None:
        lines = transcript_of(
            asked.show, asked.nodes, parse_kept(asked.keep), changes=asked.changes
        )
        print("\n".join(lines))
        return 1 if lines[-1].startswith("FAILS") else 0
    seeds = range(asked.first, asked.first + asked.seeds)
    tally = Tally()
    began = time.monotonic()
    known = known_seeds()
    for seed, nodes, changes in known:
        tally.add(run_seed(seed, nodes, changes=changes))
    print(f"seeds that failed once and were played again first: {len(known)}", flush=True)
    with following(len(seeds)) as progress:
        for result in run_many(seeds, asked.nodes, asked.jobs, changes=asked.changes):
            tally.add(result)
            progress.step(result.problem and f"seed {result.seed} fails: {result.problem[:200]}")
    print("\n".join(tally.lines(time.monotonic() - began, asked.jobs)))
    report(tally.failed)
    return 1 if tally.failed else 0


def report(failed: list[Result]) -> None:
    """Minimise a few failures, and say where they can be read."""
    for result in failed[:LOOKED_INTO_MAX]:
        tell(look_into(result))
    if failed:
        print("\nAdd each seed to tests/simulation/seeds.txt, with why it failed.")
        print("seeds:", *(f"{result.seed}/{result.nodes or 'any'}" for result in failed))


def tell(failure: Failure) -> None:
    """One failure: why, what is left of it, where its transcript lies."""
    print(f"\nseed {failure.result.seed} fails: {failure.result.problem}")
    print("the least that fails in the same way:")
    with failure.transcript.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("      0          "):
                break
            print(f"  {line.rstrip()}")
    print(f"transcript: {failure.transcript}\nagain: {failure.again}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds to run")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--nodes", type=int, choices=range(1, 8), help="size of the committee")
    parser.add_argument("--changes", action="store_true", help="with changes of the committee")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--show", type=int, metavar="SEED", help="print one seed's transcript")
    parser.add_argument("--keep", default="", help="with --show: only these parts of the plan")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
