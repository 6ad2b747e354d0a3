"""One performance from the empty folder to the last check: nodes up, story, proofs, nodes down."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from cli.compose.description import read_description
from cli.demo.player import READY_S, Player
from cli.demo.processes import stop_all
from cli.demo.proving import prove
from cli.demo.stage import Stage, claim, set_up
from cli.demo.story import Story
from cli.demo.telling import Telling
from cli.demo.values import Values
from cli.desk import Desk
from cli.settings import client_settings
from cli.words import say
from contracts.catalogue import load_catalogue
from ledger.core.limits import Parameters
from ledger.core.signing import Signer

_DEADLINE_DAYS: Final = 5
"""The longest deadline of the story is three days, counted from the day after, to its end."""


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
    described = read_description(description)
    held.enter_context(claim(folder))
    telling.output.note(_rules(described.parameters))
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
    player = _player(story, stage, telling, ocds, held)
    player.play()
    prove(stage, telling, player.alerts)
    return stage


def stop(stage: Stage, telling: Telling) -> None:
    """Stop every node, and see that none is left."""
    stop_all(stage.nodes)
    left = [node.node_id for node in stage.nodes if node.running]
    telling.check(not left, say("demo.stopped", count=len(stage.nodes)), " ".join(left))


def _player(
    story: Story, stage: Stage, telling: Telling, ocds: Path | None, held: ExitStack
) -> Player:
    members: list[str] = [member.member_id for member in stage.network.genesis.members]
    members += [member.id for member in story.members]
    desks: dict[str, Desk] = {
        member: held.enter_context(Desk.open(client_settings(stage.network.member_folder(member))))
        for member in members
    }
    parameters = stage.network.genesis.parameters
    signers: dict[str, Signer] = {member: desk.signer for member, desk in desks.items()}
    values = Values(story, stage.network.genesis.network_id, parameters.day_ms, signers)
    overdue_ms = _DEADLINE_DAYS * parameters.day_ms + parameters.deadline_grace_ms + 10_000
    return Player(story, stage, telling, desks, values, ocds, overdue_ms)


def _rules(parameters: Parameters) -> str:
    """Which clocks run, before anything else happens."""
    return say(
        "demo.rules",
        day=parameters.day_ms // 1000,
        tick=parameters.sealing_tick_ms,
        ahead=parameters.clock_ahead_ms,
        grace=parameters.deadline_grace_ms // 1000,
    )
