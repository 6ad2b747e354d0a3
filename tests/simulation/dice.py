"""The simulator's only source of chance: SplitMix64, the same numbers on every machine and Python.

Streams are named, so that one more draw in the network does not change what the faults do.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Dice:
    """One stream of one seed."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, stream: str) -> None:
        self._state = int.from_bytes(sha256(f"{seed} {stream}".encode()).digest()[:8])

    def next(self) -> int:
        """64 bits (Steele, Lea and Flood, "Fast splittable pseudorandom number generators")."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def between(self, least: int, most: int) -> int:
        """An integer of ``least … most``."""
        return least + self.next() % (most - least + 1)

    def chance(self, permille: int) -> bool:
        """Yes, in so many cases of a thousand."""
        return self.next() % 1000 < permille

    def pick(self, items: Sequence[T]) -> T:
        return items[self.next() % len(items)]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """So many different items, in random order."""
        left = list(items)
        return [left.pop(self.next() % len(left)) for _ in range(count)]
