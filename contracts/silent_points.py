"""Silent points: function points that nobody serves although projects have passed their stage.

Made from what each section's coverage says; asks nothing itself. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contracts.coverage import Coverage, PointState

_OF_NO_PROJECT: Final = frozenset({PointState.ELSEWHERE, PointState.WITHHELD})


@dataclass(frozen=True, slots=True)
class PointTrace:
    """What one section says of one function point of its procedure."""

    point: str
    passed_ms: int | None
    """When the point's stage had passed there; None where it has not."""
    last_ms: int | None
    """Effective time of the last record at it; None where there is none."""


@dataclass(frozen=True, slots=True)
class SilentPoint:
    """A function point without a sign of life."""

    point: str
    section_count: int
    """Sections that passed its stage in the time asked about, none of which left a record."""
    last_ms: int | None
    """The last record at it in any section, which is older; None where there is none at all."""


def traces(found: Coverage) -> Iterator[PointTrace]:
    """What a section contributes to the report."""
    for each in found.points:
        if each.state not in _OF_NO_PROJECT:
            last = each.records[-1].at.time_ms if each.records else None
            yield PointTrace(each.point.key, each.passed_ms, last)


def silent_points(sections: Iterable[Iterable[PointTrace]], since_ms: int) -> list[SilentPoint]:
    """The points whose stage sections passed since `since_ms`, and at which nothing was left.

    Args:
        sections: the traces of each section of the network.
        since_ms: block time; a record at the point from then on is a sign of life.
    """
    passed: dict[str, int] = {}
    last: dict[str, int] = {}
    served: set[str] = set()
    for section in sections:
        for each in section:
            fresh = each.passed_ms is not None and each.passed_ms >= since_ms
            passed[each.point] = passed.get(each.point, 0) + fresh
            if each.last_ms is None:
                continue
            last[each.point] = max(each.last_ms, last.get(each.point, each.last_ms))
            if fresh or each.last_ms >= since_ms:
                served.add(each.point)
    return [
        SilentPoint(point, count, last.get(point))
        for point, count in sorted(passed.items())
        if count and point not in served
    ]
