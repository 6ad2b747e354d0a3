"""`make flood`: what honest clients of a real node see while others try to keep it from answering.

python -m tests.network.flood --seconds 20 --json flood.json
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.network.flood.campaign import HOSTILITIES, Row, play
from tests.network.flood.honest import Times


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.network.flood", description=__doc__)
    parser.add_argument("--hostility", choices=HOSTILITIES, action="append", help="these only")
    parser.add_argument("--seconds", type=float, default=60, help="of each hostility")
    parser.add_argument("--json", type=Path, help="write what was measured here, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = play(Path(folder), given.hostility or HOSTILITIES, given.seconds, _say)
    Console(width=150).print(_table(rows))
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for row in rows:
        for failure in (row.under.submit.failed + row.under.read.failed)[:3]:
            print(f"{row.name}: {failure}")
    if given.json:
        given.json.write_text(json.dumps([_form(row) for row in rows], indent=1), encoding="utf-8")
    return 1 if any(row.under.submit.failed or row.under.read.failed for row in rows) else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _table(rows: list[Row]) -> Table:
    table = Table(
        *("hostility", "submit p50", "p99 ms", "× p99", "read p50", "p99 ms", "× p99"),
        *("unanswered", "what the attacker counted"),
        title="honest clients, without → with",
    )
    for row in rows:
        cells = [
            cell
            for before, during in (
                (row.without.submit, row.under.submit),
                (row.without.read, row.under.read),
            )
            for cell in _cells(before, during)
        ]
        failed = len(row.under.submit.failed) + len(row.under.read.failed)
        counts = ", ".join(f"{what}: {count}" for what, count in sorted(row.counts.items()))
        table.add_row(row.name, *cells, str(failed), counts)
    return table


def _cells(before: Times, during: Times) -> tuple[str, str, str]:
    shown = [
        f"{before.percentile(percent):.0f} → {during.percentile(percent):.0f}"
        for percent in (50, 99)
    ]
    return shown[0], shown[1], f"{_ratio(before, during):.1f}"


def _ratio(before: Times, during: Times) -> float:
    return during.percentile(99) / max(before.percentile(99), 1.0)


def _form(row: Row) -> dict[str, object]:
    form: dict[str, object] = {"hostility": row.name, "does": HOSTILITIES[row.name].does}
    for name, before, during in (
        ("submit", row.without.submit, row.under.submit),
        ("read", row.without.read, row.under.read),
    ):
        form[name] = {
            "without_ms": {"p50": before.percentile(50), "p99": before.percentile(99)},
            "with_ms": {"p50": during.percentile(50), "p99": during.percentile(99)},
            "ratio_p99": _ratio(before, during),
            "asked": len(during.took_ms),
            "unanswered": during.failed,
        }
    return form | {"attacker": row.counts}


if __name__ == "__main__":
    sys.exit(main())
