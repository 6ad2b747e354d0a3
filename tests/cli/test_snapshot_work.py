"""Snapshots are made in the time between blocks, more of it the nearer their root is due."""

from dataclasses import dataclass

import pytest

from cli.compose.snapshot_work import rest_s


@dataclass
class Making:
    """The snapshots of a chain; one of height 300 is being made, or none."""

    making: int | None
    interval: int = 100

    def stating(self, height: int) -> int:
        return height + self.interval


@dataclass
class Head:
    height: int


@dataclass
class AChain:
    snapshots: Making
    head: Head


def rest(height: int, making: int | None = 300) -> float:
    return rest_s(AChain(Making(making), Head(height)), 0.1)  # type: ignore[arg-type]


def test_at_first_it_takes_a_fifth_of_the_time_and_when_it_is_due_nearly_all() -> None:
    assert rest(300) == pytest.approx(0.4, rel=0.02)
    assert rest(350) == pytest.approx(0.2, rel=0.03)
    assert rest(390) < 0.04
    assert rest(399) == rest(500) == 0.005, "the loop gets its turn all the same"


def test_what_is_only_swept_has_time() -> None:
    assert rest(300, making=None) == pytest.approx(0.4)
