"""Owns what a measure hands back: the figure, what it is held against, and all that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rich.progress import Progress


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is asked for."""

    folder: Path
    """Empty, on the disk that is measured; each measure makes its own folder in it."""
    seconds: float
    """Of each load."""
    quick: bool
    """Everything small: that it runs is what counts, and nothing is judged."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure is held against."""

    value: float
    at_least: bool
    """Otherwise at most."""
    words: str

    def holds(self, measured: float) -> bool:
        """Whether a figure reaches it."""
        return measured >= self.value if self.at_least else measured <= self.value


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    key: str
    measure: str
    unit: str
    measured: float
    bar: Bar | None
    """None where a figure is only reported."""
    figures: Mapping[str, float | str] = field(default_factory=dict)
    """Whatever explains it: settings, CPU, bytes, the load of the machine."""
    curve: tuple[tuple[float, float], ...] = ()
    """The measured against seconds, where it was followed."""

    @property
    def holds(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        return None if self.bar is None else self.bar.holds(self.measured)

    def as_json(self) -> dict[str, object]:
        """The same for machines."""
        told: dict[str, object] = {"key": self.key, "measure": self.measure, "unit": self.unit}
        told |= {"measured": self.measured, "target": self.bar.words if self.bar else None}
        return told | {"holds": self.holds, "figures": dict(self.figures), "curve": self.curve}


class Measure(Protocol):
    """One module's way of measuring."""

    def __call__(self, terms: Terms, bars: Progress) -> list[Result]:
        """Measure; what cannot be measured here raises."""
        ...
