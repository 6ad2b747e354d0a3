"""Subsystems and function points: what a trading centre runs, as values.

A subsystem is a row of the catalogue (``subsystems/*.toml``) with its function points. Which record
types a point has is said once, by the types. Here a row is read; `registry_closure` proves that
points and types fit. Spec: ``docs/spec/contracts.md``.
"""

import re
from dataclasses import dataclass
from typing import Final

from contracts.table_row import Raw, Row, invalid

BASES: Final = frozenset({"stated", "inferred"})
"""Whether published cases name the subsystem, or one infers that a trading centre must run it."""
SOURCES: Final = frozenset({"lanzhou", "xiongan", "chengdu"})
"""The trading centres on whose published cases a subsystem stands."""
POINTS_COUNT: Final = 5
_KEY: Final = re.compile(r"[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Point:
    """One function point: something a subsystem does that leaves records."""

    key: str
    """Such as ``15.3``."""
    zh: str
    en: str
    planned: bool
    """No record type stands at it yet."""

    @property
    def subsystem(self) -> str:
        """Key of its subsystem."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Subsystem:
    """One subsystem of a trading centre."""

    key: str
    """Two digits."""
    zh: str
    en: str
    basis: str
    """One of `BASES`."""
    sources: tuple[str, ...]
    """Some of `SOURCES`."""
    points: tuple[Point, ...]


def subsystem(key: str, raw: Raw) -> Subsystem:
    """The subsystem of one table.

    Raises:
        FormatError: `catalogue.invalid`.
    """
    row = Row(key, raw)
    points = row.named("points", _point)
    made = Subsystem(
        key=key,
        zh=row.text("zh"),
        en=row.text("en"),
        basis=row.one_of("basis", BASES),
        sources=row.texts("sources"),
        points=tuple(
            Point(name, zh, en, planned) for name, (zh, en, planned) in sorted(points.items())
        ),
    )
    row.end()
    if not _KEY.fullmatch(key) or not SOURCES.issuperset(made.sources):
        raise invalid(key, "key or sources")
    if [point.key for point in made.points] != _numbered(key):
        raise invalid(key, f"points must be numbered {key}.1 to {key}.{POINTS_COUNT}")
    return made


def _point(row: Row) -> tuple[str, str, bool]:
    return row.text("zh"), row.text("en"), row.flag("planned", default=False)


def _numbered(key: str) -> list[str]:
    return [f"{key}.{number}" for number in range(1, POINTS_COUNT + 1)]
