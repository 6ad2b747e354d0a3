"""Take a safety rule away, and something fails: the proof that the stories and the simulator see.

Each story passes with the shipped code and fails with the mutant, for the reason that is expected.
"""

from collections.abc import Callable

import pytest

from tests.consensus.core import test_promises, test_view_change
from tests.consensus.core.scenarios import (
    a_commit_that_only_one_has_seen,
    an_old_view_change_of_another_height,
    two_halves,
)
from tests.consensus.core.world import World
from tests.mutants.mutants import (
    commits_of_different_views_add_up,
    nobody_joins,
    prepared_certificate_ignored,
    quorum_of_2f,
    restart_without_memory,
    send_before_persist,
    view_changes_of_another_height_accepted,
)
from tests.simulation.campaign import run_seed

Mutant = Callable[[pytest.MonkeyPatch], None]
Story = Callable[[], World]


@pytest.mark.parametrize(
    ("mutant", "story"),
    [
        (quorum_of_2f, two_halves),
        (prepared_certificate_ignored, a_commit_that_only_one_has_seen),
        (view_changes_of_another_height_accepted, an_old_view_change_of_another_height),
    ],
    ids=lambda given: given.__name__,
)
def test_without_the_rule_the_story_ends_with_two_blocks_at_one_height(
    mutant: Mutant, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story()
    mutant(monkeypatch)
    with pytest.raises(AssertionError, match="two blocks at height"):
        story()


def test_a_word_that_leaves_before_it_is_durable_is_seen_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_seed(1).problem == ""
    send_before_persist(monkeypatch)
    assert "left before it was durable" in run_seed(1).problem


def test_the_simulator_sees_a_quorum_of_2f(monkeypatch: pytest.MonkeyPatch) -> None:
    quorum_of_2f(monkeypatch)
    assert any(run_seed(seed, 4).problem for seed in range(20))


@pytest.mark.parametrize(
    ("mutant", "story"),
    [
        (
            commits_of_different_views_add_up,
            test_view_change.test_commits_of_different_views_never_add_up_to_a_certificate,
        ),
        (restart_without_memory, test_promises.test_after_a_restart_the_same_bytes_are_sent_again),
        (
            nobody_joins,
            test_view_change.test_one_node_that_asks_alone_moves_nobody_and_f_plus_one_move_all,
        ),
    ],
    ids=lambda given: given.__name__,
)
def test_three_more_rules_have_a_story_that_fails_without_them(
    mutant: Mutant, story: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        story()
