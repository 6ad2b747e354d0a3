"""Commands by which something befalls nodes, lines, clocks and disks."""

from tests.scenarios import disks
from tests.scenarios.clauses import Clauses
from tests.scenarios.mailroom import Rule
from tests.scenarios.stage import Command, Given, Stage
from tests.simulation import copies


def crash(stage: Stage, words: list[str]) -> Given:
    for node in stage.some(words):
        stage.cluster.crash(node)
    return []


def start(stage: Stage, words: list[str]) -> Given:
    for node in stage.some(words):
        stage.start(node)
    return []


def partition(stage: Stage, words: list[str]) -> Given:
    if "|" not in words:
        raise ValueError("two sides are written 1 2 | 3 4")
    side = stage.names.nodes(words[: words.index("|")])
    stage.cluster.split(side)
    return []


def heal(stage: Stage, _: list[str]) -> Given:
    stage.cluster.join()
    return []


def lose(stage: Stage, words: list[str]) -> Given:
    if words == ["first"]:
        stage.mail.lose_first()
    else:
        _rule(stage, words, hold=False)
    return []


def hold(stage: Stage, words: list[str]) -> Given:
    _rule(stage, words, hold=True)
    return []


def release(stage: Stage, words: list[str]) -> Given:
    stage.mail.release(stage.deliver, backwards=words == ["backwards"])
    return []


def calm(stage: Stage, _: list[str]) -> Given:
    stage.mail.calm()
    return []


def clock(stage: Stage, words: list[str]) -> Given:
    for node in stage.some(words[:-1]):
        stage.cluster.set_clock(node, int(words[-1]))
    return []


def slow(stage: Stage, words: list[str]) -> Given:
    for node in stage.some(words[:-1]):
        node.slow_execution_ms = int(words[-1])
    return []


def power(stage: Stage, words: list[str]) -> Given:
    number, fails, when, operation, count = words
    if (fails, operation) != ("fails", "operation") or when not in ("before", "after"):
        raise ValueError("written: power 2 fails before operation 3")
    disks.power_fails(stage.node(number), before=when == "before", operation=int(count))
    return []


def tear(stage: Stage, words: list[str]) -> Given:
    disks.tear(stage.node(words[0]), int(words[1]))
    return []


def flip(stage: Stage, words: list[str]) -> Given:
    disks.flip(stage.node(words[0]), int(words[1]))
    return []


def spoil(stage: Stage, words: list[str]) -> Given:
    disks.spoil(stage.node(words[0]))
    return []


def repair(stage: Stage, words: list[str]) -> Given:
    disks.repair_journal(stage.node(words[0]))
    return []


def copy(stage: Stage, words: list[str]) -> Given:
    node = stage.node(words[0])
    stage.copies[node.name] = copies.copy(node)
    return []


def restore(stage: Stage, words: list[str]) -> Given:
    node = stage.node(words[0])
    if node.name not in stage.copies:
        raise ValueError(f"there is no copy of {words[0]}")
    copies.restore(node, stage.copies[node.name], with_mark="whole" in words)
    return []


def _rule(stage: Stage, words: list[str], *, hold: bool) -> None:
    parts = Clauses(words, ("from", "to"))
    origins, receivers = (stage.names.nodes(parts.words(each)) for each in ("from", "to"))
    rule = Rule(frozenset(parts.object), frozenset(origins), frozenset(receivers), hold)
    stage.mail.add(rule)


COMMANDS: dict[str, Command] = {
    each.__name__: each
    for each in (
        *(crash, start, partition, heal, lose, hold, release, calm, clock, slow),
        *(power, tear, flip, spoil, repair, copy, restore),
    )
}
