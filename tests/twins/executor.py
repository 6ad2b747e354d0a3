"""Plays one scenario with the shipped replica, and judges what came of it.

Each copy of the double node has work of its own, so that the copies contradict each other without
being told to. After the rounds the network heals: the honest nodes must decide new work with both
copies alive, and again with both gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consensus.core.config import Config
from consensus.core.message_decoding import decode_message
from consensus.core.message_encoding import encode_message
from consensus.core.messages import (
    Blocks,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    Phase,
    PrePrepare,
    ViewChange,
    Vote,
)
from ledger.core.committee import Committee
from ledger.core.identifiers import Epoch, NodeId
from tests.consensus.core.world import (
    CHANGE,
    NETWORK,
    START_MS,
    Actor,
    Mail,
    World,
    committee_of,
    rebuilds,
)
from tests.twins.scenario import Fate, Rounds, Scenario

SPAN_MS: Final = 2_500
"""A round of `Rounds.TIME`: time enough for a view change and a block in the new view."""
VIEWS_MS: Final = (1_500, 3_500, 8_000, 12_500)
"""How long `Rounds.STEPS` last: time enough for so many views, if each of them fails."""
HEALED_MS_MAX: Final = 60_000
"""Within this time of the end of the rounds new work is decided everywhere."""
STEPS: Final = 3
"""Steps of one view."""
SETTINGS: Final = {
    "view_timeout_ms": 1_000,
    "view_timeout_max_ms": 4_000,
    "request_backoff_max_ms": 4_000,
}

REVERSED: Final = Committee(Epoch(1), committee_of(4).nodes[::-1])
"""Above a block that closes: the same nodes under the same keys, so that epochs alone differ."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What one scenario brought about."""

    faults: frozenset[str]
    """Kinds of the Faults that were proven against the double node."""
    heights: int
    """Blocks decided before the network healed, by the honest node that is furthest."""
    healed_ms: int
    """How long it took until new work was decided everywhere, with both copies alive."""
    alone_ms: int
    """The same with both copies gone."""


class TwinsWorld(World):
    """Five replicas on four keys."""

    def __init__(self, scenario: Scenario, tell: Tell = lambda line: None) -> None:
        self.scenario = scenario
        self.tell = tell
        self.sent: dict[int, tuple[Message, Message]] = {}
        later = REVERSED if scenario.fate is Fate.CHANGE else None
        super().__init__(4, silent="", later=later, **SETTINGS)
        second = scenario.twin.upper()
        config = Config(NETWORK, NodeId(scenario.twin), rebuilds, **SETTINGS)
        self.actors[second] = Actor(second, config)
        self.start(second)
        self.connect_all()

    def post(self, origin: str, to: str, message: Message) -> None:
        """What is sent to the double node is sent to both copies; `drop` decides who hears it."""
        both = self.scenario.copies
        for copy in both if to in both else (to,):
            if copy in self.actors:
                super().post(origin, copy, message)

    def hand(self, origin: str, to: str, message: Message) -> None:
        """A copy speaks under the name of its node."""
        self.tell(f"{self.now_ms - START_MS:6} {origin}>{to} {message!r}")
        actor = self.actors[to]
        ready = actor.live.receive(
            NodeId(origin.lower()), self.decoded(message, actor), self.clock(actor)
        )
        self.perform(actor, ready)

    def decoded(self, message: Message, actor: Actor) -> Message:
        """What came of the message's bytes; those of a broadcast are decoded once."""
        if id(message) not in self.sent:
            decoded = decode_message(encode_message(message), actor.config)
            assert decoded == message
            self.sent[id(message)] = message, decoded
        return self.sent[id(message)][1]

    def hear(self, reaches: Callable[[Mail], bool]) -> None:
        """From now on only the mail that `reaches` allows arrives."""
        deaf = self.scenario.fate is Fate.DEAF
        self.drop = lambda mail: not reaches(mail) or (deaf and self._is_echo(mail))

    def restart(self, name: str, disk: Actor) -> None:
        """Stop a node, and start it on a copy of `disk`."""
        self.tell(f"{self.now_ms - START_MS:6} {name} starts on a disk of {disk.name}")
        actor, journal, chain = self.actors[name], list(disk.journal), list(disk.chain)
        self.crash(name)
        actor.journal, actor.chain = journal, chain
        self.start(name)
        self.connect_all()

    def _is_echo(self, mail: Mail) -> bool:
        message = mail.message
        vote = message.prepare if isinstance(message, PrePrepare) else message
        return isinstance(vote, Vote) and vote.node == mail.to.lower()


