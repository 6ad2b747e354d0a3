"""One scenario of Twins in one line: who is double, what else befalls it, and who hears whom when.

A committee of four has the nodes a, b, c, d; one of them runs twice with one key, and its second
copy is spelled with the capital letter. A line reads ``a deaf time ab|Acd aA|bcd >bA``:

- the node that runs twice;
- what befalls its copies, see `Fate`;
- what a round is, see `Rounds`;
- for each round who hears whom, see `Hearing`.

Bano et al., "Twins: BFT Systems Made Robust", OPODIS 2021 (LIPIcs 217, 7:1-7:29).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final

NODES: Final = "abcd"


class Fate(StrEnum):
    """What befalls the two copies besides their partitions. Both always run the shipped replica."""

    PLAIN = "plain"
    """Nothing: a copy that hears a signature of its own that it does not remember falls silent."""
    DEAF = "deaf"
    """Their own votes never come back to them, so that they go on for as long as they can."""
    CLONE = "clone"
    """After the first round the second copy stops, and starts on a copy of the first one's disk."""
    RESTORED = "restored"
    """After the second round the second copy goes back to its own disk as of the first."""
    RESTART = "restart"
    """After each round the second copy stops, and starts on its own disk."""
    CHANGE = "change"
    """Nothing, but the first block that is decided closes the epoch: above it the same keys stand in
    another order."""


class Rounds(StrEnum):
    """What a round is."""

    TIME = "time"
    """A span of time, in which several views and heights may pass."""
    STEPS = "steps"
    """A step of a view, whatever the height: first what starts it and its proposals, then its
    Prepares, then its Commits; then the next view. The last one named goes on."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears whom in one round."""

    spelled: str
    """``ab|Acd``: each side hears itself. ``>bA``: everybody speaks, and only b and A hear."""

    def reaches(self, origin: str, to: str) -> bool:
        """Whether what `origin` says in this round is heard by `to`."""
        if self.spelled.startswith(">"):
            return to in self.spelled[1:]
        return any(origin in side and to in side for side in self.spelled.split("|"))

    def swapped(self, twin: str) -> "Hearing":
        """The same with the two copies exchanged."""
        return _swapped(self.spelled, twin)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line, understood."""

    twin: str
    fate: Fate
    rounds: Rounds
    hearing: tuple[Hearing, ...]

    def __str__(self) -> str:
        who = (self.twin, self.fate.value, self.rounds.value)
        return " ".join((*who, *(each.spelled for each in self.hearing)))

    @property
    def copies(self) -> tuple[str, str]:
        """The two copies of the node that runs twice."""
        return self.twin, self.twin.upper()

    @property
    def honest(self) -> str:
        """The three other nodes."""
        return NODES.replace(self.twin, "")

    @property
    def mirrored(self) -> "Scenario":
        """The same scenario with the copies exchanged."""
        return replace(self, hearing=tuple(each.swapped(self.twin) for each in self.hearing))


def parse_scenario(line: str) -> Scenario:
    """The scenario that a line spells; it has one spelling.

    Raises:
        ValueError: the line is not one.
    """
    twin, fate, rounds, *spelled = line.split()
    if twin not in tuple(NODES) or not spelled:
        raise ValueError(f"which node runs twice, and which rounds? {line}")
    members = members_of(twin)
    for text in spelled:
        ear, letters = text.startswith(">"), sorted(text.replace("|", "").replace(">", ""))
        whole = letters == sorted(members)
        one_spelling = only(text[1:]) if ear else parted(text.split("|"))
        if one_spelling.spelled != text or not (set(letters) <= set(members) if ear else whole):
            raise ValueError(f"not a round of {members}: {text}")
    return Scenario(twin, Fate(fate), Rounds(rounds), tuple(map(Hearing, spelled)))


def members_of(twin: str) -> str:
    """Everybody who runs where `twin` runs twice: ``aAbcd``."""
    return NODES.replace(twin, twin + twin.upper())


def parted(sides: Iterable[str]) -> Hearing:
    """A partition in its one spelling: letters in the nodes' order, sides by their first."""
    ordered = ("".join(sorted(side, key=_place)) for side in sides)
    return Hearing("|".join(sorted(ordered, key=lambda side: _place(side[:1]))))


def only(ears: str) -> Hearing:
    """Only these hear, whoever speaks."""
    return Hearing(">" + "".join(sorted(ears, key=_place)))


def partitions(members: str, *counts: int) -> Iterator[Hearing]:
    """Every partition of `members` into one of so many sides."""
    for count in counts:
        yield from (parted(split) for split in _splits(members) if len(split) == count)


@cache
def _swapped(spelled: str, twin: str) -> Hearing:
    text = spelled.translate(str.maketrans(twin + twin.upper(), twin.upper() + twin))
    return only(text[1:]) if text.startswith(">") else parted(text.split("|"))


def _splits(members: str) -> Iterator[list[str]]:
    if not members:
        yield []
        return
    first, rest = members[0], members[1:]
    for split in _splits(rest):
        yield [first, *split]
        for place, side in enumerate(split):
            yield [*split[:place], first + side, *split[place + 1 :]]


def _place(letter: str) -> tuple[str, bool]:
    return letter.lower(), letter.isupper()
