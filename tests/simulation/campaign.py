"""Many seeds on several processes, and what is left of one that fails.

A failure leaves its number, the smallest part of its plan that still fails, and the transcript of
that part.
"""

import gc
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nacl import bindings

from tests.simulation.plan import Plan, changing_plan, plan_of
from tests.simulation.run import Outcome, Run
from tests.simulation.shrink import Kept, shrink

TRANSCRIPTS = Path(tempfile.gettempdir()) / "bidwitness-simulation"
WHOLE = Kept()
SIGNATURES_KEPT = 4096
KNOWN = Path(__file__).with_name("seeds.txt")


@dataclass(frozen=True)
class Result:
    """What became of one seed."""

    seed: int
    nodes: int | None
    """As asked for; None where the seed decides."""
    outcome: Outcome | None
    problem: str
    """Why it failed; empty where it held."""
    changes: bool = False
    """Whether the committee changed meanwhile."""

    @property
    def plan(self) -> Plan:
        """What was played."""
        return planned(self.seed, self.nodes, changes=self.changes)


@dataclass(frozen=True)
class Failure:
    """What a person needs to look into a seed that failed."""

    result: Result
    kept: Kept
    transcript: Path

    @property
    def again(self) -> str:
        """The command that plays the minimised scenario."""
        nodes = "" if self.result.nodes is None else f" --nodes {self.result.nodes}"
        show = f"python -m tests.simulation --show {self.result.seed}"
        show += " --changes" if self.result.changes else ""
        return f'{show}{nodes} --keep "{self.kept}"'


def planned(seed: int, nodes: int | None = None, *, changes: bool = False) -> Plan:
    """The plan of a seed, with changes of the committee mixed in or without."""
    return changing_plan(seed, nodes) if changes else plan_of(seed, nodes)


def run_seed(seed: int, nodes: int | None = None, *, changes: bool = False) -> Result:
    """Run one seed. Whatever goes wrong is a failure of the seed, not of the campaign."""
    try:
        outcome = Run(planned(seed, nodes, changes=changes)).play()
    except Exception as problem:  # noqa: BLE001 - any exception at all is what is searched for
        return Result(seed, nodes, None, _said(problem), changes)
    return Result(seed, nodes, outcome, "", changes)


def transcript_of(
    seed: int, nodes: int | None = None, kept: Kept = WHOLE, *, changes: bool = False
) -> list[str]:
    """Every line of a run, up to where it failed if it does."""
    lines: list[str] = []
    try:
        Run(kept.of(planned(seed, nodes, changes=changes)), lines.append).play()
    except Exception as problem:  # noqa: BLE001 - the failure is the transcript's last line
        lines.append(f"FAILS {_said(problem)}")
    return lines


def look_into(result: Result) -> Failure:
    """Minimise what failed, and write down all that happens in it."""
    kept = shrink(result.plan, result.problem, _problem_of)
    TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
    kind = "-changes" if result.changes else ""
    path = TRANSCRIPTS / f"seed-{result.seed}-{result.nodes or 'any'}{kind}.txt"
    lines = transcript_of(result.seed, result.nodes, kept, changes=result.changes)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Failure(result, kept, path)


def run_many(
    seeds: Iterable[int], nodes: int | None, jobs: int, *, changes: bool = False
) -> Iterator[Result]:
    """Results in the order in which they come."""
    with multiprocessing.get_context("spawn").Pool(jobs, _spare_work) as pool:
        tasks = ((seed, nodes, changes) for seed in seeds)
        yield from pool.imap_unordered(_run, tasks, chunksize=4)


def known_seeds() -> list[tuple[int, int | None, bool]]:
    """(seed, nodes, with changes of the committee) of every run that ever failed."""
    found = []
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            nodes = None if words[1] == "any" else int(words[1])
            found.append((int(words[0]), nodes, "changes" in words[2:]))
    return found


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"


def _problem_of(plan: Plan) -> str:
    try:
        Run(plan).play()
    except Exception as problem:  # noqa: BLE001 - compared with the failure that is minimised
        return _said(problem)
    return ""


def _spare_work() -> None:
    """What changes no result and takes a third of a worker's time.

    What was imported stays for good, and need not be looked through again; and that a signature
    holds is found out once, and not by every node of the same process at every block.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    opened = lru_cache(SIGNATURES_KEPT)(bindings.crypto_sign_open)
    bindings.crypto_sign_open = opened


def _run(task: tuple[int, int | None, bool]) -> Result:
    seed, nodes, changes = task
    return run_seed(seed, nodes, changes=changes)