def play(scenario: Scenario, tell: Tell = lambda line: None) -> Outcome:
    """Play a scenario to its end, and tell what every node heard.

    Raises:
        AssertionError: a checker does not hold.
        LedgerError, InvariantBroken: a node stopped.
    """
    world = TwinsWorld(scenario, tell)
    for name in world.actors:
        about = CHANGE if scenario.fate is Fate.CHANGE else b"work"
        world.wait(about + b" of " + name.encode(), name)
    if scenario.rounds is Rounds.TIME:
        play_spans(world)
    else:
        play_steps(world)
    world.check_agreement()
    heights = max(len(world.actors[name].chain) for name in scenario.honest)
    tell(f"{world.now_ms - START_MS:6} the network heals")
    world.hear(lambda mail: True)
    healed_ms = heal(world, b"healed")
    for name in scenario.copies:
        world.crash(name)
    tell(f"{world.now_ms - START_MS:6} both copies are gone")
    alone_ms = heal(world, b"alone")
    faults = check_safety(world)
    return Outcome(faults, heights, healed_ms, alone_ms)


def play_spans(world: TwinsWorld) -> None:
    """Round after round, each with its partition; the second copy may change its disk between."""
    scenario = world.scenario
    first, second = (world.actors[name] for name in scenario.copies)
    kept = Actor(second.name, second.config)
    for number, hearing in enumerate(scenario.hearing, 1):
        world.hear(lambda mail, now=hearing: now.reaches(mail.origin, mail.to))  # type: ignore[misc]
        world.run(SPAN_MS)
        match scenario.fate:
            case Fate.CLONE if number == 1:
                world.restart(second.name, first)
            case Fate.RESTORED if number == 1:
                kept.journal, kept.chain = list(second.journal), list(second.chain)
            case Fate.RESTORED if number == 2:
                world.restart(second.name, kept)
            case Fate.RESTART:
                world.restart(second.name, second)
            case _:
                pass


def play_steps(world: TwinsWorld) -> None:
    """Each message is heard as its own step says, however late it comes."""
    hearing = world.scenario.hearing

    def reaches(mail: Mail) -> bool:
        step = step_of(mail.message, world.actors[mail.origin])
        if step is None:
            return True
        return hearing[min(step, len(hearing) - 1)].reaches(mail.origin, mail.to)

    world.hear(reaches)
    world.run(VIEWS_MS[(len(hearing) - 1) // STEPS])


def step_of(message: Message, origin: Actor) -> int | None:
    """The step that a message belongs to; None where it decides nothing."""
    match message:
        case ViewChange() | NewView() | PrePrepare():
            return STEPS * message.slot.view
        case PayloadAnswer() if origin.replica is not None:
            return STEPS * origin.replica.situation.view
        case Vote(phase, slot):
            return STEPS * slot.view + (1 if phase is Phase.PREPARE else 2)
        case Decided(_, certificate):
            return STEPS * certificate.slot.view + 2
        case Blocks(blocks):
            return STEPS * blocks[-1].certificate.slot.view + 2
        case _:
            return None


# What must hold.


def heal(world: TwinsWorld, payload: bytes) -> int:
    """New work waits everywhere, and is decided at every honest node within a bound.

    The second copy, where it is alive, has other work even now.
    """
    scenario, began_ms = world.scenario, world.now_ms
    world.wait(payload, [actor.name for actor in world.up()])
    second = scenario.twin.upper()
    if world.actors[second].replica is not None:
        world.wait(payload + b" differently", second)

    def done() -> bool:
        return all(payload in world.payloads(name) for name in scenario.honest)

    world.run(HEALED_MS_MAX, until=done)
    took_ms = world.now_ms - began_ms
    world.check_agreement()
    assert done(), f"{payload!r} is not decided after {took_ms} ms: {world.heights()}"
    return took_ms


def check_safety(world: TwinsWorld) -> frozenset[str]:
    """One chain; one word of each honest node in each slot; nobody honest is accused."""
    world.check_agreement()
    world.check_epochs()
    check_honest_words(world)
    faults = world.faults()
    accused = {node for _, node in faults}
    assert accused <= {world.scenario.twin}, f"an honest node is accused: {faults}"
    return frozenset(kind for kind, _ in faults)


def check_honest_words(world: TwinsWorld) -> None:
    """No honest node ever signs two votes, two view changes or two new views of one slot."""
    said: dict[tuple[object, ...], bytes] = {}
    for message in {id(mail.message): mail.message for mail in world.said}.values():
        word = message.prepare if isinstance(message, PrePrepare) else message
        if not isinstance(word, Vote | ViewChange | NewView) or word.node == world.scenario.twin:
            continue
        kind = word.phase if isinstance(word, Vote) else type(word)
        known = said.setdefault((kind, word.slot, word.node), word.body)
        assert known == word.body, f"two words of an honest node: {word!r}"
