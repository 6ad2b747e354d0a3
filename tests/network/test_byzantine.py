"""Three lies of one real process among three honest ones; `make byzantine` plays all there are.

Chosen by what they cover: signatures of the primary that contradict each other, and become a record;
view changes that forget, while an honest primary is really gone; and answers to clients.
"""

import asyncio
from pathlib import Path

import pytest

from tests.network.byzantine.campaign import Campaign, Told
from tests.network.real_network import RealNetwork

LIES = ("two-stories", "lying-view-changes", "false-answers")
SECONDS = 1.0


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_node_that_lies_is_named_and_harms_nobody(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path)
    try:
        played = Campaign(network, seed=2026, say=print)
        told = asyncio.run(_played(played))
        played.close()
    finally:
        network.stop()
    stories, changes, answers = told
    assert {"two-prepares"} <= set(stories.faults)
    assert changes.view > 0, "the liar began anew: the others had to replace their primary"
    assert answers.refused > 0


async def _played(played: Campaign) -> list[Told]:
    """One lie after the other on one network: the liar is started anew with each."""
    return [await played.play(name, SECONDS) for name in LIES]
