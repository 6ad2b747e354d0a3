"""The commands of a script.

Nodes are numbers from 1, bundles words, blocks letters. ``KIND`` is a message by its name
(PrePrepare, Prepare, Commit, ViewChange, NewView, Status, Decided, PayloadRequest, PayloadAnswer,
BlocksRequest, Blocks) or a frame (Bundle, Report, Cosignature). Without ``at`` all honest nodes.

The network::

    cluster 4                            four nodes, calm weather, all started
    cluster 4 puppets 2 with batch_ms=9  2 has no process: the script speaks with its key
    cluster 4 spares 1                   5 is no node of the committee, and not started
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
    restore 2 whole                      and with it what is kept apart: how far it has signed

Work and time::

    submit a by notary at 1 2            one bundle (of centre, at 1); again: the same bundle
    forge b by bidder                    a bundle in bidder's name that bidder has not signed
    run 500                              milliseconds
    run until height 2 at 3 4            at most a minute
    run until view 1 at 3 4              in that view or asking for it

The committee::

    approve c: add 5 at 1                all that a change needs is committed through 1, and the
                                         bundle c is made, which holds the change; also: remove 3,
                                         rotate 2 (it takes its second keys)

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

from ledger.errors import FormatError
from tests.scenarios import acts, changes, questions, speech, work
from tests.scenarios.clauses import Clauses
from tests.scenarios.stage import Command, Given, Stage

COMMANDS: dict[str, Command] = {
    **acts.COMMANDS,
    **work.COMMANDS,
    **speech.COMMANDS,
    **questions.COMMANDS,
    **changes.COMMANDS,
}


class Commands:
    """Carries out the commands of one script, one after the other."""

    def __init__(self) -> None:
        self._stage: Stage | None = None

    def do(self, command: str) -> Given:
        """Carry out one command; what it gives, as lines.

        Raises:
            ValueError: it means nothing here.
            AssertionError: a checker does not hold.
        """
        word, *rest = command.split()
        if word == "cluster":
            return self._cluster(rest)
        if word not in COMMANDS and not word.isdecimal():
            raise ValueError("no such command")
        if self._stage is None:
            raise ValueError("a script begins with `cluster`")
        if word in COMMANDS:
            given = COMMANDS[word](self._stage, rest)
        else:
            given = speech.speak(self._stage, word, command.removeprefix(word).strip())
        self._stage.play(0)
        return [*self._stage.take_notes(), *given]

    def _cluster(self, words: list[str]) -> Given:
        parts = Clauses(words, ("spares", "puppets", "with"))
        pairs = (each.split("=") for each in parts.words("with"))
        settings = {name: int(value) for name, value in pairs}
        try:
            self._stage = Stage(
                int(parts.object[0]), parts.number("spares", 0), parts.words("puppets"), settings
            )
        except FormatError as problem:
            return [f"no node starts: {problem}"]
        for node in self._stage.honest:
            if node.name in node.committee:
                self._stage.start(node)
        self._stage.play(0)
        return self._stage.take_notes()
