"""The commands of a script.

Nodes are numbers from 1, bundles words, blocks letters. ``KIND`` is a message by its name
(PrePrepare, Prepare, Commit, ViewChange, NewView, Status, Decided, PayloadRequest, PayloadAnswer,
BlocksRequest, Blocks) or a frame (Bundle, Report, Cosignature). Without ``at`` all honest nodes.

The network::

    cluster 4                            four nodes, calm weather, all started
    cluster 4 puppets 2 with batch_ms=9  2 has no process: the script speaks with its key
    crash 1 / start 1 2                  the process ends, the disk stays
    partition 1 2 | 3 4 / heal           nodes of different sides do not hear each other
    lose KIND ... from 1 to 2 3          from now on; each part may be left out
    lose first                           the first copy of everything to everybody
    hold KIND ... from 1 to 2 3          as `lose`, and kept
    release / release backwards          what was held arrives now, in that order
    calm                                 nothing is lost or held any more
    clock 3 +3600000                     a clock jumps
    slow 2 3 5000                        judging, assembling or committing a block takes so long

Disks::

    power 2 fails before operation 3     at the third durable write from now; also: after
    tear 2 5                             the last 5 bytes of its journal never came to the disk
    flip 2 3                             one bit in the third record of its journal
    repair 2                             start a damaged journal anew
    spoil 2                              one bit in its memory, or on its disk where it is down
    copy 2 / restore 2                   take a copy of its disk, put the last copy back

Work and time::

    submit a by notary at 1 2            one bundle (of centre, at 1); again: the same bundle
    forge b by bidder                    a bundle in bidder's name that bidder has not signed
    run 500                              milliseconds
    run until height 2 at 3 4            at most a minute
    run until view 1 at 3 4              in that view or asking for it

Speaking with a puppet's key (see `puppet` for signers)::

    block X by 2 on 1 with a b after 800 2's block on the head of 1; time: 800 ms from now
    2 proposes X in h1/v0 to 1 3         also: ... in h1/v0 broken to 1
    2 prepares X in h1/v0 to 1           also: commits; ... as 3 to 1: forged in 3's name
    2 asks for h1/v1 to 1 3              also: ..., prepared X in h1/v0 by 1 2 3 to 1
    2 starts h1/v1 from 2 3 4 to 1       what follows from the set; also: ..., free / , with X
    2 certifies X in h1/v0 by 1 2 3 to 4 a header and its commit certificate
    2 serves X in h1/v0 by 1 2 3 to 4    a whole block, as a donor does
    2 gives block X to 3                 a payload that was asked for
    2 claims height 1000000000 to 1 3    where it says that it stands
    2 relays b to 1 3                    a bundle, as if a client had given it to 2
    2 throws rubbish to 1                malformed frames of every kind
    2 hands on "3 asks for h1/v1, prepared nothing" to 1

Looking::

    show                                 where each node stands
    said KIND ...                        what was said for the first time, each sentence once
    said again KIND ...                  what was said since the last `said`
    blocks A B                           who made it, on what, with which bundles
    events NAME ... at 1                 what drivers logged since the last time
    receipt a at 2 3                     with its proof, verified from the trust root
    head 2 3                             the cosigned head that answers are given under
    continues 4 1                        the log under 1's head begins with that under 4's
    agree                                every checker; ends a script
"""

from collections.abc import Callable
from typing import TypeAlias

from ledger.errors import FormatError
from tests.scenarios import disks, looking, proofs
from tests.scenarios.clauses import Clauses
from tests.scenarios.mailroom import Rule
from tests.scenarios.stage import Stage
from tests.simulation.node import SimulatedNode

MINUTE_MS = 60_000
Given: TypeAlias = list[str]


