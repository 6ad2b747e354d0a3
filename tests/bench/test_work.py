"""What is measured is what a node does: the figures come from blocks that were really committed."""

from pathlib import Path

from bench.work import Clock, measure


def test_each_step_of_a_block_is_measured_per_record(tmp_path: Path) -> None:
    clock = Clock(3)
    measure(tmp_path, range(2), clock)
    assert list(clock.least_us) == [
        "read a bundle",
        "judge it for the pool",
        "assemble the block",
        "check it, not judged before",
        "commit it",
    ]
    assert all(us > 0 for us in clock.least_us.values())
