"""`make failpoints`: every step of every story, in every way to die, with a table at the end.

python -m tests.failpoints [--story first] [--folder KEEP]
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.failpoints.campaign import Campaign, Result, points_of

STORIES = ("first", "again")


def main() -> int:
    """Run the campaign; the exit status is 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.failpoints", description=__doc__)
    parser.add_argument("--story", choices=STORIES, help="only this one")
    parser.add_argument("--folder", type=Path, help="keep the node here, to look at it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        results = lone_results(folder / "lone", asked.story)
    console = Console()
    console.print(summary(results))
    failed = [result for result in results if result.problem]
    for result in failed:
        console.print(f"{result.story}: {result.point}: {result.problem}", markup=False)
    return 1 if failed else 0


def lone_results(folder: Path, only: str | None) -> list[Result]:
    """Every point of the stories of a committee of one."""
    campaign = Campaign(folder)
    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, TimeRemainingColumn()) as progress:
            for story in campaign.stories:
                if only not in (None, story.name):
                    continue
                points = list(points_of(story.steps))
                task = progress.add_task(
                    f"{story.name}: {len(story.steps)} steps", total=len(points)
                )
                for result in campaign.run(story, points):
                    results.append(result)
                    progress.advance(task)
                    if result.problem:
                        progress.console.print(f"{result.point} fails: {result.problem[:300]}")
    finally:
        campaign.close()
    return results


def summary(results: list[Result]) -> Table:
    """Points by story and way to die, and how many of them failed."""
    table = Table(title="Fail points", title_justify="left")
    for column in ("story", "dies", "page cache", "points", "kinds of gaps", "failed"):
        table.add_column(column)
    rows = Counter((each.story, each.point.when, each.point.after) for each in results)
    for (story, when, after), count in sorted(rows.items()):
        mine = [
            r for r in results if (r.story, r.point.when, r.point.after) == (story, when, after)
        ]
        gaps = {each.point.gap for each in mine}
        failed = sum(1 for each in mine if each.problem)
        table.add_row(story, when, after, str(count), str(len(gaps)), str(failed))
    return table


if __name__ == "__main__":
    sys.exit(main())
