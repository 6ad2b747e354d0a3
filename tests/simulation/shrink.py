"""The smallest part of a failing plan that still fails: what a person has to read.

Liars, faults and pieces of work are left out one after another, and clocks are set right, as long
as the run fails for the same reason. The rest is named by what was kept, so that one line of a
shell plays it again.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tests.simulation.plan import Plan

T = TypeVar("T")
TRIES_MAX = 200
_NUMBERS = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b|\d+|node-\w+")


@dataclass(frozen=True)
class Kept:
    """Which parts of a plan are played, by their places in it; None: all of them."""

    liars: tuple[int, ...] | None = None
    faults: tuple[int, ...] | None = None
    works: tuple[int, ...] | None = None
    clocks: bool = field(default=True, kw_only=True)
    """Whether clocks are wrong as planned."""

    def of(self, plan: Plan) -> Plan:
        """The part of the plan that is kept."""
        if not self.clocks:
            right = (0,) * len(plan.clocks_ms)
            plan = replace(plan, clocks_ms=right, rates_ppm=right)
        return replace(
            plan,
            liars=_some(plan.liars, self.liars),
            faults=_some(plan.faults, self.faults),
            works=_some(plan.works, self.works),
        )

    def __str__(self) -> str:
        """As `parse_kept` reads it: ``liars=0 faults=1,4 works= clocks=right``."""
        words = [
            f"{name}={','.join(map(str, places))}"
            for name in ("liars", "faults", "works")
            if (places := getattr(self, name)) is not None
        ]
        return " ".join(words if self.clocks else [*words, "clocks=right"])


def parse_kept(text: str) -> Kept:
    """What `str` of a `Kept` spells.

    Raises:
        ValueError: a word that is none of its parts.
    """
    found: dict[str, tuple[int, ...] | None] = {"liars": None, "faults": None, "works": None}
    clocks = True
    for word in text.split():
        name, equals, places = word.partition("=")
        if word == "clocks=right":
            clocks = False
        elif equals and name in found:
            found[name] = tuple(int(place) for place in places.split(",") if place)
        else:
            raise ValueError(f"not a part of a plan: {word}")
    return Kept(found["liars"], found["faults"], found["works"], clocks=clocks)


def reason_of(problem: str) -> str:
    """Why a run failed, without the numbers and names that differ from run to run."""
    return _NUMBERS.sub("#", problem)[:80]


def shrink(plan: Plan, problem: str, fails: Callable[[Plan], str]) -> Kept:
    """The least that fails for the same reason, left out one part at a time.

    Args:
        plan: fails.
        problem: why.
        fails: plays a plan; why it failed, or nothing where it held.
    """
    kept = Kept(*(tuple(range(len(each))) for each in (plan.liars, plan.faults, plan.works)))
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for less in _less(kept):
            tries += 1
            if tries > TRIES_MAX:
                return kept
            if reason_of(fails(less.of(plan))) == reason_of(problem):
                kept, smaller = less, True
                break
    return kept


def _less(kept: Kept) -> Iterator[Kept]:
    """Everything that is one part smaller, the greatest simplifications first."""
    if kept.clocks:
        yield replace(kept, clocks=False)
    parts = (kept.liars or (), kept.faults or (), kept.works or ())
    for number, places in enumerate(parts):
        fewer = [tuple(each for each in places if each != place) for place in places]
        for some in [(), *fewer] if len(places) > 1 else fewer:
            rest = [*parts[:number], some, *parts[number + 1 :]]
            yield Kept(*rest, clocks=kept.clocks)


def _some(parts: tuple[T, ...], places: tuple[int, ...] | None) -> tuple[T, ...]:
    return parts if places is None else tuple(parts[place] for place in places)
