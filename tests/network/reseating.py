"""`make reseat`: a whole committee replaced on real processes, under load and kills.

python -m tests.network.reseating --minutes 10 --seed 7
"""

import sys

from rich.console import Console
from rich.table import Table

from tests.network.campaigning import campaigned
from tests.network.reseat import Report, reseat


def main() -> int:
    _show(campaigned("tests.network.reseating", __doc__, "of rest between the steps", reseat))
    return 0


def _show(report: Report) -> None:
    """The changes, and what was found true at the end."""
    console = Console()
    steps = Table("epoch", "change", "n", "q", "closing height", "in view", "took", title="changes")
    for step in report.steps:
        view = report.closed_in_view.get(step.epoch - 1, 0)
        facts = (step.epoch, step.what, step.n, step.q, step.height, view, f"{step.took_s:.0f} s")
        steps.add_row(*map(str, facts))
    console.print(steps)
    whole = Table(show_header=False, title="the whole campaign")
    for name, value in (
        ("time", f"{report.seconds:.0f} s"),
        ("blocks", report.height),
        ("bundles acknowledged, all there", report.bundles),
        ("records in them", report.records),
        ("kills", report.kills),
        ("keys renewed, the old ones destroyed", report.renewed),
        ("views changed", report.views_changed),
        ("longest time between two blocks", f"{report.longest_pause_s:.1f} s"),
        ("receipts verified from the genesis (Python)", report.verified_by_python),
        ("receipts verified from the genesis (JavaScript)", report.verified_by_javascript),
    ):
        whole.add_row(name, str(value))
    console.print(whole)


if __name__ == "__main__":
    sys.exit(main())
