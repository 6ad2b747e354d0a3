"""`python -m bench.loads`: four real nodes under load, beside what this machine allows."""

import argparse
import asyncio
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import yardstick
from bench.figures import Load, as_json, tables
from bench.load import Plan, drive
from bench.network import running_network


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.loads", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load")
    parser.add_argument("--singles", type=int, default=32, help="who submit bundles of 1 record")
    parser.add_argument("--batches", type=int, default=4, help="who submit bundles of 1,000")
    parser.add_argument("--folder", type=Path, help="on which disk; a temporary one by default")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    args = parser.parse_args()
    plans = [
        Plan(1, 1, args.seconds),
        Plan(1, args.singles, args.seconds),
        Plan(1000, args.batches, args.seconds),
    ]
    with tempfile.TemporaryDirectory(prefix="bidwitness-bench-", dir=args.folder) as folder:
        yardsticks = yardstick.measure(Path(folder), seconds=2.0)
        loads = _measured(Path(folder) / "network", plans)
    if args.json:
        print(json.dumps(as_json(yardsticks, loads), indent=2))
        return
    console = Console()
    for table in tables(yardsticks, loads):
        console.print(table)


def _measured(folder: Path, plans: list[Plan]) -> list[Load]:
    """Start a network, drive each load in turn, and stop it again."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} records with receipt"),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
    )
    loads = []
    with progress, running_network(folder) as network:
        for plan in plans:
            what = f"bundles of {plan.records_per_bundle:,}, {plan.submitters} at a time"
            task = progress.add_task(what, total=None)
            loads.append(asyncio.run(drive(plan, network.members, partial(progress.advance, task))))
            progress.stop_task(task)
    return loads


if __name__ == "__main__":
    main()
