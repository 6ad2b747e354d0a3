"""`make nemesis`: real nodes, and everything that can go wrong with them.

python -m tests.network.nemesis --minutes 10 --nodes 7 --seed 7
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.network.nemesis.campaign import Plan, Told, nemesis
from tests.network.nemesis.faults import EVERYBODY, ONE
from tests.network.nemesis.namespaces import ground, moved
from tests.network.nemesis.world import World

GOAL_S = 5.0


def main() -> int:
    given = _arguments()
    reason = "as asked" if given.loopback else moved(["-m", "tests.network.nemesis", *sys.argv[1:]])
    where = f"all on loopback ({reason})" if reason else "each node in a network namespace"
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    say(f"seed {given.seed}, {where}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        place = ground(loopback=bool(reason))
        world = World(folder, given.nodes, place, given.seed, given.monotonic)
        plan = Plan(
            seconds=60 * given.minutes,
            seed=given.seed,
            within_s=given.within,
            deck=given.faults,
            longest_s=given.longest,
            pause_s=given.pause,
            seats=not given.no_changes,
        )
        told = nemesis(world, plan, say, given.picture)
    _show(told)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.network.nemesis", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--nodes", type=int, choices=(4, 5, 6, 7), default=4)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--within", type=float, default=GOAL_S, help="s from healing to progress")
    parser.add_argument("--longest", type=float, default=8, help="s that a fault lasts at most")
    parser.add_argument("--pause", type=float, default=1.0, help="s between a client's bundles")
    parser.add_argument("--loopback", action="store_true", help="no namespaces")
    parser.add_argument("--no-changes", action="store_true", help="of the committee")
    parser.add_argument("--monotonic", action="store_true", help="let that clock jump as well")
    parser.add_argument("--picture", type=Path, help="draw the timeline here, as SVG")
    parser.add_argument("--folder", type=Path, help="keep the network here, to look at it")
    parser.add_argument(
        "--faults", nargs="*", default=[], choices=(*ONE, *EVERYBODY), help="to begin with"
    )
    return parser.parse_args()


def _show(told: Told) -> None:
    """What was done and what was held to the log."""
    judged = told.judged
    assert judged is not None
    table = Table(show_header=False, title="held to the log")
    table.add_row("time", f"{told.seconds:.0f} s, load of the machine up to {told.load:.1f}")
    for kind, count in sorted(told.faults.items()):
        table.add_row(f"fault: {kind}", str(count))
    table.add_row("faults", str(told.faults.total()))
    table.add_row("changes of the committee", ", ".join(each.what for each in told.points))
    table.add_row("height, views changed", f"{told.height}, {told.views_changed}")
    table.add_row("bundles, records acknowledged", f"{judged.bundles}, {judged.records}")
    table.add_row("receipts verified", str(judged.receipts))
    table.add_row("heads, all of one log", str(judged.heads))
    table.add_row("bundles in the order of real time", str(judged.ordered))
    waits = sorted(wait for wait, _ in judged.waits_s)
    if waits:
        table.add_row("after healing, median", f"{waits[len(waits) // 2]:.2f} s")
        table.add_row("after healing, longest", f"{waits[-1]:.2f} s: {judged.waits_s[0][1]}")
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
