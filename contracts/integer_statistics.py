"""Statistics as rules: medians and standard deviations in integers, the same on every node.

Nothing is divided and no root is drawn: both sides of an inequality are multiplied out. It knows
nothing of records. Spec: ``docs/spec/contracts.md``, "Statistics".
"""

from collections.abc import Sequence
from typing import Final

PERCENT: Final = 100
HUNDREDTHS: Final = 100


def doubled_median(values: Sequence[int]) -> int:
    """Twice the median, so that no half is lost; `values` has one at least."""
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] + ordered[-1 - middle]


def beyond_percent(value: int, values: Sequence[int], percent: int) -> bool:
    """Whether |value - median| > percent of the median."""
    doubled = doubled_median(values)
    return abs(2 * value - doubled) * PERCENT > percent * doubled


def beyond_sigma(value: int, values: Sequence[int], k_hundredths: int) -> bool:
    """Whether |value - mean| > k·σ, σ over all of `values` and k in hundredths.

    With n values, sum S and sum of squares Q it is (n·value - S)² > k² · (n·Q - S²).
    """
    count, total = len(values), sum(values)
    spread = count * sum(each * each for each in values) - total * total
    distance = count * value - total
    return distance * distance * HUNDREDTHS * HUNDREDTHS > k_hundredths * k_hundredths * spread
