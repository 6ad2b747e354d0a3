"""`bidwitness project`: what a section shows of its procedure, who did it when, and what lacks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
from ledger.codes import Code
from ledger.core.receipt import Receipt
from ledger.terminal import printable
from ledger.words.moments import beijing_time

_SIGNS: Final = {
    "present": HELD,
    "late": "[bold yellow]![/]",
    "out_of_order": "[bold yellow]![/]",
    "missing": FAILED,
}
_SHOWN_MAX: Final = 3
"""Records of one node that its line names; `--json` has them all."""


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("project", help=say("help.project"))(project)


def project(
    key: Annotated[str, typer.Argument(help=say("help.project_key"))],
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show every node of a section's procedure, its alerts, and its certificate, verified."""
    from api.client import Pending
    from api.client.calls.telling import ALERTS
    from api.client.turning import counted

    proved: Receipt | None = None
    with asking(as_, node, trust, whole, inbox, key) as client:
        told = client.completeness(key)
        alerts = list(counted(client.alerts(subject=key), ALERTS))
        # What a node says of a certificate is believed only with the proof in hand.
        with suppress(Pending):
            proved = client.witness(told)
    try:
        lines = list(_lines(told, alerts))
        if proved is not None:
            lines.append(f"{HELD} {say('project.certified')}")
        elif told["certificate"] is not None:
            lines.append(say("project.unproved"))
        document = {**told, "alerts": alerts}
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise CommandError(
            Exit.REFUSED,
            Code.API_ANSWER,
            node=client.nodes.urls[0],
            what=f"/v1/completeness: {problem!r}",
        ) from problem
    Output(as_json).result(document, *lines)


def _lines(told: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]]) -> Iterator[str | Table]:
    """A table of nodes, then alerts and sentences."""
    if told["profile"] is not None:
        yield _nodes(told)
    if alerts:
        shown = table(
            say("project.alerts"),
            say("project.alert"),
            say("project.severity"),
            say("project.what"),
        )
        for each in alerts:
            shown.add_row(
                _plain(each["alert"]),
                _plain(say(f"severity.{each['severity']}")),
                _plain(each[_in_language("sentence")]),
            )
        yield shown
    yield from (_plain(sentence) for sentence in told[_in_language("words")])


def _nodes(told: Mapping[str, Any]) -> Table:
    """One line for each node; an optional one only where it occurred."""
    title = f"{told['subject']} · {told['profile'][language()]}"
    shown = table(
        printable(title),
        say("project.group"),
        say("project.node"),
        say("project.state"),
        say("project.who"),
        say("project.when"),
    )
    for group in told["groups"]:
        for place, node in enumerate(group["nodes"]):
            shown.add_row(_plain(group[language()] if place == 0 else ""), *_node(node))
        shown.add_section()
    for place, node in enumerate(each for each in told["optional"] if each["record_count"]):
        shown.add_row(say("project.optional") if place == 0 else "", *_node(node))
    return shown


def _node(node: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Name, state, who and when."""
    either = say("project.either")
    names = either.join(f"{each['code']} {each[language()]}".strip() for each in node["types"])
    state = say(f"node.{node['state']}")
    if node["wanted_count"] > 1:
        state += f" {int(node['found_count'])}/{int(node['wanted_count'])}"
    sign = _SIGNS.get(node["state"], "·")
    who, when = [], []
    for each in node["records"][:_SHOWN_MAX]:
        who.append(_plain(each["member"]))
        when.append(beijing_time(each["effective_ms"]))
    hidden = int(node["record_count"]) - len(who)
    if hidden > 0:
        who.append(f"+{hidden}")
    for lack in node["lacking"][:_SHOWN_MAX]:
        # For whom it lacks: an expert and a bidder, say.
        who.append(f"{FAILED} " + _plain(" × ".join(each["member"] for each in lack)))
    return _plain(names), f"{sign} {_plain(state)}", "\n".join(who), "\n".join(when)


def _in_language(name: str) -> str:
    return f"{name}_{language()}"


def _plain(text: object) -> str:
    """What a node says: it must not write on the terminal by itself."""
    return escape(printable(str(text)))
