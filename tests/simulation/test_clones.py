"""A node's folder is copied and started twice: both are silenced, the others go on, nobody is accused."""

from dataclasses import replace

import pytest

from tests.simulation.plan import CLONE_BLOWS, Blow, Fault, Plan, Work, calm_plan, changing_plan
from tests.simulation.run import Outcome, Run
from tests.simulation.shrink import Kept

CLONED, RESTARTED, OTHER = 2, 1, 3


def plan_with(*faults: Fault) -> Plan:
    """Work every second, handed in at a node that nothing befalls."""
    works = tuple(Work(at_ms, 0, (OTHER,), 1) for at_ms in range(300, 9_000, 1_000))
    return replace(calm_plan(4), faults=faults, works=works)


def played(plan: Plan) -> tuple[Outcome, list[str]]:
    told: list[str] = []
    return Run(plan, told.append).play(), told


@pytest.mark.parametrize("lines_to_the_copy", [0, 500, 1_000])
def test_both_processes_are_silenced_and_three_of_four_go_on(lines_to_the_copy: int) -> None:
    """Another node is started again and again meanwhile: that is nobody's clone."""
    restarts = (Fault(at_ms, Blow.CRASH, (RESTARTED,), 200) for at_ms in (700, 1_600, 5_000))
    stays = Fault(2_500, Blow.CLONE_STAYS, (CLONED,), 6_000, lines_to_the_copy)
    outcome, told = played(plan_with(*restarts, stays))
    silenced = [line.split()[0] for line in told if line.endswith("IS SILENCED")]
    assert len(silenced) == outcome.silenced == 2
    assert all(2_500 < int(at_ms) < 6_000 for at_ms in silenced)
    assert outcome.contradictions == outcome.faults == ()
    assert outcome.records == 10


def test_the_true_node_votes_again_once_both_were_stopped() -> None:
    """Another node is down for the whole end, so that nothing is decided without its votes."""
    cloned = Fault(1_500, Blow.CLONE, (CLONED,), 4_000)
    down = Fault(6_000, Blow.CRASH, (RESTARTED,), 3_500)
    outcome, told = played(plan_with(cloned, down))
    heights = [int(line.split()[0]) for line in told if " HEAD " in line]
    assert outcome.silenced == 2
    assert any(7_000 < at_ms < 9_000 for at_ms in heights)


def test_a_copy_started_after_the_true_one_died_is_proven_where_it_contradicts_it() -> None:
    """Greetings tell two that run at one time; the dead say nothing, but what they signed is there."""
    seed = changing_plan(44)
    outcome, _ = played(seed)
    assert [fault.blow for fault in seed.faults if fault.blow in CLONE_BLOWS] == [Blow.CLONE]
    assert outcome.contradictions == ("two-prepares",)
    assert outcome.faults == ()


def test_clones_meet_whatever_else_befalls_committees() -> None:
    plans = [changing_plan(seed) for seed in range(200)]
    cloned = [plan for plan in plans if {fault.blow for fault in plan.faults} & CLONE_BLOWS]
    assert len(cloned) > 60
    beside = {fault.blow for plan in cloned for fault in plan.faults}
    assert beside == set(Blow)
    assert any(plan.liars for plan in cloned)
    assert {step.split()[0] for plan in cloned for step in plan.steps} == {
        "add",
        "remove",
        "rotate",
    }
    assert Kept().of(cloned[0]) == cloned[0]
