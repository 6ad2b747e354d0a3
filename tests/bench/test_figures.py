"""The arithmetic of the bench: figures that people quote must be computed right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Yardstick, as_json, load_of, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(value) for value in range(1, 101)]
    assert percentile(hundred, 50) == 50
    assert percentile(hundred, 99) == 99
    assert percentile([7.0], 99) == 7.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_at_least_that_part_of_all_values_is_within_the_percentile(
    values: list[float], percent: int
) -> None:
    bound = percentile(sorted(values), percent)
    within = sum(value <= bound for value in values)
    assert within * 100 >= percent * len(values)
    assert bound in values


def test_a_load_counts_records_not_bundles() -> None:
    load = load_of(records_per_bundle=1000, submitters=4, seconds=2.0, ms=[100.0, 300.0])
    assert load.records_per_second == 1000
    assert (load.p50_ms, load.p99_ms) == (100.0, 300.0)


def test_ratios_are_taken_against_the_yardstick_of_the_same_run() -> None:
    load = load_of(1, 1, seconds=10.0, ms=[1.0] * 500)
    shown = as_json([Yardstick("synced puts", 200.0, "blocks")], [load])
    assert shown["loads"][0]["ratios"] == {"synced puts": pytest.approx(0.25)}
