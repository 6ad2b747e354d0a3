"""`make day`: a ledger of many records, and what rots in the course of a day, in ten minutes.

python -m tests.network.day --minutes 10 --records 1000000 --seed 7 --json day.json
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.network.day.chores import STEADY, Diary, chores
from tests.network.day.filled import filled
from tests.network.day.samples import Sample, Sampler
from tests.network.nemesis.campaign import Plan, Told, nemesis
from tests.network.nemesis.namespaces import ground, moved
from tests.network.nemesis.world import World


def main() -> int:
    given = _arguments()
    reason = "as asked" if given.loopback else moved(["-m", "tests.network.day", *sys.argv[1:]])
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    say(f"seed {given.seed}, {given.records} records, {reason or 'in network namespaces'}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        world = World(
            folder,
            4,
            ground(loopback=bool(reason)),
            given.seed,
            more=f"\n[parameters]\nsnapshot_interval = {given.snapshots}\n",
            program=("-m", "tests.network.day.node"),
        )
        filled(world.network, given.records, say)
        diary, sampler = Diary(), Sampler(world)
        plan = Plan(
            seconds=60 * given.minutes,
            seed=given.seed,
            within_s=given.within,
            deck=given.chores,
            longest_s=given.longest,
            pause_s=given.pause,
            seats=False,
            draws=chores(diary),
            calm_s=(given.calm / 2, given.calm * 3 / 2),
        )
        sampler.start()
        try:
            told = nemesis(world, plan, say, given.picture, diary.history)
        finally:
            sampler.stop()
    found = figures(told, diary, sampler)
    _show(found)
    if given.json:
        samples = [asdict(each) for each in sampler.samples]
        given.json.write_text(json.dumps(found | {"samples": samples}), encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.network.day", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--records", type=int, default=1_000_000, help="that are there before")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--snapshots", type=int, default=300, help="blocks from one to the next")
    parser.add_argument("--within", type=float, default=10, help="s from healing to progress")
    parser.add_argument("--longest", type=float, default=6, help="s that a fault lasts at most")
    parser.add_argument("--calm", type=float, default=6, help="s between two chores on average")
    parser.add_argument("--pause", type=float, default=0.3, help="s between a client's bundles")
    parser.add_argument("--chores", nargs="*", default=[], help="to begin with")
    parser.add_argument("--loopback", action="store_true", help="no namespaces")
    parser.add_argument("--picture", type=Path, help="draw the timeline here, as SVG")
    parser.add_argument("--json", type=Path, help="write all figures and samples here")
    parser.add_argument("--folder", type=Path, help="keep the network here, to look at it")
    return parser.parse_args()


def figures(told: Told, diary: Diary, sampler: Sampler) -> dict[str, Any]:
    """What came of it, by name."""
    judged = told.judged
    assert judged is not None
    stall, calm = stalls(told)
    steady = sampler.of(STEADY)
    found: dict[str, Any] = {
        "seconds": round(told.seconds),
        "load of the machine, at most": round(told.load, 1),
        "chores": dict(told.faults),
        "height": told.height,
        "snapshots": told.snapshots,
        "views changed": told.views_changed,
        "bundles, records acknowledged": [judged.bundles, judged.records],
        "receipts verified": judged.receipts,
        "heads of one log": judged.heads,
        "after healing, longest, s": round(max((wait for wait, _ in judged.waits_s), default=0), 2),
        "longest time without a commit, s": round(stall, 2),
        "the same with nothing wrong, s": round(calm, 2),
        "backups, restored, of these silent": [diary.backups, diary.restored, diary.silent],
        "compactions, MiB": [[each >> 20 for each in pair] for pair in diary.sizes],
    }
    for what, took in diary.took_s.items():
        found[f"{what}, s"] = {"median": round(_median(took), 2), "most": round(max(took), 2)}
    found[f"{STEADY}: memory, MiB"] = course([each.rss_mib for each in steady])
    found[f"{STEADY}: file handles"] = course([each.handles for each in steady])
    every: list[Sample] = sampler.samples
    found["all: memory, MiB, at most"] = round(max(each.rss_mib for each in every))
    found["all: file handles, at most"] = max(each.handles for each in every)
    found[f"{STEADY}: database, MiB"] = course([each.database_mib for each in steady])
    return found


def course(values: Sequence[float]) -> dict[str, int]:
    """How it went on, by medians of quarters, and the most."""
    part = max(1, len(values) // 4)
    quarters = [_median(values[at : at + part]) for at in range(0, 4 * part, part)]
    names = ("first quarter", "second", "third", "last")
    return {name: round(each) for name, each in zip(names, quarters, strict=True)} | {
        "most": round(max(values))
    }


def stalls(told: Told) -> tuple[float, float]:
    """The longest time between two commits; and the longest that touches no chore."""
    times = sorted(at_s - told.began_s for at_s in told.commits_s())
    gaps = [(after - before, before, after) for before, after in itertools.pairwise(times)]
    calm = [
        gap
        for gap, begins_s, ends_s in gaps
        if not any(each.begins_s < ends_s and begins_s < each.ends_s for each in told.bands)
    ]
    return max((gap for gap, _, _ in gaps), default=0), max(calm, default=0)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0


def _show(found: dict[str, Any]) -> None:
    table = Table(show_header=False, title="a day")
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        table.add_row(name, str(value))
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())
