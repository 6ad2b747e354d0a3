"""Owns the figures of a run: what was measured, the ratios between them, and how they are shown.

It must never measure anything itself, so that it can be tested without a clock.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What this machine can do at most, measured in the same run."""

    name: str
    per_second: float
    limits: str
    """What it bounds in a ledger."""


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of load, driven for a while against the network."""

    records_per_bundle: int
    submitters: int
    """How many submit at the same time; each waits for its receipts before it submits again."""
    bundles: int
    seconds: float
    p50_ms: float
    p99_ms: float
    """From the moment the bundle is sent to the moment its receipts are in hand."""

    @property
    def records_per_second(self) -> float:
        """Records with a receipt, per second of the whole load."""
        return self.bundles * self.records_per_bundle / self.seconds


def percentile(sorted_values: Sequence[float], percent: int) -> float:
    """The smallest measured value that at least `percent` of all do not exceed.

    Args:
        sorted_values: measured values, ascending, at least one.
        percent: 1 … 100.
    """
    rank = -(-len(sorted_values) * percent // 100)
    return sorted_values[max(rank, 1) - 1]


def load_of(records_per_bundle: int, submitters: int, seconds: float, ms: Sequence[float]) -> Load:
    """Sum up the time to receipt of every bundle of one load."""
    ordered = sorted(ms)
    return Load(
        records_per_bundle,
        submitters,
        len(ordered),
        seconds,
        percentile(ordered, 50),
        percentile(ordered, 99),
    )


def as_json(yardsticks: Sequence[Yardstick], loads: Sequence[Load]) -> dict[str, Any]:
    """Everything measured, for machines; ratios are records per second over the yardstick's."""
    return {
        "yardsticks": [asdict(yardstick) for yardstick in yardsticks],
        "loads": [
            asdict(load)
            | {
                "records_per_second": load.records_per_second,
                "ratios": {y.name: load.records_per_second / y.per_second for y in yardsticks},
            }
            for load in loads
        ],
    }


def tables(yardsticks: Sequence[Yardstick], loads: Sequence[Load]) -> list[Table]:
    """The same for people."""
    own = Table(title="This machine, one core, in the same run")
    for heading in ("yardstick", "per second", "bounds"):
        own.add_column(heading, justify="right" if heading == "per second" else "left")
    for yardstick in yardsticks:
        own.add_row(yardstick.name, f"{yardstick.per_second:,.0f}", yardstick.limits)

    network = Table(title="Four nodes, over HTTP, to the receipt")
    headings = ["records a bundle", "at a time", "bundles", "records/s", "p50 ms", "p99 ms"]
    for heading in [*headings, *(f"÷ {yardstick.name}" for yardstick in yardsticks)]:
        network.add_column(heading, justify="right")
    for load in loads:
        network.add_row(
            f"{load.records_per_bundle:,}",
            str(load.submitters),
            f"{load.bundles:,}",
            f"{load.records_per_second:,.1f}",
            f"{load.p50_ms:,.0f}",
            f"{load.p99_ms:,.0f}",
            *(f"{load.records_per_second / y.per_second:.3f}" for y in yardsticks),
        )
    return [own, network]
