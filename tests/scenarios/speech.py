"""Commands by which a puppet makes a block and speaks."""

from tests.scenarios.clauses import Clauses
from tests.scenarios.stage import Command, Given, Stage


def block(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("by", "on", "with", "after"))
    stage.make_block(
        parts.object[0],
        stage.names.node(parts.word("by")),
        stage.node(parts.word("on")),
        [stage.bundle(name, "centre") for name in parts.words("with")],
        parts.number("after", 0),
    )
    return []


def speak(stage: Stage, number: str, said: str) -> Given:
    """A line that begins with a puppet's number: what it says, and after the last `to` to whom."""
    puppet = stage.names.node(number)
    if puppet not in stage.puppets:
        raise ValueError(f"{number} is no puppet")
    said, to, words = said.rpartition(" to ")
    if not to:
        raise ValueError("a saying ends with its receivers: to 1 3")
    receivers = stage.names.nodes(words.split())
    match said.split():
        case ["relays", bundle]:
            stage.relays(puppet, bundle, receivers)
        case ["throws", "rubbish"]:
            return [line for each in receivers for line in stage.throws_rubbish(puppet, each)]
        case _:
            stage.says(puppet, said, receivers)
    return []


COMMANDS: dict[str, Command] = {"block": block}
