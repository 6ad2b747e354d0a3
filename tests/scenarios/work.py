"""Commands by which members hand in bundles and time passes."""

from tests.scenarios import looking
from tests.scenarios.clauses import Clauses
from tests.scenarios.stage import Command, Given, Stage

MINUTE_MS = 60_000


def submit(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("by", "at"))
    given = []
    for name in parts.object:
        bundle = stage.bundle(name, parts.word("by", "centre"))
        for number in parts.words("at") or ["1"]:
            answer = stage.hand_in(stage.node(number), bundle)
            given.append(f"{number}: {looking.answered(answer)}")
    return given


def forge(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("by",))
    stage.forge(parts.object[0], parts.word("by", "centre"))
    return []


def run(stage: Stage, words: list[str]) -> Given:
    if words[0] != "until":
        stage.play(int(words[0]))
        return []
    parts = Clauses(words[1:], ("at",))
    what, least = parts.object[0], int(parts.object[1])
    reached = {"height": looking.height_of, "view": looking.view_of}[what]
    nodes = stage.some(parts.words("at"))

    def there() -> bool:
        return all(reached(node) >= least for node in nodes if node.up)

    return [] if stage.play(MINUTE_MS, there) else [f"not within {MINUTE_MS} ms"]


COMMANDS: dict[str, Command] = {each.__name__: each for each in (submit, forge, run)}
