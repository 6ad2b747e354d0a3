"""Many scenarios on several processes, and the sum of what they brought about."""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.twins.executor import Outcome, play
from tests.twins.scenario import parse_scenario


@dataclass(frozen=True)
class Result:
    """What became of one scenario."""

    line: str
    outcome: Outcome | None
    problem: str
    """Why it failed; empty where it held."""


@dataclass
class Sum:
    """Of the scenarios that held."""

    count: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """In how many scenarios a Fault of that kind was proven."""
    heights: int = 0
    healed_ms: int = 0
    """The longest time from healing to new work decided everywhere."""
    alone_ms: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one scenario."""
        self.count += 1
        self.faults.update(outcome.faults)
        self.heights += outcome.heights
        self.healed_ms = max(self.healed_ms, outcome.healed_ms)
        self.alone_ms = max(self.alone_ms, outcome.alone_ms)

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} in {count}" for kind, count in sorted(self.faults.items()))
        return (
            f"{self.count} scenarios held, {self.heights} blocks decided under partition; "
            f"proven against the double node: {faults or 'nothing'}; new work decided after "
            f"healing within {self.healed_ms} ms, without both copies within {self.alone_ms} ms"
        )


def play_line(line: str) -> Result:
    """Play one scenario. Whatever goes wrong is its failure and not the campaign's."""
    try:
        outcome = play(parse_scenario(line))
    except Exception as problem:  # noqa: BLE001 - any exception at all is what is searched for
        return Result(line, None, f"{type(problem).__name__}: {problem}")
    return Result(line, outcome, "")


def play_many(lines: Iterable[str], jobs: int) -> Iterator[Result]:
    """Results in the order in which they come."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(play_line, lines, chunksize=8)
