"""What chooses: Hypothesis, which can make a choice smaller again, or a plain generator of numbers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Chance(Protocol):
    """Makes the choices of whoever damages something."""

    def integer(self, least: int, most: int) -> int:
        """A number, both ends included."""
        ...

    def one_of(self, things: Sequence[T]) -> T:
        """One of some things."""
        ...

    def octets(self, least: int, most: int) -> bytes:
        """So many bytes of any kind."""
        ...

    def coin(self) -> bool:
        """Yes or no."""
        ...


class Draw(Protocol):
    """`draw` of Hypothesis's data."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """A value of the strategy."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Hypothesis chooses."""

    draw: Draw

    def integer(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def one_of(self, things: Sequence[T]) -> T:
        return self.draw(st.sampled_from(things))

    def octets(self, least: int, most: int) -> bytes:
        return self.draw(st.binary(min_size=least, max_size=most))

    def coin(self) -> bool:
        return self.draw(st.booleans())


@dataclass(frozen=True)
class Rolled:
    """A generator of numbers chooses."""

    dice: random.Random

    def integer(self, least: int, most: int) -> int:
        return self.dice.randint(least, most)

    def one_of(self, things: Sequence[T]) -> T:
        return self.dice.choice(things)

    def octets(self, least: int, most: int) -> bytes:
        return self.dice.randbytes(self.integer(least, most))

    def coin(self) -> bool:
        return self.dice.random() < 0.5
