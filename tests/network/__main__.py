"""`make nemesis`: the kill loop with as many rounds as you like.

python -m tests.network --rounds 100 --seed 7
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.network.kill_loop import campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.network", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="keep the network here, to look at it")
    given = parser.parse_args()
    print(f"{given.rounds} rounds with seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = campaign(folder, given.rounds, given.seed, lambda line: print(line, flush=True))
    slowest = sorted(report.recovery_s)
    print(
        f"{report.rounds} rounds, {report.kills} kills: one head at height {report.height}, "
        f"{report.records} acknowledged records all there, "
        f"{report.verified_receipts} receipts verified offline; committed again after "
        f"{slowest[len(slowest) // 2]:.1f} s (median), {slowest[-1]:.1f} s (slowest)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
