"""Plays the story: each scene on four real nodes, through the public HTTP API, with real keys."""

from collections.abc import Callable, Mapping
from typing import Final

from cli.demo import outages, sealing, stamping, waiting, witness, writing
from cli.demo.play import Play
from cli.demo.story import Scene
from cli.words import language

_DEEDS: Final[Mapping[str, Callable[[Play, Scene], str]]] = {
    "record": writing.record,
    "refused": writing.refused,
    "refused_everywhere": writing.refused_everywhere,
    "folder": writing.folder,
    "batch": writing.batch,
    "ocds": writing.ocds,
    "seal": sealing.seal,
    "open": sealing.open_,
    "prove_bid": sealing.prove,
    "redraw": witness.redraw,
    "stamp_check": stamping.check,
    "standing": witness.standing,
    "kill": outages.kill,
    "restart": outages.restart,
    "wait": waiting.wait,
    "height": waiting.height,
    "alert": waiting.alert,
    "certificate": witness.certificate,
    "uncertified": witness.uncertified,
}


def play_story(play: Play) -> None:
    """Every scene, in order, under the heading of its act.

    Raises:
        LedgerError: a scene was refused, which the story does not foresee.
    """
    for act in play.story.acts:
        play.telling.act(act.zh if language() == "zh" else act.en)
        for scene in act.scenes:
            if scene.do == "ocds" and play.ocds is None:
                continue
            with play.telling.scene(scene.zh if language() == "zh" else scene.en) as outcome:
                outcome.append(_DEEDS[scene.do](play, scene))
