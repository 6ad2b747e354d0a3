"""Runs targets under libFuzzer, each in a process of its own, and gathers what they found.

One process imports everything instrumented and makes the seeds; each target is a fork of it, so
that starting one costs nothing. What a target finds does not end it: each cause is kept once, by
its smallest input. Time and memory without end are libFuzzer's to stop.
"""

import os
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import atheris

from tests.fuzzing.corpus_files import crashes, kept
from tests.fuzzing.judging import judge
from tests.fuzzing.targets import Target

SECONDS_MIN = 2
INPUT_BYTES = range(1 << 10, 256 << 10)
"""The cap of a target: twice its largest seed, within these."""
HANG_S = 20
MEMORY_MB = 2_048
BENT = 0.6
"""How often a change knows how the input is built."""
FINAL = re.compile(r"stat::(\w+):\s+(\d+)")
COVERED = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one target did."""

    target: str
    seconds: int
    seeds: int
    runs: int = 0
    per_second: int = 0
    edges: int = 0
    fresh: int = 0
    """Inputs that reached something new."""
    peak_mb: int = 0
    ended: bool = True
    """False where the process died before its time; why is in its log."""
    findings: dict[str, str] = field(default_factory=dict)
    """The cause by its key."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Where a campaign works, and how long."""

    folder: Path
    seconds: float
    """Of all processes together."""
    jobs: int
    seed: int

    def corpus(self, name: str) -> Path:
        """Of a target, growing."""
        return self.folder / name / "corpus"

    def found(self, name: str) -> Path:
        """What crashed a target: an input and its trace for each cause."""
        return self.folder / name / "found"

    def log(self, name: str) -> Path:
        """What libFuzzer said."""
        return self.folder / name / "log.txt"

    def run(self, targets: Sequence[Target], told: Callable[[Outcome], object]) -> list[Outcome]:
        """Run all targets, `jobs` at once, and tell of each that ended."""
        shares = sum(each.shares for each in targets)
        waiting = [
            (each, max(SECONDS_MIN, self.seconds * each.shares / shares)) for each in targets
        ]
        running: dict[int, tuple[Target, int, int]] = {}
        outcomes = []
        while waiting or running:
            if waiting and len(running) < self.jobs:
                target, seconds = waiting.pop(0)
                seeds = self._prepare(target)
                running[self._start(target, round(seconds), seeds)] = (
                    *(target, round(seconds)),
                    len(seeds),
                )
                continue
            pid, _ = os.waitpid(-1, 0)
            target, spent, count = running.pop(pid)
            outcomes.append(self._outcome(target, spent, count))
            told(outcomes[-1])
        return outcomes

    def _prepare(self, target: Target) -> list[bytes]:
        for folder in (self.corpus(target.name), self.found(target.name)):
            folder.mkdir(parents=True, exist_ok=True)
        seeds = [*target.seeds(), *kept(target.name), *crashes(target.name).values()]
        for at, each in enumerate(seeds):
            (self.corpus(target.name) / f"seed-{at}").write_bytes(each)
        return seeds

    def _start(self, target: Target, seconds: int, seeds: list[bytes]) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        try:
            self._fuzz(target, seconds, seeds)
        finally:
            os._exit(1)

    def _fuzz(self, target: Target, seconds: int, seeds: list[bytes]) -> None:
        """In the child: fuzz, and never come back."""
        log = os.open(self.log(target.name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        largest = max([*map(len, seeds), 0])
        most = min(max(2 * largest, INPUT_BYTES.start), INPUT_BYTES.stop)
        arguments = [
            *(
                "fuzzing",
                str(self.corpus(target.name)),
                f"-artifact_prefix={self.found(target.name)}/",
            ),
            *(f"-max_total_time={seconds}", f"-seed={self.seed + 1}", f"-max_len={most}"),
            *(f"-timeout={HANG_S}", f"-rss_limit_mb={MEMORY_MB}", "-len_control=0"),
            "-print_final_stats=1",
        ]
        atheris.Setup(arguments, self._judged(target), custom_mutator=_mutator(target))
        atheris.Fuzz()

    def _judged(self, target: Target) -> Callable[[bytes], None]:
        found, smallest = self.found(target.name), dict[str, int]()

        def one(data: bytes) -> None:
            judgement = judge(target, data)
            if judgement.finding and len(data) < smallest.get(judgement.key, 1 << 30):
                smallest[judgement.key] = len(data)
                (found / judgement.key).write_bytes(data)
                told = f"{judgement.finding}\n{judgement.trace}"
                (found / f"{judgement.key}.txt").write_text(told, "utf-8", "backslashreplace")

        return one

    def _outcome(self, target: Target, seconds: int, seeds: int) -> Outcome:
        log = self.log(target.name).read_text("utf-8", "replace")
        stats = {name: int(value) for name, value in FINAL.findall(log)}
        covered = COVERED.findall(log)
        return Outcome(
            target=target.name,
            seconds=seconds,
            seeds=seeds,
            runs=stats.get("number_of_executed_units", 0),
            per_second=stats.get("average_exec_per_sec", 0),
            edges=int(covered[-1][0]) if covered else 0,
            fresh=stats.get("new_units_added", 0),
            peak_mb=stats.get("peak_rss_mb", 0),
            ended="\tDONE " in log,
            findings=self._findings(target.name),
        )

    def _findings(self, name: str) -> dict[str, str]:
        """The causes; libFuzzer's own files say theirs by their names."""
        found = {}
        for path in sorted(self.found(name).iterdir()):
            if path.suffix != ".txt":
                said = path.with_suffix(".txt")
                cause = said.read_text("utf-8").splitlines()[0] if said.exists() else path.name
                found[path.name] = cause
        return found


def _mutator(target: Target) -> Callable[[bytes, int, int], bytes]:
    bend = target.bend()

    def mutate(data: bytes, size_max: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < BENT:
            try:
                bent = bend(data, dice)
            except Exception:  # noqa: BLE001 - what is not built as expected is bent otherwise
                bent = b""
            if 0 < len(bent) <= size_max:
                return bent
        mutated: bytes = atheris.Mutate(data, size_max)
        return mutated

    return mutate
