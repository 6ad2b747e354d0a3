"""Honest clients of a real node are answered rightly while others attack it; `make flood` has times.

Chosen by what they cover: connections that are held, and bundles of a member.
"""

from pathlib import Path

import pytest

from tests.network.flood.campaign import play

HOSTILITIES = ("silent-connections", "bad-signatures")
SECONDS = 1.0


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_honest_clients_are_answered_while_a_node_is_attacked(tmp_path: Path) -> None:
    for row in play(tmp_path, HOSTILITIES, SECONDS, print):
        assert row.counts, f"{row.name} has done nothing"
        for times in (row.without.submit, row.without.read, row.under.submit, row.under.read):
            assert times.took_ms and not times.failed, f"{row.name}: {times.failed}"
