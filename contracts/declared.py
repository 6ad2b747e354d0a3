"""What the catalogue declares beside record types: roles, alerts, deadlines and reasons, frozen.

Each mirrors one row of the TOML files; `schema_reader` makes them. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEADLINE_UNITS: Final = frozenset({"seconds", "hours", "days", "working_days"})
SEVERITIES: Final = ("notice", "warning", "serious")


BY_DATA: Final = frozenset({"clause", "timer"})
"""Alerts that follow from rows alone: a clause that does not hold, a timer that fires."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role that members are granted."""

    key: str
    zh: str
    en: str
    group: str
    governance: bool
    """Decides over others: granted by the quorum of the nodes' organisations only."""
    single: bool = False
    """Held by one member at a time: where there is to be one voice only."""
    reads: bool = False
    """Held to read or to follow: nothing is issued or confirmed in it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One of the alerts, with or without a rule yet."""

    code: str
    zh: str
    en: str
    severity: str
    sentence_zh: str
    sentence_en: str
    rule: str
    """One of `BY_DATA`, or a rule's name; empty where planned."""
    version: int
    """Version of the rule; 0 where planned."""
    parameters: Mapping[str, int]
    """Thresholds of the rule, as data."""
    function_points: tuple[str, ...]
    """Points at which the derived record counts, beside those of every alert."""
    every_type: bool
    """Every type may raise it, whether or not it lists the alert: it looks at common fields."""

    @property
    def planned(self) -> bool:
        """Declared, but nothing raises it yet."""
        return not self.rule


@dataclass(frozen=True, slots=True)
class Deadline:
    """A period from regulation or promise, as data."""

    key: str
    zh: str
    en: str
    count: int
    unit: str
    """One of `DEADLINE_UNITS`."""
    before: bool
    """Counts backwards from where it starts: the act must come so long before."""
    start: str
    """``record``, ``received`` (earlier than the record, where a clerk says so), ``field:NAME``,
    ``TYPE.field``, or ``TYPE``: its last record in force."""
    source: str
    planned: bool = False
    """Declared, but nothing waits for it yet."""
