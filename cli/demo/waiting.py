"""Deeds that wait: for a day of the network, for an alert, for what the rules conclude."""

import time
from typing import Any, Final

from cli.demo.play import POLL_S, READY_S, SUPERVISOR, Play, clock_ms, place
from cli.demo.story import Scene
from cli.desk import Desk
from cli.failures import CommandError, Exit
from cli.words import language, say
from ledger.codes import Code

_MARGIN_MS: Final = 400
"""The committee's clocks may stand a little behind ours."""


def wait(play: Play, scene: Scene) -> str:
    """Until a moment has passed for the whole committee, counting days down."""
    now_ms = clock_ms()
    until_ms = play.values.moment(scene.until, now_ms) + _MARGIN_MS
    days = max(0, until_ms - now_ms) // play.values.day_ms
    while (left_ms := until_ms - clock_ms()) > 0:
        play.telling.doing(
            say("demo.days_left", days=_days(play, left_ms), seconds=-(-left_ms // 1000))
        )
        time.sleep(min(left_ms, 250) / 1000)
    return say("demo.waited", days=days)


def height(play: Play, scene: Scene) -> str:
    """Until the block of a height is on the ledger."""
    centre = play.desks["centre"]
    wanted = play.values.moment(scene.until, clock_ms())
    until = time.monotonic() + READY_S
    while (reached := int(centre.network()["height"])) < wanted:
        if time.monotonic() > until:
            raise TimeoutError(f"block {wanted}")
        play.telling.doing(say("demo.blocks_left", count=wanted - reached))
        time.sleep(POLL_S)
    return say("demo.reached", height=wanted)


def alert(play: Play, scene: Scene) -> str:
    """Alerts that the rules raise by themselves; their receipts are kept like any others."""
    told: list[str] = []
    for number, about in enumerate(scene.about, 1):
        name = scene.id if len(scene.about) == 1 else f"{scene.id}-{number}"
        reader = play.desks.reader(scene.by or SUPERVISOR)
        found = _raised(play, reader, scene.alert, about)
        receipt = play.keep_alert(name, found, reader)
        told.append(f"{found[f'sentence_{language()}']} · {place(receipt)}")
    return "\n       ".join(told)


def _raised(play: Play, reader: Desk, code: str, about: str) -> Any:
    """The alert of that code about a record, waited for by somebody who may see it."""
    cited = play.values.cited(about)
    until = time.monotonic() + play.overdue_ms / 1000
    while (found := reader.alert(code, cited)) is None:
        if time.monotonic() > until:
            raise CommandError(Exit.UNAVAILABLE, Code.DEMO_NO_ALERT, alert=code)
        time.sleep(POLL_S)
    return found


def _days(play: Play, span_ms: int) -> int:
    """Days of the network, begun ones included."""
    return max(0, -(-span_ms // play.values.day_ms))
