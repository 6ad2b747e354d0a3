"""`make failpoints`: every step of every story, in every way to die, with a table at the end.

python -m tests.failpoints [--story first|again|four|join] [--part 1/3] [--folder KEEP]
"""

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.failpoints.campaign import (
    ALWAYS,
    FourStage,
    JoinStage,
    LoneStage,
    Point,
    Result,
    Stage,
    Story,
    points_of,
    run,
)

STORIES: dict[str, Callable[[Path], Stage]] = {
    "first": LoneStage,
    "again": LoneStage,
    "four": FourStage,
    "join": JoinStage,
}
SETTLES = 2
"""Steps behind the switch of databases that belong to it: the folder above is synced."""
TELL_EVERY = 20
"""Points between two lines, where nobody looks at a bar."""


def main() -> int:
    """Run the campaign; the exit status is 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.failpoints", description=__doc__)
    parser.add_argument("--story", choices=STORIES, help="only this one")
    parser.add_argument("--part", default="1/1", help="of the points: 2/3 is the second third")
    parser.add_argument("--folder", type=Path, help="keep the node here, to look at it")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        for name in [asked.story] if asked.story else STORIES:
            stage: Stage = STORIES[name](folder / name)
            try:
                (story,) = (each for each in stage.stories if each.name == name)
                results += played(stage, story, part(points_in_reach(story), asked.part), console)
            finally:
                stage.close()
    console.print(summary(results))
    failed = [result for result in results if result.problem]
    for result in failed:
        console.print(f"{result.story}: {result.point}: {result.problem}", markup=False)
    return 1 if failed else 0


def part(points: list[Point], asked: str) -> list[Point]:
    """One of several parts of about the same length, so that they can run side by side."""
    number, count = map(int, asked.split("/"))
    return points[number - 1 :: count]


def played(stage: Stage, story: Story, points: Sequence[Point], console: Console) -> list[Result]:
    """The results of some points of a story."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    results = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(f"{story.name}, {len(story.steps)} steps", total=len(points))
        for result in run(stage, story, points):
            results.append(result)
            progress.advance(task)
            if result.problem:
                console.print(f"{result.point} fails: {result.problem[:400]}", markup=False)
            elif not console.is_terminal and len(results) % TELL_EVERY == 0:
                console.print(f"{story.name}: {len(results)} of {len(points)}")
    return results


def points_in_reach(story: Story) -> list[Point]:
    """Every point; of the four nodes those of their work, of one that joins those up to its switch.

    To make files, to find them again and to stop is the same alone, and cheaper there.
    """
    points = list(points_of(story.steps))
    if story.name == "join":
        begun = next(step.number for step in story.steps if step.name.startswith("db-joining"))
        ended = max(step.number for step in story.steps if step.kind == "rename db")
        return [point for point in points if begun <= point.step <= ended + SETTLES]
    if story.name != "four":
        return points
    work = next(step.number for step in story.steps if step.kind == "create promises.new")
    stop = max(step.number for step in story.steps if step.kind == "create .log")
    journal = {step.number for step in story.steps if step.name.startswith("journal/")}
    return [
        point
        for point in points
        if work <= point.step < stop
        and ((point.when, point.after) in ALWAYS or point.step in journal)
    ]


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
