"""One performance from the empty folder to the last check: nodes up, story, proofs, nodes down."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.markup import escape

from cli.compose.description import Description, read_description
from cli.demo.addresses import Addresses
from cli.demo.desks import Desks
from cli.demo.drawing import Drawing
from cli.demo.facts import Facts
from cli.demo.play import READY_S, Play
from cli.demo.player import play_story
from cli.demo.processes import stop_all
from cli.demo.proving import prove
from cli.demo.stage import Stage, claim, set_up
from cli.demo.story import Story
from cli.demo.stream import Stream
from cli.demo.telling import Telling
from cli.demo.values import Values
from cli.words import language, say
from contracts.catalogue import load_catalogue
from ledger.core.limits import Parameters

BID_SYSTEM: Final = "bidding"
"""The member whose stream of commitments runs while the story is played."""
REGION: Final = "620100"
"""Of the negative list."""
_DEADLINE_DAYS: Final = 5
"""The longest deadline that the story waits to see missed is three days, counted from the day
after, to its end."""


def perform(
    story: Story,
    telling: Telling,
    folder: Path,
    description: Path,
    ocds: Path | None,
    held: ExitStack,
) -> Stage:
    """Play everything; what must be undone however it ends is put on `held`.

    Raises:
        CommandError: the folder is not ours to use, or a node does not come up.
        LedgerError: a scene was refused, which the story does not foresee.
    """
    play = begin(story, telling, folder, description, ocds, held)
    with play.stream:
        play_story(play)
    prove(play)
    return play.stage


def begin(
    story: Story,
    telling: Telling,
    folder: Path,
    description: Path,
    ocds: Path | None,
    held: ExitStack,
) -> Play:
    """Everything up to the first act: network, keys, papers, and the nodes running.

    Raises:
        CommandError: the folder is not ours to use, or a node does not come up.
    """
    described = _with_parameters(read_description(description), story)
    held.enter_context(claim(folder))
    telling.output.note(_rules(described.parameters))
    told = story.zh if language() == "zh" else story.en
    telling.output.note(f"[bold]{escape(told)}[/]")
    with telling.scene(say("demo.making")) as outcome:
        stage = set_up(folder, story, described, load_catalogue().hash)
        outcome.append(say("demo.made", nodes=len(stage.nodes), folder=str(folder)))
    held.callback(stop_all, stage.nodes)
    with telling.scene(say("demo.starting")) as outcome:
        for node in stage.nodes:
            node.start()
        for node in stage.nodes:
            node.wait_ready(READY_S)
        outcome.append(say("demo.started", count=len(stage.nodes)))
    return _play(story, stage, telling, ocds, held)


def stop(stage: Stage, telling: Telling) -> None:
    """Stop every node, and see that none is left."""
    stop_all(stage.nodes)
    left = [node.node_id for node in stage.nodes if node.running]
    telling.check(not left, say("demo.stopped", count=len(stage.nodes)), " ".join(left))


def _play(story: Story, stage: Stage, telling: Telling, ocds: Path | None, held: ExitStack) -> Play:
    members: list[str] = [member.member_id for member in stage.network.genesis.members]
    members += [member.id for member in story.members]
    desks = held.enter_context(Desks(stage.network, tuple(members)))
    parameters = stage.network.genesis.parameters
    values = Values(
        story=story,
        network_id=stage.network.genesis.network_id,
        day_ms=parameters.day_ms,
        grace_ms=parameters.deadline_grace_ms,
        deadlines=load_catalogue().deadlines,
        desks=desks,
        documents=stage.files,
    )
    return Play(
        story=story,
        stage=stage,
        telling=telling,
        desks=desks,
        values=values,
        facts=Facts(
            values,
            desks["centre"],
            REGION,
            Drawing(values, desks["centre"]),
            Addresses(values.network_id),
        ),
        stream=Stream(desks.another(BID_SYSTEM), stage.inbox),
        ocds=ocds,
        overdue_ms=_DEADLINE_DAYS * parameters.day_ms + parameters.deadline_grace_ms + 10_000,
    )


def _with_parameters(described: Description, story: Story) -> Description:
    """The description, with the parameters that the story asks for."""
    return replace(described, parameters=replace(described.parameters, **story.parameters))


def _rules(parameters: Parameters) -> str:
    """Which clocks run, before anything else happens."""
    return say(
        "demo.rules",
        day=_seconds(parameters.day_ms),
        tick=parameters.sealing_tick_ms,
        ahead=parameters.clock_ahead_ms,
        grace=_seconds(parameters.deadline_grace_ms),
    )


def _seconds(span_ms: int) -> str:
    return f"{span_ms / 1000:g}"
