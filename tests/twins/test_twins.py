"""Two copies of a node with one key: whatever they do, the honest three agree, and go on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import pytest

from consensus.core import testimony, verification, view_change
from consensus.core.fault import forgotten_commit
from consensus.core.messages import Phase, SignatureOf, ViewChange, Vote
from consensus.core.pacemaker import Pacemaker
from consensus.core.votes import VoteBook
from ledger.core.committee import Committee
from ledger.core.identifiers import HeaderHash, NodeId, View
from ledger.core.misconduct import Fault
from ledger.errors import InvariantBroken, LedgerError
from tests.twins.campaign import Sum, play_line
from tests.twins.executor import play
from tests.twins.generator import STRIDE, all_scenarios, slice_of_all
from tests.twins.scenario import NODES, Fate, Scenario, members_of, parse_scenario

PARTS = 12


@cache
def everything() -> list[Scenario]:
    return list(all_scenarios())


@cache
def the_slice() -> list[Scenario]:
    return list(slice_of_all())


@pytest.mark.parametrize("part", range(PARTS))
def test_every_47th_scenario(part: int) -> None:
    """`make twins` plays them all. A failure names the line that plays it again."""
    total = Sum()
    for scenario in the_slice()[part::PARTS]:
        result = play_line(str(scenario))
        again = f'python -m tests.twins --scenario "{result.line}"'
        assert result.outcome is not None, f"{result.problem}\n{again}"
        total.add(result.outcome)
    assert total.faults["two-prepares"], "the copies never contradicted each other"


def test_the_slice_meets_every_node_fate_and_kind_of_round() -> None:
    assert len(the_slice()) == -(-len(everything()) // STRIDE) > 300
    met = {(each.twin, each.fate, each.rounds) for each in the_slice()}
    assert len(met) == len(NODES) * (len(Fate) + 3)
    spelled = {each.spelled for scenario in the_slice() for each in scenario.hearing}
    every = {each.spelled for scenario in everything() for each in scenario.hearing}
    assert len(spelled) > 0.9 * len(every)


def test_no_scenario_is_played_twice_not_even_as_its_mirror_image() -> None:
    lines = [str(scenario) for scenario in everything()]
    assert len(set(lines)) == len(lines)
    alike = {Fate.PLAIN, Fate.DEAF, Fate.CHANGE}
    mirrored = {
        str(each.mirrored) for each in everything() if each.fate in alike and each.mirrored != each
    }
    assert not mirrored & set(lines)


def test_a_line_is_understood_as_it_was_spelled() -> None:
    for scenario in the_slice():
        assert parse_scenario(str(scenario)) == scenario
        assert scenario.mirrored.mirrored == scenario
    assert members_of("b") == "abBcd"
    for wrong in (
        "",
        "a plain time",
        "e plain time abcd",
        "ab plain time aAbcd",
        "a plain time abcd",
        "a plain time abcd|a",
        "a plain time bcd|aA",
        "a plain time Aabcd",
        "a plain time aAbcd|",
        "a plain steps >B",
        "a silent time aAbcd",
    ):
        with pytest.raises(ValueError, match=r"\w"):
            parse_scenario(wrong)


def test_a_scenario_gives_the_same_transcript_twice() -> None:
    scenario = parse_scenario("a plain steps ab|Acd aAbcd >b a|Abcd")
    first: list[str] = []
    second: list[str] = []
    assert play(scenario, first.append) == play(scenario, second.append)
    assert first == second and len(first) > 100


def test_the_copies_contradict_each_other_and_it_is_proven() -> None:
    """All but two Commits of one slot: that takes two quorums, and these share an honest node."""
    line = "d plain steps abcdD >cD abcdD abd|cD >b abcdD acdD|b >aD >aD aD|bcd abcdD"
    faults = play(parse_scenario(line)).faults
    assert faults == {"two-prepares", "two-new-views", "forgotten-commit"}


# Proof that it can fail: without a rule, some scenario of the slice ends badly.


def quorum_of_2f(patch: pytest.MonkeyPatch) -> None:
    """Any two quorums no longer share an honest node."""
    patch.setattr(Committee, "q", property(lambda self: max(1, 2 * self.f)))


def prepared_certificate_ignored(patch: pytest.MonkeyPatch) -> None:
    """NEW-VIEW leaves the primary free, whatever the view changes report."""

    def free(changes: Sequence[ViewChange]) -> tuple[View | None, HeaderHash | None]:
        return None, None

    patch.setattr(verification, "choice", free)
    patch.setattr(view_change, "choice", free)


def commits_of_different_views_add_up(patch: pytest.MonkeyPatch) -> None:
    """A block is decided by q Commits for its header, of whatever views."""

    def decided(self: VoteBook) -> tuple[View, HeaderHash, tuple[SignatureOf, ...]] | None:
        voters: dict[HeaderHash, dict[NodeId, tuple[View, bytes]]] = {}
        for node in self._committee:
            for vote in self._of[node, Phase.COMMIT].values():
                voters.setdefault(vote.header_hash, {})[node] = (vote.slot.view, vote.signature)
        for header_hash, found in voters.items():
            if len(found) >= self._committee.q:
                votes = tuple((node, signed) for node, (_, signed) in found.items())
                return max(view for view, _ in found.values()), header_hash, votes
        return None

    patch.setattr(VoteBook, "decided", decided)


def a_view_change_is_held_against_any_commit(patch: pytest.MonkeyPatch) -> None:
    """An honest node that asks for a view with its certificate is accused of having hidden it."""

    def accused(commit: Vote, change: ViewChange) -> Fault | None:
        return forgotten_commit(commit, replace(change, prepared_view=None, prepared_hash=None))

    patch.setattr(testimony, "forgotten_commit", accused)


def endless_patience(patch: pytest.MonkeyPatch) -> None:
    """No view is ever left because its time is over."""
    patch.setattr(Pacemaker, "expired", lambda self, now_ms: False)


FORKED = r"two blocks|stands on another head"
IN_SPANS, IN_STEPS, IN_MANY_VIEWS = 3, 4, 11
"""How many rounds a scenario of a family has."""


@pytest.mark.parametrize(
    ("mutant", "rounds", "problem"),
    [
        (quorum_of_2f, IN_SPANS, FORKED),
        (prepared_certificate_ignored, IN_STEPS, FORKED),
        (commits_of_different_views_add_up, IN_MANY_VIEWS, f"{FORKED}|signature.invalid"),
        (a_view_change_is_held_against_any_commit, IN_STEPS, "fault.none|signature.invalid"),
        (endless_patience, IN_STEPS, "is not decided"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_without_the_rule_a_scenario_of_the_slice_fails(
    mutant: Callable[[pytest.MonkeyPatch], None],
    rounds: int,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch)
    with pytest.raises((AssertionError, InvariantBroken, LedgerError), match=problem):
        for scenario in the_slice():
            if len(scenario.hearing) == rounds:
                play(scenario)
