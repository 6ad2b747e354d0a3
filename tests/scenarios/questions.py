"""Commands by which a script looks at the network."""

from tests.scenarios import looking, proofs
from tests.scenarios.clauses import Clauses
from tests.scenarios.stage import Command, Given, Stage

NOTHING = "nothing"


def show(stage: Stage, _: list[str]) -> Given:
    return [looking.show(stage, node) for node in stage.nodes]


def said(stage: Stage, words: list[str]) -> Given:
    again = words[:1] == ["again"]
    return stage.heard.tell(words[1:] if again else words, again=again) or [NOTHING]


def blocks(stage: Stage, words: list[str]) -> Given:
    return [looking.block(stage, name) for name in words]


def events(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("at",))
    stage.gather_events()
    return looking.events(stage, stage.some(parts.words("at")), parts.object) or [NOTHING]


def receipt(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("at",))
    nodes = stage.some(parts.words("at"))
    return [proofs.receipt(stage, parts.object[0], node) for node in nodes]


def head(stage: Stage, words: list[str]) -> Given:
    return [proofs.head(stage, node) for node in stage.some(words)]


def continues(stage: Stage, words: list[str]) -> Given:
    old, new = words
    return [proofs.continues(stage, stage.node(old), stage.node(new))]


def agree(stage: Stage, _: list[str]) -> Given:
    return looking.agree(stage)


COMMANDS: dict[str, Command] = {
    each.__name__: each for each in (show, said, blocks, events, receipt, head, continues, agree)
}