class Commands:
    """Carries out the commands of one script, one after the other."""

    def __init__(self) -> None:
        self._set: Stage | None = None
        self._copies: dict[str, disks.Copy] = {}
        self._does: dict[str, Callable[[list[str]], Given]] = {
            name: getattr(self, f"_{name}")
            for name in (
                *("cluster", "crash", "start", "partition", "heal", "lose", "hold", "release"),
                *("calm", "clock", "submit", "run", "block", "show", "said", "blocks", "events"),
                *("agree", "power", "tear", "flip", "repair", "copy", "restore"),
                *("forge", "receipt", "head", "continues", "slow", "spoil"),
            )
        }

    def do(self, command: str) -> Given:
        """Carry out one command; what it gives, as lines.

        Raises:
            ValueError: it means nothing here.
            AssertionError: a checker does not hold.
        """
        word, *rest = command.split()
        if word.isdecimal():
            given = self._speak(word, command.removeprefix(word).strip())
        elif word in self._does:
            given = self._does[word](rest)
        else:
            raise ValueError("no such command")
        if self._set is None:
            return given
        self._set.play(0)
        return [*self._set.take_notes(), *given]

    @property
    def _stage(self) -> Stage:
        if self._set is None:
            raise ValueError("a script begins with `cluster`")
        return self._set

    # The network.

    def _cluster(self, words: list[str]) -> Given:
        parts = Clauses(words, ("puppets", "with"))
        settings = {
            name: int(value) for name, value in (each.split("=") for each in parts.words("with"))
        }
        try:
            self._set = Stage(int(parts.object[0]), parts.words("puppets"), settings)
        except FormatError as problem:
            return [f"no node starts: {problem}"]
        for node in self._stage.honest:
            self._stage.start(node)
        return []

    def _crash(self, words: list[str]) -> Given:
        for node in self._nodes(words):
            self._stage.cluster.crash(node)
        return []

    def _start(self, words: list[str]) -> Given:
        for node in self._nodes(words):
            self._stage.start(node)
        return []

    def _partition(self, words: list[str]) -> Given:
        side = words[: words.index("|")]
        self._stage.cluster.split([node.name for node in self._nodes(side)])
        return []

    def _heal(self, _: list[str]) -> Given:
        self._stage.cluster.join()
        return []

    def _lose(self, words: list[str]) -> Given:
        if words == ["first"]:
            self._stage.mail.lose_first()
        else:
            self._rule(words, hold=False)
        return []

    def _hold(self, words: list[str]) -> Given:
        self._rule(words, hold=True)
        return []

    def _release(self, words: list[str]) -> Given:
        stage = self._stage
        stage.mail.release(stage.deliver, backwards=words == ["backwards"])
        return []

    def _calm(self, _: list[str]) -> Given:
        self._stage.mail.calm()
        return []

    def _clock(self, words: list[str]) -> Given:
        for node in self._nodes(words[:-1]):
            self._stage.cluster.shift_clock(node, int(words[-1]))
        return []

    def _slow(self, words: list[str]) -> Given:
        for node in self._nodes(words[:-1]):
            node.slow_execution_ms = int(words[-1])
        return []

    def _rule(self, words: list[str], *, hold: bool) -> None:
        parts, names = Clauses(words, ("from", "to")), self._stage.names
        origins, receivers = (frozenset(names.nodes(parts.words(each))) for each in ("from", "to"))
        self._stage.mail.add(Rule(frozenset(parts.object), origins, receivers, hold))

    # Disks.

    def _power(self, words: list[str]) -> Given:
        number, _, when, _, operation = words
        if when not in ("before", "after"):
            raise ValueError("power fails before an operation or after it")
        node = self._stage.node(number)
        disks.power_fails(node, before=when == "before", operation=int(operation))
        return []

    def _tear(self, words: list[str]) -> Given:
        disks.tear(self._stage.node(words[0]), int(words[1]))
        return []

    def _flip(self, words: list[str]) -> Given:
        disks.flip(self._stage.node(words[0]), int(words[1]))
        return []

    def _repair(self, words: list[str]) -> Given:
        disks.repair_journal(self._stage.node(words[0]))
        return []

    def _spoil(self, words: list[str]) -> Given:
        disks.spoil(self._stage.node(words[0]))
        return []

    def _copy(self, words: list[str]) -> Given:
        self._copies[words[0]] = disks.copy(self._stage.node(words[0]))
        return []

    def _restore(self, words: list[str]) -> Given:
        disks.restore(self._stage.node(words[0]), self._copies[words[0]])
        return []

    # Work and time.

    def _submit(self, words: list[str]) -> Given:
        parts = Clauses(words, ("by", "at"))
        given = []
        for name in parts.object:
            bundle = self._stage.bundle(name, parts.word("by", "centre"))
            for number in parts.words("at") or ["1"]:
                answer = self._stage.hand_in(self._stage.node(number), bundle)
                given.append(f"{number}: {looking.answered(self._stage, answer)}")
        return given

    def _forge(self, words: list[str]) -> Given:
        parts = Clauses(words, ("by",))
        self._stage.forge(parts.object[0], parts.word("by", "centre"))
        return []

    def _run(self, words: list[str]) -> Given:
        if words[0] != "until":
            self._stage.play(int(words[0]))
            return []
        parts = Clauses(words[1:], ("at",))
        what, least = parts.object[0], int(parts.object[1])
        reached = {"height": looking.height_of, "view": looking.view_of}[what]
        nodes = self._nodes(parts.words("at"))

        def there() -> bool:
            return all(reached(node) >= least for node in nodes if node.up)

        return [] if self._stage.play(MINUTE_MS, there) else [f"not within {MINUTE_MS} ms"]

    # Speaking with a puppet's key.

    def _block(self, words: list[str]) -> Given:
        parts = Clauses(words, ("by", "on", "with", "after"))
        self._stage.make_block(
            parts.object[0],
            self._stage.names.node(parts.word("by")),
            self._stage.node(parts.word("on")),
            [self._stage.bundle(name, "centre") for name in parts.words("with")],
            parts.number("after", 0),
        )
        return []

    def _speak(self, number: str, said: str) -> Given:
        names = self._stage.names
        said, found, words = said.rpartition(" to ")
        if names.node(number) not in self._stage.puppets:
            raise ValueError(f"{number} is no puppet")
        if not found:
            raise ValueError("a saying ends with its receivers: to 1 3")
        puppet, receivers = names.node(number), names.nodes(words.split())
        match said.split():
            case ["relays", bundle]:
                self._stage.relays(puppet, bundle, receivers)
            case ["throws", "rubbish"]:
                return [
                    f"{names.number(to)}: {line}"
                    for to in receivers
                    for line in self._stage.throws_rubbish(puppet, to)
                ]
            case _:
                self._stage.says(puppet, said, receivers)
        return []

    # Looking.

    def _show(self, _: list[str]) -> Given:
        return [looking.show(self._stage, node) for node in self._stage.nodes]

    def _said(self, words: list[str]) -> Given:
        again = words[:1] == ["again"]
        told = self._stage.heard.tell(words[1:] if again else words, again=again)
        return told or ["nothing"]

    def _blocks(self, words: list[str]) -> Given:
        return [looking.block(self._stage, name) for name in words]

    def _events(self, words: list[str]) -> Given:
        parts = Clauses(words, ("at",))
        self._stage.take_notes()
        found = looking.events(self._stage, self._nodes(parts.words("at")), parts.object)
        return found or ["nothing"]

    def _receipt(self, words: list[str]) -> Given:
        parts = Clauses(words, ("at",))
        nodes = self._nodes(parts.words("at"))
        return [proofs.receipt(self._stage, parts.object[0], node) for node in nodes]

    def _head(self, words: list[str]) -> Given:
        return [proofs.head(self._stage, node) for node in self._nodes(words)]

    def _continues(self, words: list[str]) -> Given:
        old, new = self._nodes(words)
        return [proofs.continues(self._stage, old, new)]

    def _agree(self, _: list[str]) -> Given:
        return looking.agree(self._stage)

    def _nodes(self, words: list[str]) -> list[SimulatedNode]:
        return [self._stage.node(word) for word in words] or list(self._stage.honest)
