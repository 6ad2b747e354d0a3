"""How often each seal is used, hour by hour: counted in integers, the same on every node.

An hour is a 24th of the network's day. Kept are the hours in which the seal was used, as far back
as the baseline goes; hours between them count as zero. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.integer_statistics import beyond_sigma
from contracts.state import State
from ledger.core.canonical import decode_stored, encode

_RATE: Final = b"seal-rate/"
HOURS_PER_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Rate:
    """The uses of one seal."""

    first_hour: int
    """In which it was used first."""
    hours: tuple[tuple[int, int], ...]
    """Hour and count, ascending; only hours with a use."""

    def count(self, hour: int) -> int:
        """Uses in an hour."""
        return dict(self.hours).get(hour, 0)

    def baseline(self, hour: int, hours_most: int) -> list[int]:
        """Uses in each of the hours before `hour`, zeros included, as far back as `hours_most`."""
        counts = dict(self.hours)
        return [
            counts.get(each, 0) for each in range(max(self.first_hour, hour - hours_most), hour)
        ]

    def with_use(self, hour: int, count: int, hours_most: int) -> "Rate":
        """With `count` more in an hour; what is older than the baseline is forgotten."""
        counts = {each: said for each, said in self.hours if each >= hour - hours_most}
        counts[hour] = counts.get(hour, 0) + count
        return Rate(self.first_hour, tuple(sorted(counts.items())))


def hour_of(time_ms: int, day_ms: int) -> int:
    """The number of the hour of a block time."""
    return time_ms * HOURS_PER_DAY // day_ms


def abnormal(count: int, baseline: list[int], least: int, k_hundredths: int) -> bool:
    """Whether a count is `least` or more, above the mean of `baseline`, and beyond k·σ of it."""
    above = count >= least and count * len(baseline) > sum(baseline)
    return above and beyond_sigma(count, baseline, k_hundredths)


def rate(state: State, seal: str) -> Rate | None:
    """How a seal was used; None where it never was."""
    data = state.overlay.get(_RATE + seal.encode())
    if data is None:
        return None
    first, hours = cast("tuple[int, tuple[tuple[int, int], ...]]", decode_stored(data))
    return Rate(first, tuple((hour, count) for hour, count in hours))


def count_use(state: State, seal: str, hour: int, count: int, hours_most: int) -> None:
    """Count `count` more uses of a seal in an hour."""
    before = rate(state, seal) or Rate(hour, ())
    after = before.with_use(hour, count, hours_most)
    state.overlay.put(_RATE, seal.encode(), encode((after.first_hour, after.hours)))
