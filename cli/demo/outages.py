"""Deeds that befall a node: killed without warning, and started again."""

import time

from cli.demo.play import POLL_S, READY_S, Play
from cli.demo.story import Scene
from cli.words import say


def kill(play: Play, scene: Scene) -> str:
    """SIGKILL."""
    node = play.stage.node(scene.node)
    pid = node.pid
    node.kill()
    return say("demo.killed", node=scene.node, pid=pid)


def restart(play: Play, scene: Scene) -> str:
    """Start it again, and wait until it is where the others were."""
    node = play.stage.node(scene.node)
    target = _height(play)
    node.start()
    node.wait_ready(READY_S)
    until = time.monotonic() + READY_S
    reached = 0
    while time.monotonic() < until and reached < target:
        reached = _height(play, node.api)
        time.sleep(POLL_S)
    play.telling.check(reached >= target, say("demo.caught_up", height=reached))
    return say("demo.restarted", node=scene.node, pid=node.pid)


def _height(play: Play, api: str | None = None) -> int:
    """Height of one node, or of the first that answers."""
    centre = play.desks["centre"]
    return int((centre.at(api) if api else centre).network()["height"])
