"""A failing seed becomes a story short enough to read."""

import pytest

from ledger.core.committee import Committee
from tests.simulation.__main__ import report
from tests.simulation.campaign import look_into, run_seed, transcript_of
from tests.simulation.plan import Blow, Plan, plan_of
from tests.simulation.shrink import Kept, parse_kept, reason_of, shrink


def test_only_what_the_failure_needs_is_kept() -> None:
    plan = next(
        plan
        for plan in map(plan_of, range(100))
        if {Blow.CRASH, Blow.STORM} <= {fault.blow for fault in plan.faults} and plan.liars
    )

    def fails(smaller: Plan) -> str:
        blows = {fault.blow for fault in smaller.faults}
        return "two blocks at height 17" if {Blow.CRASH, Blow.STORM} <= blows else ""

    kept = shrink(plan, "two blocks at height 3", fails)
    left = kept.of(plan)
    assert sorted(fault.blow for fault in left.faults) == [Blow.CRASH, Blow.STORM]
    assert (left.liars, left.works, set(left.clocks_ms)) == ((), (), {0})
    assert parse_kept(str(kept)) == kept


def test_another_failure_is_not_taken_for_the_same() -> None:
    plan = plan_of(1)
    kept = shrink(plan, "no progress", lambda smaller: "" if smaller == plan else "lost")
    assert kept.of(plan) == plan
    assert reason_of("two blocks at height 3") == reason_of("two blocks at height 12")
    assert reason_of("node-centre went back") == reason_of("node-court went back")
    assert reason_of("two blocks") != reason_of("two heads")


def test_a_part_that_does_not_exist_is_named() -> None:
    assert parse_kept("") == Kept()
    with pytest.raises(ValueError, match="not a part of a plan: fault=1"):
        parse_kept("fault=1")


def test_a_network_that_forks_leaves_a_transcript_that_ends_with_the_fork(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any two quorums of 2f share nobody; a seed that shows it is minimised and told."""
    monkeypatch.setattr(Committee, "q", property(lambda self: max(1, 2 * self.f)))
    result = next(
        result
        for seed in range(40)
        if "two blocks at height" in (result := run_seed(seed, 4)).problem
    )
    failure = look_into(result)
    told = failure.transcript.read_text(encoding="utf-8").splitlines()
    assert told[-1].startswith("FAILS Broken: two blocks at height")
    assert told == transcript_of(result.seed, 4, failure.kept)
    left, whole = failure.kept.of(plan_of(result.seed, 4)), plan_of(result.seed, 4)
    assert len(left.faults) + len(left.works) < len(whole.faults) + len(whole.works)

    report([result])
    said = capsys.readouterr().out
    assert f"seed {result.seed} fails: Broken: two blocks at height" in said
    assert f'--nodes 4 --keep "{failure.kept}"' in said
