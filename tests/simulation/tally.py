"""What a campaign has seen: runs and failures, and what happened in them, so that nobody believes in
faults that were never dealt."""

from collections import Counter

from tests.simulation.campaign import Result
from tests.simulation.plan import CLONE_BLOWS


class Tally:
    """Counts over all runs of a campaign."""

    def __init__(self) -> None:
        self.failed: list[Result] = []
        self._runs = 0
        self._blocks = 0
        self._records = 0
        self._views: Counter[int] = Counter()
        self._blows: Counter[str] = Counter()
        self._lies: Counter[str] = Counter()
        self._steps: Counter[str] = Counter()
        self._evidence: Counter[str] = Counter()
        self._contradictions: Counter[str] = Counter()
        self._silenced: Counter[int] = Counter()
        self._slowest_ms = 0

    def add(self, result: Result) -> None:
        """Count one run."""
        self._runs += 1
        plan = result.plan
        self._steps.update(step.split()[0] for step in plan.steps)
        self._blows.update({fault.blow.value for fault in plan.faults})
        outcome = result.outcome
        if outcome is None:
            self.failed.append(result)
            return
        self._blocks += outcome.heights
        self._records += outcome.records
        self._views[outcome.views] += 1
        self._evidence.update(outcome.faults)
        self._lies.update(outcome.lies)
        self._contradictions.update(outcome.contradictions)
        if any(fault.blow in CLONE_BLOWS for fault in plan.faults):
            self._silenced[outcome.silenced] += 1
        self._slowest_ms = max(self._slowest_ms, outcome.ms)

    def lines(self, took_s: float, jobs: int) -> list[str]:
        """The summary for people; `took_s` and `jobs` are of the machine, all else of the seeds."""
        changed = self._runs - len(self.failed) - self._views[0]
        rate = self._runs / took_s if took_s else 0.0
        views = (
            f"{changed} runs ended in a later view than 0, at most {max(self._views, default=0)}"
        )
        return [
            f"{self._runs} seeds in {took_s:.0f} s on {jobs} processes: {rate:.1f} a second",
            f"{self._blocks} blocks and {self._records} records decided; {views}",
            f"the longest run took {self._slowest_ms / 1000:.1f} s of its own time",
            f"runs with each fault: {_counts(self._blows)}",
            f"runs in which each lie was told: {_counts(self._lies)}",
            f"changes of the committee: {_counts(self._steps)}",
            f"runs in which evidence was found: {_counts(self._evidence)}",
            f"runs with a cloned node: {_silenced(self._silenced)}",
            f"runs in which it contradicted itself: {_counts(self._contradictions)}",
            f"{len(self.failed)} failed",
        ]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


def _silenced(counter: Counter[int]) -> str:
    said = [
        f"{count} with {processes} processes silenced"
        for processes, count in sorted(counter.items())
    ]
    return ", ".join(said) or "none"
