"""The command by which a quorum approves a change of its committee, down to the change itself."""

from ledger.core.bundle import Bundle
from ledger.core.record import decode_record
from tests.scenarios import looking
from tests.scenarios.clauses import Clauses
from tests.scenarios.stage import Command, Given, Stage
from tests.scenarios.work import MINUTE_MS
from tests.simulation.clerk import Clerk
from tests.simulation.node import SimulatedNode
from tests.simulation.town import MEMBERS

_CHANGE = "committee.change"
_SETTLES_MS = 300
"""What was committed is committed and cosigned everywhere before the next is looked for."""


def approve(stage: Stage, words: list[str]) -> Given:
    parts = Clauses(words, ("at",))
    name, action, number = parts.object
    if not name.endswith(":"):
        raise ValueError("written: approve c: add 5 at 1")
    by = stage.node(parts.word("at", "1"))
    member = MEMBERS[stage.nodes.index(stage.node(number))]
    stage.steps = (*stage.steps, f"{action} {member}")
    clerk = Clerk(stage.founders, stage.steps)
    while True:
        stage.play(_SETTLES_MS)
        if by.chain is None:
            raise ValueError(f"{stage.names.number(by.name)} is down")
        asked = [bundle for _, bundle in clerk.next_bundles(by.chain, stage.cluster.now_ms)]
        if _is_change(asked[0]):
            stage.bundles[name.removesuffix(":")] = asked[0]
            break
        for bundle in asked:
            answer = looking.answered(stage.hand_in(by, bundle))
            if answer != "acknowledged":
                raise ValueError(f"what a change needs is {answer}")
        _until_height(stage, by, by.chain.head.height + 1)
    stage.heard.pass_over()
    return []


def _until_height(stage: Stage, node: SimulatedNode, height: int) -> None:
    if not stage.play(MINUTE_MS, lambda: looking.height_of(node) >= height):
        raise ValueError("what a change needs is not committed")


def _is_change(bundle: Bundle) -> bool:
    (record,) = bundle.records
    return decode_record(record).type == _CHANGE


COMMANDS: dict[str, Command] = {each.__name__: each for each in (approve,)}
