"""Six rounds of the kill loop over four real processes, the last of which kills all at once."""

from pathlib import Path

import pytest

from tests.network.kill_loop import campaign

ROUNDS = 6


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_four_processes_survive_sigkill_at_random_moments(tmp_path: Path) -> None:
    report = campaign(tmp_path, ROUNDS, seed=2026, say=print)
    assert report.rounds == ROUNDS
    assert report.kills == ROUNDS - 1 + 4
    assert report.records > ROUNDS
    assert report.verified_receipts > 0
