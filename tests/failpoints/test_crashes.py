"""A node dies between two steps on its disk, and nothing that it promised dies with it.

Real processes, real LevelDB, real files. Here each kind of gap once; `make failpoints` tries every
step in every way.
"""

from collections.abc import Iterator

import pytest

from tests.failpoints.campaign import Campaign, Story, each_gap_once, points_of

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    made = Campaign(tmp_path_factory.mktemp("lone"))
    yield made
    made.close()


def making_of(story: Story) -> int:
    """The last step before the first bundle is taken in."""
    return next(step.number for step in story.steps if step.kind == "write intake") - 1


def test_a_first_start_may_end_in_any_gap(campaign: Campaign) -> None:
    first, _ = campaign.stories
    points = [point for point in points_of(first.steps) if point.step <= making_of(first)]
    results = list(campaign.run(first, each_gap_once(points)))
    assert [f"{each.point}: {each.problem}" for each in results if each.problem] == []
    assert len(results) > 20


def test_a_node_that_dies_again_and_again_keeps_every_promise(campaign: Campaign) -> None:
    first, again = campaign.stories
    known = {p.gap for p in points_of(first.steps) if p.step <= making_of(first)}
    points = [point for point in points_of(again.steps) if point.gap not in known]
    chosen = each_gap_once(points)
    campaign.chain(again, chosen)
    assert len(chosen) > 20
    assert len(campaign.lone.node.promised) > len(chosen) // 3
