"""`make byzantine`: a real node that lies, in each of the ways there are, among three honest ones.

python -m tests.network.byzantine --seconds 20 --habit two-stories
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.network.byzantine.campaign import Told, campaign
from tests.network.byzantine.registry import HABITS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.network.byzantine", description=__doc__)
    parser.add_argument("--habit", choices=HABITS, action="append", help="these only")
    parser.add_argument("--seconds", type=float, default=15, help="of traffic beside each liar")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    told, broken = [], []
    for name in given.habit or HABITS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                told.append(campaign(Path(folder), name, given.seconds, given.seed, _say))
            except Exception:  # noqa: BLE001 - the other liars are played all the same
                traceback.print_exc()
                broken.append(name)
    Console(width=150).print(_table(told))
    if broken:
        print(f"broken: {', '.join(broken)}")
    return 1 if broken else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _table(told: list[Told]) -> Table:
    table = Table(
        "the liar", "seconds", "records", "receipts", "height", "view", "lies", "evidence"
    )
    for each in told:
        lies = ", ".join(f"{what}: {count}" for what, count in sorted(each.lies.items()))
        faults = ", ".join(f"{kind}: {count}" for kind, count in sorted(each.faults.items()))
        if each.refused:
            faults = f"{each.refused} answers refused"
        numbers = (each.records, each.receipts, each.height, each.view)
        table.add_row(each.habit, f"{each.seconds:.0f}", *map(str, numbers), lies, faults or "–")
    return table


if __name__ == "__main__":
    sys.exit(main())
