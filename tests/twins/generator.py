"""Enumerates the scenarios: a few families, each a full product of what its rounds may be.

Two scenarios that differ only in which copy is called the second are one, so the mirror image is
left out. Partitions in which no side has a quorum of keys let time pass and nothing else; the
families keep to those that decide something (Bano et al., OPODIS 2021, §5, prune likewise).
"""

from collections.abc import Iterator
from itertools import product
from typing import Final

from tests.twins.scenario import (
    NODES,
    Fate,
    Hearing,
    Rounds,
    Scenario,
    members_of,
    only,
    parted,
    partitions,
)

QUORUM: Final = 3
STRIDE: Final = 47
"""The slice of `make test` is every 47th: a prime, so that it meets the choices of every round."""


def all_scenarios() -> Iterator[Scenario]:
    """The whole set, always in the same order."""
    for twin in NODES:
        yield from three_spans(twin)
        yield from three_sided_spans(twin)
        yield from changed_disks(twin)
        yield from lost_steps(twin)
        yield from forgotten_preparers(twin)
        yield from changed_committees(twin)


def slice_of_all(stride: int = STRIDE) -> Iterator[Scenario]:
    """Every so-many-th scenario of the whole set."""
    return (scenario for place, scenario in enumerate(all_scenarios()) if place % stride == 0)


def three_spans(twin: str) -> Iterator[Scenario]:
    """Three spans of time: whole or two sides, in every combination."""
    for fate, rounds in ((Fate.PLAIN, relevant(twin, 1, 2)), (Fate.DEAF, split_copies(twin))):
        for hearing in product(rounds, repeat=3):
            yield from unmirrored(Scenario(twin, fate, Rounds.TIME, hearing))


def three_sided_spans(twin: str) -> Iterator[Scenario]:
    """Three spans of time, three sides in each."""
    for hearing in product(relevant(twin, 3), repeat=3):
        yield from unmirrored(Scenario(twin, Fate.PLAIN, Rounds.TIME, hearing))


def changed_disks(twin: str) -> Iterator[Scenario]:
    """The second copy comes back on another disk, or on its own, between spans of time."""
    apart = [each for each in split_copies(twin) if "|" in each.spelled]
    for fate in (Fate.CLONE, Fate.RESTORED):
        for hearing in product(apart, repeat=3):
            yield Scenario(twin, fate, Rounds.TIME, hearing)
    for first, second in product(apart, repeat=2):
        yield Scenario(twin, Fate.RESTART, Rounds.TIME, (first, second, whole(twin)))


def lost_steps(twin: str) -> Iterator[Scenario]:
    """View 0 is heard in part, step by step; the later views begin from what is left of it."""
    later = {Fate.PLAIN: split_copies(twin), Fate.DEAF: [whole(twin)]}
    ears = [only(name) for name in NODES if name != twin]
    for proposals in relevant(twin, 1, 2):
        steps = list(dict.fromkeys((proposals, whole(twin), *ears)))
        for fate, views in later.items():
            for prepares, commits, view in product(steps, steps, views):
                hearing = (proposals, prepares, commits, view)
                yield from unmirrored(Scenario(twin, fate, Rounds.STEPS, hearing))


def forgotten_preparers(twin: str) -> Iterator[Scenario]:
    """In view after view one node alone sees its block prepared, and is left out of the next view.

    A copy of the double node may be left out with it. The third of them hears the Commits alone,
    too. This is how Commits of several views come to lie about for one block, while another block
    may be decided in between.
    """
    everybody = whole(twin)
    choices = []
    for view in range(3):
        next_primary = NODES[view + 1]
        honest = [name for name in NODES if name not in (twin, next_primary)]
        choices.append([name + copy for name in honest for copy in ("", twin, twin.upper())])
    for alone in product(*choices):
        left_out = ["", *alone]
        steps = [
            (beside(twin, before), only(now), everybody)
            for before, now in zip(left_out, alone, strict=False)
        ]
        ends = (only(alone[-1]), beside(twin, alone[-1]), everybody)
        hearing = (*sum(steps, ())[:-1], *ends)
        for fate in (Fate.PLAIN, Fate.DEAF):
            yield from unmirrored(Scenario(twin, fate, Rounds.STEPS, hearing))


def changed_committees(twin: str) -> Iterator[Scenario]:
    """The epoch ends in the first block that anybody decides: in one span of three, or in some step."""
    for hearing in product(split_copies(twin), repeat=3):
        yield from unmirrored(Scenario(twin, Fate.CHANGE, Rounds.TIME, hearing))
    ears = [only(name) for name in NODES if name != twin]
    steps = [whole(twin), *ears]
    for proposals, prepares, commits in product(split_copies(twin), steps, steps):
        hearing = (proposals, prepares, commits, whole(twin))
        yield from unmirrored(Scenario(twin, Fate.CHANGE, Rounds.STEPS, hearing))


def unmirrored(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario, where it is not the one of its two mirror images that is left out."""
    if str(scenario) <= str(scenario.mirrored):
        yield scenario


def whole(twin: str) -> Hearing:
    """Everybody hears everybody."""
    return parted([members_of(twin)])


def beside(twin: str, names: str) -> Hearing:
    """Those names on one side, everybody else on the other."""
    rest = "".join(name for name in members_of(twin) if name not in names)
    return parted([side for side in (names, rest) if side])


def relevant(twin: str, *counts: int) -> list[Hearing]:
    """Partitions into so many sides, one of which has a quorum of keys."""
    return [
        each
        for each in partitions(members_of(twin), *counts)
        if any(len(set(side.lower())) >= QUORUM for side in each.spelled.split("|"))
    ]


def split_copies(twin: str) -> list[Hearing]:
    """Everybody together, and every partition in which a side of exactly three has a quorum."""
    sizes = {1: 5, 2: 3}
    return [
        each
        for each in relevant(twin, 1, 2)
        if max(map(len, (sides := each.spelled.split("|")))) == sizes[len(sides)]
    ]
