"""`bidwitness coverage`: at which function points a project left records; where nobody does."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from cli.commands.options import (
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WholeFlag,
)
from cli.commands.reading import asking
from cli.failures import CommandError, Exit
from cli.output import FAILED, HELD, Output, table
from cli.words import language, say
from contracts.silent_points import PointTrace, SilentPoint, silent_points
from ledger.codes import Code
from ledger.terminal import printable
from ledger.words.moments import beijing_time

_SIGNS: Final = {
    "live": HELD,
    "missing": FAILED,
    "silent": "[bold yellow]○[/]",
    "awaited": "…",
    "withheld": "?",
    "elsewhere": "–",
}
_LATE: Final = "[bold yellow]△[/]"
_NAMED: Final = ("missing", "silent", "awaited")
"""States whose points are named below the table."""
DAYS: Final = 30


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("coverage", help=say("help.coverage"))(coverage)


def coverage(
    key: Annotated[str | None, typer.Argument(help=say("help.coverage_key"))] = None,
    days: Annotated[int, typer.Option("--days", min=1, help=say("help.coverage_days"))] = DAYS,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """One project's points; or, where none is named, the network's silent points."""
    output = Output(as_json)
    with asking(as_, node, trust, whole, inbox, key or "") as client:
        try:
            if key is not None:
                told = client.coverage(key)
                output.result(told, *_lines(told))
                return
            sections, time_ms = _sections(client.coverage_pages())
            day_ms = client.trust.genesis.parameters.day_ms
            silent = silent_points(sections, time_ms - days * day_ms)
            output.result(*_silent(silent, len(sections), days))
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            raise CommandError(
                Exit.REFUSED,
                Code.API_ANSWER,
                node=client.nodes.urls[0],
                what=f"/v1/coverage: {problem!r}",
            ) from problem


def _lines(told: Mapping[str, Any]) -> Iterator[str | Table]:
    """A row for each subsystem, what the signs mean, and the points that want attention."""
    procedures = "、".join(each[language()] for each in told["profiles"])
    title = f"{told['subject']} · {procedures or say('coverage.no_profile')}"
    shown = table(printable(title), say("coverage.subsystem"), "1", "2", "3", "4", "5")
    for each in told["subsystems"]:
        name = _plain(f"{each['key']} {each[language()]}")
        shown.add_row(name, *(_sign(point) for point in each["points"]))
    yield shown
    yield "  ".join(
        f"{sign} {say(f'coverage.{state}')} {int(told['counts'][state])}"
        for state, sign in _SIGNS.items()
    )
    for state in _NAMED:
        points = [
            point
            for each in told["subsystems"]
            for point in each["points"]
            if point["state"] == state
        ]
        if points:
            names = "、".join(_named(point) for point in points)
            yield f"{_SIGNS[state]} {say(f'coverage.{state}')}: {names}"
    if told["more_sections"]:
        yield say("coverage.more_sections", count=len(told["sections"]))


def _sign(point: Mapping[str, Any]) -> str:
    return _LATE if point["late"] and point["state"] == "live" else _SIGNS[point["state"]]


def _named(point: Mapping[str, Any]) -> str:
    """A point by key and name, and the node that lacks."""
    lacking = " ".join("|".join(node) for node in point["missing"])
    return _plain(f"{point['key']} {point[language()]}" + (f" ({lacking})" if lacking else ""))


def _sections(pages: Iterator[Any]) -> tuple[list[list[PointTrace]], int]:
    """What every section says, and the newest block time that a node told."""
    from api.client.coverage import PATH
    from api.client.turning import Counting

    sections: list[list[PointTrace]] = []
    time_ms, counting = 0, Counting(PATH)
    for page in pages:
        time_ms = max(time_ms, int(page["time_ms"]))
        for section in page["items"]:
            counting.take()
            sections.append(
                [
                    PointTrace(str(each["point"]), each["passed_ms"], each["last_ms"])
                    for each in section["points"]
                ]
            )
    return sections, time_ms


def _silent(
    silent: Sequence[SilentPoint], section_count: int, days: int
) -> tuple[dict[str, object], Table | str]:
    """The report, as JSON and as a table; a sentence where every point is served."""
    from contracts.catalogue import load_catalogue

    points = load_catalogue().points
    document: dict[str, object] = {
        "days": days,
        "section_count": section_count,
        "silent": [
            {"point": each.point, "section_count": each.section_count, "last_ms": each.last_ms}
            for each in silent
        ],
    }
    if not silent:
        return document, say("coverage.none_silent", days=days, sections=section_count)
    shown = table(
        say("coverage.silent_title", days=days, sections=section_count),
        say("coverage.point"),
        say("coverage.passed"),
        say("coverage.last"),
    )
    for each in silent:
        point = points.get(each.point)
        name = "" if point is None else point.zh if language() == "zh" else point.en
        last = say("coverage.never") if each.last_ms is None else beijing_time(each.last_ms)
        shown.add_row(_plain(f"{each.point} {name}"), str(each.section_count), last)
    return document, shown


def _plain(text: object) -> str:
    """What a node says: it must not write on the terminal by itself."""
    return escape(printable(str(text)))
