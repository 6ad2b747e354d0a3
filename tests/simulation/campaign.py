"""Many seeds on several processes, and what is left of one that fails: its number and transcript."""

import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.cluster import Cluster, Outcome
from tests.simulation.plan import plan_of

TRANSCRIPTS = Path(tempfile.gettempdir()) / "bidwitness-simulation"
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


def run_seed(seed: int, nodes: int | None = None) -> Result:
    """Run one seed. Whatever goes wrong is a failure of the seed, not of the campaign."""
    try:
        outcome = Cluster(plan_of(seed, nodes)).run()
    except Exception as problem:  # noqa: BLE001 - any exception at all is what is searched for
        return Result(seed, nodes, None, f"{type(problem).__name__}: {problem}")
    return Result(seed, nodes, outcome, "")


def transcript_of(seed: int, nodes: int | None = None) -> list[str]:
    """Every line of a run, up to where it failed if it does."""
    lines: list[str] = []
    try:
        Cluster(plan_of(seed, nodes), lines.append).run()
    except Exception as problem:  # noqa: BLE001 - the failure is the transcript's last line
        lines.append(f"FAILS {type(problem).__name__}: {problem}")
    return lines


def keep_transcript(result: Result) -> Path:
    """Run a failed seed again, and write down all that happened."""
    TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
    path = TRANSCRIPTS / f"seed-{result.seed}-{result.nodes or 'any'}.txt"
    path.write_text("\n".join(transcript_of(result.seed, result.nodes)) + "\n", encoding="utf-8")
    return path


def run_many(seeds: Iterable[int], nodes: int | None, jobs: int) -> Iterator[Result]:
    """Results in the order in which they come."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(_run, ((seed, nodes) for seed in seeds), chunksize=4)


def known_seeds() -> list[tuple[int, int | None]]:
    """(seed, nodes) of every run that ever failed."""
    found = []
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            found.append((int(words[0]), None if words[1] == "any" else int(words[1])))
    return found


def _run(task: tuple[int, int | None]) -> Result:
    return run_seed(*task)
