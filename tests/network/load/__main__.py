"""`make load`: mixed load on four real nodes that are killed again and again.

python -m tests.network.load --minutes 30 --seed 7
"""

import sys
from dataclasses import asdict
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.network.campaigning import campaigned
from tests.network.load.campaign import Report, load


def main() -> int:
    held = campaigned("tests.network.load", __doc__, "of load", partial(load, show=_show))
    table = Table(show_header=False, title="held to the log")
    for name, count in asdict(held).items():
        table.add_row(name, str(count))
    Console(width=120).print(table)
    return 0


def _show(report: Report) -> None:
    """How long answers took, and what was verified when it came."""
    console = Console(width=120)
    routes = Table("route", "answers", "p50 ms", "p99 ms", "cut off", "statuses", title="answers")
    for name, tally in sorted(report.book.routes.items()):
        statuses = ", ".join(f"{code}: {n}" for code, n in sorted(tally.statuses.items()))
        numbers = (len(tally.took_ms), tally.percentile(50), tally.percentile(99), tally.cut_off)
        routes.add_row(name, *map(str, numbers), statuses)
    console.print(routes)
    whole = Table(show_header=False, title="the whole campaign")
    whole.add_row("time", f"{report.seconds:.0f} s")
    whole.add_row("kills", f"{report.kills}, of all nodes at once {report.all_at_once} times")
    for name, count in sorted(report.book.verified.items()):
        whole.add_row(f"verified: {name}", str(count))
    console.print(whole)


if __name__ == "__main__":
    sys.exit(main())
